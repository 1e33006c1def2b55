import type { Aggregate } from '@holdfast/event-log'
import { ruleSetCodec } from '../codecs/rule-set-codec.ts'
import { type CheckTests, type RuleSetCommand, ruleSet } from '../domain/rule-set.ts'
import type { RuleSetEvent, RuleSetState } from '../domain/rule-set-state.ts'

export type RuleSetAggregate = Aggregate<RuleSetCommand, RuleSetEvent, RuleSetState>

/** Subject `evt.rules.rule_set.<organization>`. One a process: the log keeps states by it. */
export const ruleSetAggregate = (checkTests: CheckTests): RuleSetAggregate => ({
  context: 'rules',
  type: 'rule_set',
  decider: ruleSet(checkTests),
  codec: ruleSetCodec,
  stateVersion: 1,
  // Its answer is its own fact, and another rule's creation changes no rule there is.
  mayFollow: ({ type }) => type === 'CreateRule',
})
