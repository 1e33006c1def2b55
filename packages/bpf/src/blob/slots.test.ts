import type { Line, Policy } from '@holdfast/policy'
import { expect, test } from 'vitest'
import { anyLine, policyWith } from '../testing/lines.ts'
import { assignSlots, noSlots } from './slots.ts'

const rule = (ruleId: string, rate?: Line['rate']): Line =>
  anyLine({ ruleId, action: rate ? 'rate_limit' : 'allow', rate })
const rules = (...lines: readonly Line[]): Policy => policyWith(lines)

test('a rule keeps its counter, and a new one never gets that of one that is just leaving', () => {
  const first = assignSlots(noSlots, rules(rule('a'), rule('b')))
  expect([...first.slots.counters]).toEqual([
    ['a', 1],
    ['b', 2],
  ])
  // As read back from a kernel: nothing is remembered.
  const second = assignSlots({ ...first.slots }, rules(rule('c'), rule('b')))
  expect(second.slots.counters.get('b')).toBe(2)
  expect(second.slots.counters.get('c')).toBe(3)
  expect(second.fresh.counters).toEqual([3])
  const third = assignSlots({ ...second.slots }, rules(rule('c'), rule('b'), rule('d')))
  expect(third.slots.counters.get('d')).toBe(1)
  expect(third.fresh.counters).toEqual([1])
  expect(third.need.counters).toBe(4)
})

test('what a policy that was never enforced was given is fresh for the next one too', () => {
  const first = assignSlots(noSlots, rules(rule('a')))
  const refused = assignSlots(first.slots, rules(rule('a'), rule('x')))
  expect(refused.fresh.counters).toEqual([2])
  const again = assignSlots(first.slots, rules(rule('a'), rule('x'), rule('y')))
  expect(again.fresh.counters).toEqual([2, 3])
  expect(assignSlots(again.slots, rules(rule('a'), rule('x'))).fresh.counters).toEqual([])
})

test('slots of rules that left are given out again before they run out', () => {
  let slots = noSlots
  let need = 0
  for (let i = 0; i < 8000; i++) {
    const assigned = assignSlots(slots, rules(rule('stays'), rule(`rule-${i}`)))
    expect(assigned.slots.counters.get('stays')).toBe(1)
    slots = assigned.slots
    need = Math.max(need, assigned.need.counters)
  }
  expect(need).toBeLessThan(3000)
})

test('a limit that changes starts with a fresh bucket', () => {
  const limit = { pps: 10, burst: 10, bucket: 'rule' }
  const first = assignSlots(noSlots, rules(rule('a', limit)))
  expect(assignSlots(first.slots, rules(rule('a', limit))).fresh.buckets).toEqual([])
  const second = assignSlots(first.slots, rules(rule('a', { ...limit, burst: 20 })))
  expect(second.fresh).toEqual({ counters: [], buckets: [1] })
})
