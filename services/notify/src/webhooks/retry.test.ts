import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { parseRetryAfter, parseSchedule, retryDelay, standardRetries, verdictOf } from './retry.ts'
import { newSecret, parseSecret, signedHeaders } from './signature.ts'

const schedule = parseSchedule(standardRetries.split(','))
const wish = { attempts: 1, deadInRow: 0, retryAfterMs: undefined, random: 0 }

test('the schedule is that of Standard Webhooks: ten attempts within 75 hours and a half', () => {
  expect(schedule).toHaveLength(9)
  const hours = schedule.reduce((sum, ms) => sum + ms, 0) / 3_600_000
  expect(hours).toBeCloseTo(75.58, 1)
  expect(retryDelay(schedule, wish)).toBe(5_000)
  expect(retryDelay(schedule, { ...wish, attempts: 9 })).toBe(24 * 3_600_000)
  expect(retryDelay(schedule, { ...wish, attempts: 10 })).toBeUndefined()
})

test('delays spread by up to a fifth', () => {
  expect(retryDelay(schedule, { ...wish, random: 0.999 })).toBeLessThanOrEqual(6_000)
  expect(retryDelay(schedule, { ...wish, random: 0.5 })).toBe(5_500)
})

test('a receiver may ask for longer, up to a day, and not for shorter', () => {
  expect(retryDelay(schedule, { ...wish, retryAfterMs: 60_000 })).toBe(60_000)
  expect(retryDelay(schedule, { ...wish, retryAfterMs: 1 })).toBe(5_000)
  expect(retryDelay(schedule, { ...wish, retryAfterMs: 1e12 })).toBe(24 * 3_600_000)
})

test('after one that died the next gets less patience', () => {
  expect(retryDelay(schedule, { ...wish, attempts: 2, deadInRow: 1 })).toBe(300_000)
  expect(retryDelay(schedule, { ...wish, attempts: 3, deadInRow: 1 })).toBeUndefined()
})

test.each([
  [undefined, undefined],
  ['120', 120_000],
  ['0', 0],
  ['Sat, 21 Nov 2026 09:31:00 GMT', 60_000],
  ['Sat, 21 Nov 2020 09:31:00 GMT', 0],
  ['-5', undefined],
  ['1e9', undefined],
  ['2026', 2_026_000],
  ['tomorrow', undefined],
])('Retry-After %s is %s', (header, expected) => {
  expect(parseRetryAfter(header, Date.UTC(2026, 10, 21, 9, 30))).toBe(expected)
})

test.each([
  [200, 'delivered'],
  [204, 'delivered'],
  [299, 'delivered'],
  [301, 'failed'],
  [307, 'failed'],
  [400, 'refused'],
  [401, 'failed'],
  [404, 'failed'],
  [410, 'gone'],
  [413, 'refused'],
  [422, 'refused'],
  [429, 'failed'],
  [500, 'failed'],
  [100, 'failed'],
] as const)('%i is %s', (status, verdict) => {
  expect(verdictOf(status)).toBe(verdict)
})

test.each(['', '5', '5s,', '-5s', '5d', 'soon'])('a schedule of %j is none', (text) => {
  expect(() => parseSchedule(text.split(','))).toThrow('HOLDFAST_NOTIFY_WEBHOOK_RETRIES')
})

test('secrets are of 24 to 64 bytes in their one spelling', () => {
  const of = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 1).toString('base64')}`
  for (const secret of [newSecret(), of(24), of(64)]) expect(parseSecret(secret).ok).toBe(true)
  for (const secret of [of(23), of(65), '', 'whsec_', of(32).slice(6), `${of(32)} `, 'whsec_!!'])
    expect(parseSecret(secret).ok).toBe(false)
})

test('signatures verify with the public library, also beyond ASCII', () => {
  const [secret, old] = [newSecret(), newSecret()]
  const body = JSON.stringify({ type: 'a', name: 'ÄÖ 😀' })
  const headers = signedHeaders([secret, old], 'id', Date.now(), body)
  for (const one of [secret, old]) new Webhook(one).verify(body, { ...headers })
  expect(() => new Webhook(newSecret()).verify(body, { ...headers })).toThrow()
})
