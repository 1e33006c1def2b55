import { type AnyCompensable, compensable } from '@holdfast/compensation'
import { ruleSets } from '../commands/aggregates.ts'
import type { RuleSetEvent } from '../domain/rule-set-state.ts'
import { aimRuleSet, compensateRuleSet } from './compensate-rule-set.ts'
import {
  type RuleSetFacts,
  ruleSetFacts,
  type TrackedRuleSet,
  trackedRuleSet,
  trackRuleSet,
} from './rule-set-facts.ts'

const named = (facts: object): string => ('name' in facts ? String(facts.name) : '')

/**
 * The rules of an organization with their tests and drafts, as one: hosts take one set for another in one commit. Policy
 * tests do not stand in the way: what was comes back as it was, and the tests say what they think of it afterwards.
 *
 * `nowUnixMs`: the clock, for rules that have expired since.
 */
export const ruleSetsCompensable = (nowUnixMs: () => number): AnyCompensable =>
  compensable<TrackedRuleSet, RuleSetFacts, RuleSetEvent, undefined>({
    kind: 'rule_set',
    aggregate: ruleSets,
    after: [],
    members: {
      rules: { kind: 'rule', name: named },
      tests: { kind: 'policy_test', name: named },
      drafts: { kind: 'change_set', name: named },
    },
    isSplittable: true,
    initial: trackedRuleSet,
    evolve: trackRuleSet,
    facts: ruleSetFacts,
    about: ({ organizationId }) => ({ name: '', organizationId }),
    aim: (target, now) => aimRuleSet(target, now, nowUnixMs()),
    compensate: ({ now, target }) => compensateRuleSet(now, target),
  })
