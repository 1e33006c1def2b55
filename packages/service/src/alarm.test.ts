import { expect, test } from 'vitest'
import { type Alarm, decodeAlarm, encodeAlarm } from './alarm.ts'

const alarm: Alarm = { code: 'test.alarm', severity: 'error', title: 'Something' }
const decoded = (more: object) => decodeAlarm(encodeAlarm({ ...alarm, ...more }))

test('an alarm comes as it was sent', () => {
  const organizationId = '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a11'
  const whole = { ...alarm, detail: 'one\ntwo', key: 'disk', organizationId, isOver: true }
  expect(decoded(whole)).toEqual(whole)
})

test('what no table could keep is no alarm, or loses what cannot be kept', () => {
  expect(decoded({ organizationId: 'Acme' })).toBeUndefined()
  expect(decoded({ code: `a.${'b'.repeat(200)}` })).toBeUndefined()
  expect(decoded({ title: 'a\u0000b\r\nc' })?.title).toBe('a b \nc')
  expect(decoded({ title: `${'x'.repeat(199)}\u{1f600}` })?.title).toBe('x'.repeat(199))
  expect(decoded({ key: 'a\ud83db' })?.key).toBe('ab')
  expect(decoded({ detail: 'd'.repeat(5_000) })?.detail).toHaveLength(2_000)
  // An index of Postgres holds no more than 2,704 bytes of a row.
  expect(decoded({ key: 'k'.repeat(5_000) })?.key).toHaveLength(200)
})
