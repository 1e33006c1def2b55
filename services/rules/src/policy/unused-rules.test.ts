import { expect, test } from 'vitest'
import { nodeIdOf, ruleIdOf, settingsOf } from '../domain/fixtures.ts'
import { host } from '../testing/host-fixtures.ts'
import { unusedRules } from './unused-rules.ts'

const dayMs = 86_400_000
const now = 1000 * dayMs
const hosts = [host(1), host(2)]
const rule = (n: number, ageDays: number, more: Parameters<typeof settingsOf>[1] = {}) => ({
  id: ruleIdOf(n),
  settings: settingsOf(n, more),
  order: n,
  updatedAtUnixMs: now - ageDays * dayMs,
})
/** Nodes that counted this share of every day. */
const counted = (...shares: readonly number[]) =>
  new Map(
    shares.map((share, i) => [
      nodeIdOf(i + 1),
      new Map(Array.from({ length: 100 }, (_, day) => [1000 - day, share * dayMs])),
    ]),
  )
const found = (
  one: ReturnType<typeof rule>,
  evidence: { lastHits?: ReadonlyMap<string, number>; countedMs?: ReturnType<typeof counted> } = {},
) => {
  const { lastHits = new Map(), countedMs = counted(1, 1) } = evidence
  return unusedRules([one], hosts, { lastHits, countedMs }, now).map(({ message }) => message)
}

test('a rule that matched nothing is unused as far as somebody watched', () => {
  expect(found(rule(1, 200))).toEqual([
    'matched nothing in 90 days; its 2 node(s) counted 100.0 % of that time',
  ])
  expect(found(rule(1, 30), { countedMs: counted(1, 0.5) })[0]).toMatch(
    /^matched nothing in 30 days; its 2 node\(s\) counted 7\d\.\d % of that time$/,
  )
  expect(found(rule(1, 30), { countedMs: counted(0.4, 0.4) })).toEqual([])
  expect(found(rule(1, 30), { countedMs: new Map() })).toEqual([])
})

test('a hit, a late change or being off is no lack of use', () => {
  const hit = (daysAgo: number) => new Map([[ruleIdOf(1), now - daysAgo * dayMs]])
  expect(found(rule(1, 30), { lastHits: hit(30) })).toEqual([])
  // What an earlier wording of the rule matched does not count for this one.
  expect(found(rule(1, 30), { lastHits: hit(40) })).toHaveLength(1)
  expect(found(rule(1, 6))).toEqual([])
  expect(found(rule(1, 30, { isActive: false }))).toEqual([])
  expect(found(rule(1, 30, { expiresAtUnixMs: now }))).toEqual([])
})

test('a rule whose target has no device holds nowhere', () => {
  const target = { kind: 'uplinks', id: nodeIdOf(1) } as const
  expect(found(rule(1, 1, { target }))).toEqual([
    'holds nowhere: its target has no device that is on',
  ])
})
