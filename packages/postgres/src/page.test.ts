import { DomainError } from '@holdfast/errors'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { containing, parsePage, toPage } from './page.ts'

const fieldOf = (run: () => unknown): string | undefined => {
  try {
    run()
    return undefined
  } catch (error) {
    return error instanceof DomainError ? error.fields[0]?.field : String(error)
  }
}

test('zero means fifty, more than two hundred is refused', () => {
  expect(parsePage(0, '', 200)).toEqual({ limit: 50, after: undefined })
  expect(parsePage(200, '', 200).limit).toBe(200)
  expect(fieldOf(() => parsePage(201, '', 200))).toBe('limit')
})

test('a cursor leads back to where the page ended', () => {
  const id = '01900000-0000-7000-8000-000000000001'
  fc.assert(
    fc.property(fc.string(), (key) => {
      const rows = [
        { key, id },
        { key: 'next', id },
      ]
      const page = toPage(rows, { limit: 1, after: undefined }, (row) => row)
      expect(page.rows).toHaveLength(1)
      expect(parsePage(1, page.nextCursor, 200).after).toEqual({ key, id })
    }),
  )
})

test('the last page has no cursor', () => {
  const page = toPage([{ key: 'a', id: 'x' }], { limit: 1, after: undefined }, (row) => row)
  expect(page.nextCursor).toBe('')
  expect(toPage([], { limit: 1, after: undefined }, (row) => row).nextCursor).toBe('')
})

test('anything else is not a cursor', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const id = '01900000-0000-7000-8000-000000000001'
  const bad = ['x', '%%%', encode(['a']), encode(['a', 'b']), encode([1, id]), encode({ key: 'a' })]
  bad.push(encode(['a\0', id]))
  bad.push(encode(['a', id, 'c']), encode(null))
  for (const cursor of bad) expect(fieldOf(() => parsePage(1, cursor, 200))).toBe('cursor')
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (cursor) => {
      const field = fieldOf(() => parsePage(1, cursor, 200))
      return field === 'cursor' || field === undefined
    }),
  )
})

test('what was typed is searched for literally', () => {
  expect(containing('100%_\\')).toBe('%100\\%\\_\\\\%')
})
