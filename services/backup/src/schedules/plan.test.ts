import fc from 'fast-check'
import { expect, test } from 'vitest'
import { slotsOf } from './cron.ts'
import { planSlots, type Standing } from './plan.ts'

const hourMs = 3_600_000
const minuteMs = 60_000
const noon = Date.parse('2026-11-21T12:00:00Z')
const hourly = slotsOf('0 * * * *', '')
const standing: Standing = {
  doneUntilUnixMs: noon,
  nowUnixMs: noon + hourMs,
  graceMs: 15 * minuteMs,
  policy: 'skip',
  isBusy: false,
  lastFailure: '',
}
const plan = (changes: Partial<Standing>) => planSlots({ ...standing, ...changes }, hourly)
const one = noon + hourMs

test('nothing is due before the slot; at it, it fires', () => {
  expect(plan({ nowUnixMs: one - 1 })).toEqual({ type: 'wait' })
  expect(plan({ nowUnixMs: one })).toEqual({ type: 'act', last: one, fire: one, missed: undefined })
})

test('a slot may be as late as the grace, and no later', () => {
  expect(plan({ nowUnixMs: one + 15 * minuteMs })).toMatchObject({ fire: one, missed: undefined })
  expect(plan({ nowUnixMs: one + 15 * minuteMs + 1 })).toEqual({
    type: 'act',
    last: one,
    fire: undefined,
    missed: {
      ...{ firstSlotUnixMs: one, lastSlotUnixMs: one, count: 1, cause: '' },
      isMadeUpFor: false,
    },
  })
})

test('run_once makes up for what was missed, by the newest slot', () => {
  const nowUnixMs = noon + 5 * hourMs + 20 * minuteMs
  expect(plan({ nowUnixMs, policy: 'run_once' })).toMatchObject({
    fire: noon + 5 * hourMs,
    missed: {
      firstSlotUnixMs: one,
      lastSlotUnixMs: noon + 5 * hourMs,
      count: 5,
      isMadeUpFor: true,
    },
  })
})

test('a timely slot fires also after others went by, which are told', () => {
  const nowUnixMs = noon + 3 * hourMs
  const earlier = { firstSlotUnixMs: one, lastSlotUnixMs: noon + 2 * hourMs, count: 2 }
  expect(plan({ nowUnixMs })).toMatchObject({
    fire: nowUnixMs,
    missed: { ...earlier, isMadeUpFor: false },
  })
  expect(plan({ nowUnixMs, policy: 'run_once' })).toMatchObject({
    missed: { ...earlier, isMadeUpFor: true },
  })
})

test('while the backup before is not over, skip lets go and run_once holds', () => {
  expect(plan({ isBusy: true })).toMatchObject({ fire: undefined, missed: { cause: 'busy' } })
  expect(plan({ isBusy: true, policy: 'run_once' })).toEqual({ type: 'hold' })
})

test('what kept it from being asked for is its cause', () => {
  const late = { nowUnixMs: one + 20 * minuteMs, lastFailure: 'log.frozen' }
  expect(plan(late)).toMatchObject({ missed: { cause: 'log.frozen' } })
})

test('every slot that is due is fired or told of, once, and at most one is fired', () => {
  fc.assert(
    fc.property(
      fc.record({
        doneUntilUnixMs: fc.integer({ min: noon - 40 * hourMs, max: noon }),
        nowUnixMs: fc.integer({ min: noon - 40 * hourMs, max: noon + 40 * hourMs }),
        graceMs: fc.integer({ min: 0, max: 2 * hourMs }),
        policy: fc.constantFrom('skip' as const, 'run_once' as const),
        isBusy: fc.boolean(),
        lastFailure: fc.constantFrom('', 'log.frozen'),
      }),
      (given) => {
        const planned = planSlots(given, hourly)
        const due = hourly.between(given.doneUntilUnixMs, given.nowUnixMs)
        if (planned.type === 'wait') {
          expect(due).toBeUndefined()
          return
        }
        if (planned.type === 'hold') {
          expect(given.isBusy && given.policy === 'run_once').toBe(true)
          return
        }
        expect(planned.last).toBe(due?.last)
        const told = planned.missed?.count ?? 0
        const isToldToo = planned.missed?.lastSlotUnixMs === planned.fire
        const fired = planned.fire !== undefined && !isToldToo ? 1 : 0
        expect(told + fired).toBe(due?.count)
        if (planned.fire !== undefined) expect(planned.fire).toBe(due?.last)
        if (given.isBusy) expect(planned.fire).toBeUndefined()
      },
    ),
  )
})
