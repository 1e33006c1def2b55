import { expect, test } from 'vitest'
import { clientOf, rateLimit } from './rate-limit.ts'

test('a minute is over when it is over', () => {
  const limit = rateLimit(2)
  const start = 60_000 * 1_000
  expect(limit.take('a', start)).toMatchObject({
    remaining: 1,
    resetSeconds: 60,
    isExceeded: false,
  })
  expect(limit.take('a', start + 30_000)).toMatchObject({ remaining: 0, resetSeconds: 30 })
  expect(limit.take('a', start + 59_999)).toMatchObject({ resetSeconds: 1, isExceeded: true })
  expect(limit.take('b', start + 59_999).isExceeded).toBe(false)
  expect(limit.take('a', start + 60_000).isExceeded).toBe(false)
})

test('zero is no limit', () => {
  const limit = rateLimit(0)
  for (let i = 0; i < 10; i += 1) expect(limit.take('a', 0).isExceeded).toBe(false)
})

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::', 'fe80:0:0:0::/64'],
])('%s is the client %s', (address, client) => {
  expect(clientOf(address)).toBe(client)
})
