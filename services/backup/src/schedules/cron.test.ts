import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maxCounted, parseCron, parseTimeZone, slotsOf } from './cron.ts'

const at = (text: string): number => Date.parse(text)
const shown = (slots: readonly number[]) =>
  slots.map((slot) => new Date(slot).toISOString().replace(':00.000Z', 'Z'))
const minuteMs = 60_000

test.each([
  // Berlin: 02:00 → 03:00 on 29 March 2026. What falls into the hour that is skipped comes at its end, once.
  ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', '2026-03-29T01:00Z', '2026-03-30T00:30Z'],
  ['0 3 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', '2026-03-29T01:00Z', '2026-03-30T01:00Z'],
  ['30 * * * *', 'Europe/Berlin', '2026-03-29T00:00Z', '2026-03-29T00:30Z', '2026-03-29T01:30Z'],
  // 03:00 → 02:00 on 25 October 2026. A time of day comes once, in the first of the two hours …
  ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', '2026-10-25T00:30Z', '2026-10-26T01:30Z'],
  // … and what comes every hour, or more often, goes on through both.
  ['30 * * * *', 'Europe/Berlin', '2026-10-25T00:00Z', '2026-10-25T00:30Z', '2026-10-25T01:30Z'],
  ['*/30 * * * *', 'Europe/Berlin', '2026-10-25T00:40Z', '2026-10-25T01:00Z', '2026-10-25T01:30Z'],
  ['30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', '2026-11-01T05:30Z', '2026-11-02T06:30Z'],
  // Half an hour of summer time.
  [
    '15 2 * * *',
    'Australia/Lord_Howe',
    '2026-10-02T16:00Z',
    '2026-10-03T15:30Z',
    '2026-10-04T15:15Z',
  ],
  ['0 2 * * *', '', '2026-03-28T12:00Z', '2026-03-29T02:00Z', '2026-03-30T02:00Z'],
  // Day of month or day of week, as cron has it; 7 is Sunday.
  ['0 0 13 * 5', '', '2026-11-10T00:00Z', '2026-11-13T00:00Z', '2026-11-20T00:00Z'],
  ['0 0 * * 7', '', '2026-11-21T00:00Z', '2026-11-22T00:00Z', '2026-11-29T00:00Z'],
  ['0 0 29 2 *', '', '2026-01-01T00:00Z', '2028-02-29T00:00Z', '2032-02-29T00:00Z'],
  ['0 6-18/6 * jan-feb mon,fri', '', '2026-01-01T00:00Z', '2026-01-02T06:00Z', '2026-01-02T12:00Z'],
])('%s in %s after %s', (expression, timeZone, after, first, second) => {
  expect(parseCron(expression).ok && parseTimeZone(timeZone).ok).toBe(true)
  expect(shown(slotsOf(expression, timeZone).upcoming(at(after), 2))).toEqual([first, second])
})

test.each([
  ['', 'required'],
  ['  ', 'required'],
  ['0 2 * *', 'cron_invalid'],
  ['0 0 2 * * *', 'cron_invalid'],
  ['@daily', 'cron_invalid'],
  ['60 * * * *', 'cron_invalid'],
  ['0 24 * * *', 'cron_invalid'],
  ['0 0 0 * *', 'cron_invalid'],
  ['0 0 32 * *', 'cron_invalid'],
  ['0 0 * 13 *', 'cron_invalid'],
  ['0 0 * * 8', 'cron_invalid'],
  ['*/0 * * * *', 'cron_invalid'],
  ['5-1 * * * *', 'cron_invalid'],
  ['-1 * * * *', 'cron_invalid'],
  ['0,,5 * * * *', 'cron_invalid'],
  // Of other dialects.
  ['0 0 L * *', 'cron_invalid'],
  ['0 0 15W * *', 'cron_invalid'],
  ['0 0 * * 5#2', 'cron_invalid'],
  ['? ? ? ? ?', 'cron_invalid'],
  ['0 0 * * FRIDAY', 'cron_invalid'],
  ['2026-01-01T00:00:00', 'cron_invalid'],
  ['0 2 * * * ; rm', 'cron_invalid'],
  ['0 2 * *\n*', 'cron_invalid'],
  [`${'0,'.repeat(60)}0 2 * * *`, 'cron_invalid'],
  // There is no such day.
  ['0 0 31 2 *', 'cron_never'],
  ['0 0 31 4,6,9,11 *', 'cron_never'],
])('%j is refused', (expression, code) => {
  expect(parseCron(expression)).toMatchObject({ ok: false, code })
})

test('spaces between fields are one', () => {
  expect(parseCron('  0\t 2 *  * * ')).toEqual({ ok: true, value: '0 2 * * *' })
})

test('a time zone is a name the machine knows', () => {
  for (const good of ['', 'UTC', 'Europe/Berlin', 'Etc/GMT+5', 'America/Argentina/Buenos_Aires'])
    expect(parseTimeZone(good)).toMatchObject({ ok: true })
  for (const bad of ['Mars/Olympus', '+02:00', '../etc/passwd', 'Europe/Berlin\n', 'x'.repeat(65)])
    expect(parseTimeZone(bad)).toMatchObject({ ok: false, code: 'time_zone_invalid' })
})

test('who was away for a year is told the newest slot, and counts no further than is worth it', () => {
  const until = at('2026-11-21T12:34:56Z')
  const passed = slotsOf('* * * * *', 'Europe/Berlin').between(until - 365 * 86_400_000, until)
  expect(passed).toMatchObject({
    last: at('2026-11-21T12:34Z'),
    beforeLast: at('2026-11-21T12:33Z'),
    count: maxCounted,
  })
})

const field = (min: number, max: number) =>
  fc.oneof(
    fc.constant('*'),
    fc.integer({ min, max }).map(String),
    fc.integer({ min: 1, max: max - min }).map((step) => `*/${step}`),
    fc
      .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
      .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  )
const expressions = fc
  .tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
  .map((fields) => fields.join(' '))
const zones = fc.constantFrom('', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata')
const moments = fc.integer({ min: at('2026-01-01T00:00Z'), max: at('2027-01-01T00:00Z') })

test('slots are whole minutes, in order, and the same from wherever one asks', () => {
  fc.assert(
    fc.property(expressions, zones, moments, (expression, zone, after) => {
      const parsed = parseCron(expression)
      if (!parsed.ok) return
      const slots = slotsOf(parsed.value, zone)
      const found = slots.upcoming(after, 5)
      expect(found.length).toBeGreaterThan(0)
      expect(found.every((slot) => slot > after && slot % minuteMs === 0)).toBe(true)
      expect(found).toEqual([...new Set(found)].sort((a, b) => a - b))
      const [first = 0] = found
      expect(slots.next(first - 1)).toBe(first)
      expect(slots.between(after, found.at(-1) ?? 0)).toEqual({
        first,
        last: found.at(-1),
        beforeLast: found.at(-2),
        count: found.length,
      })
    }),
    { numRuns: 100 },
  )
})

test('whatever is typed is taken or refused', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 120 }), (text) => {
      const parsed = parseCron(text)
      if (parsed.ok) expect(slotsOf(parsed.value, '').next(0)).toBeDefined()
    }),
  )
})
