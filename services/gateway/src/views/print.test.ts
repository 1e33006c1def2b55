import { rfc3339 } from '@holdfast/domain'
import { expect, test } from 'vitest'
import { decimalOf, idOf, timeOf, wordOf } from './print.ts'

test('times are what Date prints, whatever was printed before', () => {
  const times = [
    0, 1, 999, 1000, 59_999, 3_599_999, 86_399_999, 86_400_000, 951_782_400_000, 1_790_000_000_123,
  ]
  for (const ms of [...times, ...times.toReversed(), 253_402_300_799_999]) {
    expect(rfc3339(ms)).toBe(new Date(ms).toISOString())
  }
})

test('what never happened is null', () => {
  expect([timeOf(0), timeOf(null), timeOf(undefined)]).toEqual([null, null, null])
  expect([idOf(''), idOf(undefined), idOf('x')]).toEqual([null, null, 'x'])
})

test('64-bit numbers are decimal strings', () => {
  expect(decimalOf(Number.MAX_SAFE_INTEGER)).toBe('9007199254740991')
  expect(decimalOf(null)).toBe('0')
})

test('a word this release does not know is said to be unknown', () => {
  expect([0, 1, 2, 3].map((n) => wordOf(['a', 'b'], n))).toEqual(['unknown', 'a', 'b', 'unknown'])
})
