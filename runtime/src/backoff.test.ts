import { expect, test } from 'vitest'
import { createBackoff } from './backoff.ts'

test('each restart in a row waits twice as long, up to the limit', () => {
  const backoff = createBackoff({ firstMs: 100, maxMs: 1_000, random: () => 1 })
  expect([0, 0, 0, 0, 0, 0].map((lived) => backoff.next(lived))).toEqual([
    100, 200, 400, 800, 1_000, 1_000,
  ])
})

test('jitter takes away at most half', () => {
  expect(createBackoff({ firstMs: 100, random: () => 0 }).next(0)).toBe(50)
})

test('a stable time starts the count anew', () => {
  const backoff = createBackoff({ firstMs: 100, stableMs: 5_000, random: () => 1 })
  backoff.next(0)
  backoff.next(0)
  expect(backoff.next(5_000)).toBe(100)
  expect(backoff.attempts).toBe(1)
})
