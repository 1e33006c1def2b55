import type { Aggregate } from '@holdfast/event-log'
import { ruleSetCodec } from '../codecs/rule-set-codec.ts'
import { type RuleSetCommand, ruleSet } from '../domain/rule-set.ts'
import type { RuleSetEvent, RuleSetState } from '../domain/rule-set-state.ts'

/** Subject `evt.rules.rule_set.<organization>`. */
export const ruleSets: Aggregate<RuleSetCommand, RuleSetEvent, RuleSetState> = {
  context: 'rules',
  type: 'rule_set',
  decider: ruleSet,
  codec: ruleSetCodec,
  stateVersion: 2,
  // Its answer is its own fact, and another rule's creation changes no rule there is.
  mayFollow: ({ type }) => type === 'CreateRule',
}
