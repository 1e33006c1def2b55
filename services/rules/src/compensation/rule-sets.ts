import { type AnyCompensable, compensable, requireOrganization } from '@holdfast/compensation'
import type { EventLog } from '@holdfast/event-log'
import { ruleSets } from '../commands/aggregates.ts'
import type { RuleSetEvent } from '../domain/rule-set-state.ts'
import { aimRuleSet, compensateRuleSet, notesOn } from './compensate-rule-set.ts'
import {
  type RuleSetFacts,
  ruleSetFacts,
  ruleSetValueAt,
  type TrackedRuleSet,
  trackedRuleSet,
  trackRuleSet,
} from './rule-set-facts.ts'

const named = (facts: object): string => ('name' in facts ? String(facts.name) : '')

/**
 * The rules of an organization with their tests and drafts, as one: hosts take one set for another in one commit. Policy
 * tests do not stand in the way: what was comes back as it was, and the tests say what they think of it afterwards.
 */
export const ruleSetsCompensable = (log: Pick<EventLog, 'history'>): AnyCompensable =>
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
    valueAt: ruleSetValueAt,
    about: ({ organizationId }) => ({ name: '', organizationId }),
    // as: a set is never gone
    aim: (target, now, nowUnixMs) => aimRuleSet(target, now as RuleSetFacts, nowUnixMs),
    notes: notesOn,
    compensate: ({ now, target }) => compensateRuleSet(now, target as RuleSetFacts),
    async hold(id, { after }) {
      const isEmptied = after && Object.keys(after.rules).length === 0
      if (!isEmptied) await requireOrganization(log, id)
    },
  })
