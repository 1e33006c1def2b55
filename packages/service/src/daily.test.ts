import { expect, test } from 'vitest'
import { untilNext } from './daily.ts'

const at = (time: string) => Date.parse(`2026-11-20T${time}Z`)
const minutes = (time: string, service: string, now: string) =>
  untilNext(time, service, at(now)) / 60_000

test('the next time of day is today or tomorrow, never now again', () => {
  expect(minutes('03:30', 'auth', '03:00:00')).toBe(30)
  expect(minutes('03:30', 'auth', '03:30:00')).toBe(24 * 60)
  expect(minutes('03:30', 'auth', '03:29:30')).toBe(0.5)
  expect(minutes('00:00', 'auth', '23:59:00')).toBe(1)
})

test('services follow each other, past midnight too', () => {
  expect(minutes('03:30', 'rules', '03:00:00')).toBe(50)
  expect(minutes('23:50', 'network', '23:30:00')).toBe(30)
  expect(minutes('23:50', 'notify', '00:10:00')).toBe(30)
})
