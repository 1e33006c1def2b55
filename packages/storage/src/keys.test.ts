import fc from 'fast-check'
import { expect, test } from 'vitest'
import { StorageRefused } from './errors.ts'
import { checkKey, folderOf, isTemporary, keyRefusal, temporaryFor } from './keys.ts'

const segment = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/)
const key = fc.array(segment, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'))

test('segments of safe characters are keys', () => {
  fc.assert(fc.property(key, (text) => keyRefusal(text) === undefined))
})

test('whatever is accepted stays below where it is put, and needs no quoting anywhere', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a.\-_/%\\ ]{1,30}$/)), (text) => {
      if (keyRefusal(text) !== undefined) return
      expect(text).toMatch(/^[A-Za-z0-9._/-]+$/)
      expect(new URL(text, 'http://host/base/').pathname).toBe(`/base/${text}`)
      expect(text.split('/').some((part) => part === '' || part.startsWith('.'))).toBe(false)
      expect(text.startsWith('-')).toBe(false)
    }),
  )
})

test('a refusal is one of storage', () => {
  expect(() => checkKey('../x')).toThrow(expect.objectContaining({ code: 'storage.refused' }))
  expect(StorageRefused.is(StorageRefused({ why: 'x' }))).toBe(true)
})

test('a prefix is whole segments', () => {
  expect([folderOf(''), folderOf('a'), folderOf('a/b/')]).toEqual(['', 'a/', 'a/b/'])
  for (const prefix of ['/', '//', '..', 'a//', '-a']) expect(() => folderOf(prefix)).toThrow()
})

test('what is not whole yet lies beside what it will be, and is no key', () => {
  fc.assert(
    fc.property(key, (text) => {
      const temporary = temporaryFor(text)
      const [folder, name] = [text.split('/').slice(0, -1), temporary.split('/')]
      expect(name.slice(0, -1)).toEqual(folder)
      expect(isTemporary(name.at(-1) ?? '')).toBe(true)
      expect(keyRefusal(temporary)).toBeDefined()
    }),
  )
  for (const name of ['.holdfast-x.part', 'a', '.holdfast-0123456789abcdef.part2'])
    expect(isTemporary(name)).toBe(false)
})
