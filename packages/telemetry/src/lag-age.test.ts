import { expect, test } from 'vitest'
import { lagAge } from './lag-age.ts'

test('the age is that of the oldest position that is not reached', () => {
  let now = 0
  const age = lagAge(() => now)
  expect(age(10n, 10n)).toBe(0)
  now = 1_000
  expect(age(12n, 10n)).toBe(0) // seen to be behind just now
  now = 5_000
  expect(age(20n, 10n)).toBe(4)
  now = 6_000
  expect(age(20n, 11n)).toBe(5)
  expect(age(20n, 12n)).toBe(1) // 20 was seen at 5 s
  now = 7_000
  expect(age(20n, 20n)).toBe(0)
})

test('who is always a little behind, and moves, has no age', () => {
  let now = 0
  const age = lagAge(() => now)
  for (let at = 0n; at < 100n; at++) {
    now += 15_000
    expect(age(at * 10n + 5n, at * 10n + 1n)).toBe(0)
  }
})

test('who stands still for long costs little, and the age stays right', () => {
  let now = 0
  const age = lagAge(() => now)
  for (let at = 1n; at <= 3_000n; at++) {
    now += 1_000
    age(at, 0n)
  }
  expect(age(3_000n, 0n)).toBe(2_999)
})
