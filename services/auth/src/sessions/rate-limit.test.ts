import { expect, test } from 'vitest'
import { rateLimit } from './rate-limit.ts'

test('five at once, then one every six seconds', () => {
  let now = 0
  const limit = rateLimit({ perMinute: 10, burst: 5 }, () => now)
  for (let i = 0; i < 5; i++) expect(limit.take('a')).toBeUndefined()
  expect(limit.take('a')).toEqual({ retryAfterSeconds: 6 })
  now += 5_999
  expect(limit.take('a')).toEqual({ retryAfterSeconds: 1 })
  now += 1
  expect(limit.take('a')).toBeUndefined()
  expect(limit.take('a')).toEqual({ retryAfterSeconds: 6 })
})

test('rest fills up to the burst and no further', () => {
  let now = 0
  const limit = rateLimit({ perMinute: 60, burst: 2 }, () => now)
  limit.take('a')
  now += 3_600_000
  expect(limit.take('a')).toBeUndefined()
  expect(limit.take('a')).toBeUndefined()
  expect(limit.take('a')).toBeDefined()
})

test('keys do not share', () => {
  const limit = rateLimit({ perMinute: 1, burst: 1 }, () => 0)
  expect(limit.take('a')).toBeUndefined()
  expect(limit.take('b')).toBeUndefined()
  expect(limit.take('a')).toEqual({ retryAfterSeconds: 60 })
})

test('a clock set back neither gives nor takes', () => {
  let now = 10_000
  const limit = rateLimit({ perMinute: 60, burst: 1 }, () => now)
  limit.take('a')
  now = 0
  expect(limit.take('a')).toEqual({ retryAfterSeconds: 1 })
})
