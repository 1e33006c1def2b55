import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backupKinds } from '../domain/contents.ts'
import { type Kept, retentionPlan } from './retention-plan.ts'

const dayMs = 86_400_000
const now = 400 * dayMs

const one = (daysAgo: number, more: Partial<Kept> = {}): Kept => ({
  id: `b${daysAgo}`,
  kind: 'snapshot',
  status: 'completed',
  createdAtUnixMs: now - daysAgo * dayMs,
  verdict: 'good',
  keptUntilUnixMs: 0,
  ...more,
})
const plan = (backups: readonly Kept[], maxBackups: number, retentionDays = 3650) =>
  retentionPlan(backups, { maxBackups, retentionDays }, now).map(
    ({ id, cause }) => `${id} ${cause}`,
  )

test.each([
  ['15 of 14: the oldest goes', 15, 14, ['b15 count']],
  ['14 of 14: none', 14, 14, []],
  ['one of one: none', 1, 1, []],
  ['three of one', 3, 1, ['b2 count', 'b3 count']],
] as const)('by count: %s', (_what, count, max, gone) => {
  const backups = Array.from({ length: count }, (_, at) => one(at + 1))
  expect(plan(backups, max)).toEqual(gone)
})

test.each([
  ['not a millisecond early', one(30), []],
  ['older than that', one(30, { createdAtUnixMs: now - 30 * dayMs - 1 }), ['b30 age']],
  ['one that failed', one(31, { status: 'failed' }), ['b31 age']],
  ['one under way', one(31, { status: 'requested' }), []],
  ['a rollback slot', one(31, { kind: 'rollback_slot' }), []],
  ['one that is to be kept', one(31, { keptUntilUnixMs: now + 1 }), []],
] as const)('by age: %s', (_what, old, gone) => {
  expect(plan([one(1), old], 10, 30)).toEqual(gone)
})

test('the newest that was found good stays, however old, and however many came after it', () => {
  const good = one(9)
  const damaged = [1, 2, 3].map((days) => one(days, { verdict: 'bad' }))
  expect(plan([...damaged, good], 1, 5)).toEqual([])
  const unverified = [1, 2].map((days) => one(days, { verdict: 'none' }))
  expect(plan([...unverified, good, one(10)], 1)).toEqual(['b2 count', 'b10 count'])
})

test('while none was verified the newest stays', () => {
  const unverified = [40, 41].map((days) => one(days, { verdict: 'none' }))
  expect(plan(unverified, 10, 30)).toEqual(['b41 age'])
})

test('damaged ones do not push good ones out', () => {
  const backups = [one(1, { verdict: 'bad' }), one(2), one(3), one(4, { verdict: 'bad' }), one(5)]
  expect(plan(backups, 2)).toEqual(['b4 count', 'b5 count'])
})

const anyKept: fc.Arbitrary<Kept> = fc.record({
  id: fc.uuid(),
  kind: fc.constantFrom(...backupKinds),
  status: fc.constantFrom('requested', 'completed', 'failed', 'cancelled'),
  createdAtUnixMs: fc.integer({ min: 0, max: now }),
  verdict: fc.constantFrom('none', 'good', 'bad'),
  keptUntilUnixMs: fc.constantFrom(0, now, now + 1),
})
const anyRule = fc.record({
  maxBackups: fc.integer({ min: 1, max: 12 }),
  retentionDays: fc.integer({ min: 1, max: 400 }),
})

test('whatever there is: what must stay stays, and pruning again finds nothing', () => {
  fc.assert(
    fc.property(fc.array(anyKept, { maxLength: 40 }), anyRule, (backups, rule) => {
      const gone = new Set(retentionPlan(backups, rule, now).map(({ id }) => id))
      const left = backups.filter(({ id }) => !gone.has(id))
      for (const { id, status, kind, keptUntilUnixMs } of backups) {
        const mustStay = status === 'requested' || kind === 'rollback_slot' || now < keptUntilUnixMs
        if (mustStay) expect(gone.has(id)).toBe(false)
      }
      for (const kind of backupKinds) {
        const own = backups.filter((b) => b.kind === kind && b.status === 'completed')
        const verified = own.filter((b) => b.verdict === 'good')
        const newest = (list: readonly Kept[]) => Math.max(...list.map((b) => b.createdAtUnixMs))
        if (verified.length > 0) {
          expect(
            left.some(
              (b) =>
                b.kind === kind && b.verdict === 'good' && b.createdAtUnixMs === newest(verified),
            ),
          ).toBe(true)
        } else if (own.length > 0) {
          expect(left.some((b) => b.createdAtUnixMs === newest(own))).toBe(true)
        }
      }
      expect(retentionPlan(left, rule, now)).toEqual([])
      // No more good ones than there may be, but for those that must stay anyhow.
      const plain = left.filter(
        (b) =>
          b.status === 'completed' &&
          b.verdict !== 'bad' &&
          b.kind !== 'rollback_slot' &&
          b.keptUntilUnixMs <= now,
      )
      expect(plain.length).toBeLessThanOrEqual(rule.maxBackups + backupKinds.length)
    }),
  )
})

test('what a longer rule removes, a shorter one removes too', () => {
  fc.assert(
    fc.property(fc.array(anyKept, { maxLength: 30 }), anyRule, (backups, rule) => {
      const shorter = { ...rule, maxBackups: Math.max(1, rule.maxBackups - 1) }
      const few = new Set(retentionPlan(backups, shorter, now).map(({ id }) => id))
      for (const { id } of retentionPlan(backups, rule, now)) expect(few.has(id)).toBe(true)
    }),
  )
})
