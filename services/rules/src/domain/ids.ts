import { type Brand, type CommandId, idFrom } from '@holdfast/domain'

export type RuleId = Brand<string, 'RuleId'>
export type ChangeSetId = Brand<string, 'ChangeSetId'>
export type PolicyTestId = Brand<string, 'PolicyTestId'>
/** One application of changes; confirmed or reverted by it. */
export type ApplyId = Brand<string, 'ApplyId'>

/**
 * Ids for the rules that one command creates. They count up from one that follows from the command, so a
 * repeated command makes the same, and a hundred thousand of them are small in the log.
 */
export function ruleIdsOf(command: CommandId): (index: number) => RuleId {
  const base = idFrom<RuleId>(command, 'rules')
  const stem = base.slice(0, -8)
  return (index) => `${stem}${index.toString(16).padStart(8, '0')}` as RuleId // as: still a UUID
}
