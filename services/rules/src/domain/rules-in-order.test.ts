import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ruleIdOf, settingsOf } from './fixtures.ts'
import type { RuleState } from './rule-set-state.ts'
import {
  equalsOf,
  noRulesInOrder,
  positionOf,
  putInOrder,
  takeOutOfOrder,
} from './rules-in-order.ts'

const rule = (order: number, priority: number): RuleState => ({
  id: ruleIdOf(order),
  settings: settingsOf(order, { priority }),
  order,
  revision: 1,
})

/** Order and priority; undefined takes it out. */
const change = fc.tuple(
  fc.nat(60),
  fc.option(fc.constantFrom(0, 100, 101, 1000), { nil: undefined }),
)

test('places are those of the whole set in order, whatever happened before', () => {
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 80 }), { maxLength: 5 }), (rounds) => {
      const inOrder = noRulesInOrder<RuleState>()
      const rules = new Map<number, RuleState>()
      for (const round of rounds) {
        for (const [order, priority] of round) {
          const known = rules.get(order)
          const isMoved = known && known.settings.priority !== priority
          if (isMoved) takeOutOfOrder(inOrder, known)
          if (priority === undefined) rules.delete(order)
          else {
            rules.set(order, rule(order, priority))
            putInOrder(inOrder, rule(order, priority))
          }
        }
        const sorted = [...rules.values()].sort(
          (a, b) => b.settings.priority - a.settings.priority || a.order - b.order,
        )
        const found = sorted.map((one) => positionOf(inOrder, one.settings.priority, one.order))
        expect(found).toEqual(sorted.map((_, i) => i + 1))
        expect(equalsOf(inOrder, 100)).toEqual(
          sorted.filter(({ settings }) => settings.priority === 100),
        )
      }
    }),
  )
})

test('a rule that would be there has a place, too', () => {
  const inOrder = noRulesInOrder<RuleState>()
  for (const order of [1, 2, 4]) putInOrder(inOrder, rule(order, 100))
  expect(positionOf(inOrder, 100, 3)).toBe(3)
  expect(positionOf(inOrder, 101, 9)).toBe(1)
  expect(positionOf(inOrder, 99, 1)).toBe(4)
})

// Moving each by itself would take minutes here: the test's time limit would end it.
test('100,000 rules leave and come back at once', () => {
  const inOrder = noRulesInOrder<RuleState>()
  const rules = Array.from({ length: 100_000 }, (_, i) => rule(i, 100))
  for (const one of rules) putInOrder(inOrder, one)
  for (const one of rules) takeOutOfOrder(inOrder, one)
  expect(equalsOf(inOrder, 100)).toEqual([])
  for (const one of rules.toReversed()) putInOrder(inOrder, one)
  expect(positionOf(inOrder, 100, 99_999)).toBe(100_000)
})
