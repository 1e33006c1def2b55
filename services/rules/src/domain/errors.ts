import { defineError } from '@holdfast/errors'

/** Also raised for what the caller may not know of. */
export const RuleNotFound = defineError(
  'rules.rule_not_found',
  'not_found',
  (d: { rule: string }) => `there is no rule ${d.rule}`,
)
export const OrganizationNotFound = defineError(
  'rules.organization_not_found',
  'not_found',
  (d: { organization: string }) => `there is no organization ${d.organization}`,
)
export const ChangeSetNotFound = defineError(
  'rules.change_set_not_found',
  'not_found',
  (d: { changeSet: string }) => `there is no open change set ${d.changeSet}`,
)
export const PolicyTestNotFound = defineError(
  'rules.policy_test_not_found',
  'not_found',
  (d: { test: string }) => `there is no policy test ${d.test}`,
)

/** `matches` lists them as `<what> (<id>)`, separated by commas. */
export const AmbiguousName = defineError(
  'rules.ambiguous_name',
  'conflict',
  (d: { name: string; matches: string }) =>
    `${d.name} names several: ${d.matches}; use the id, or name the organization`,
)

/** One object changed since the caller read it. Same code as the log's own, which is about whole aggregates. */
export const ObjectChanged = defineError(
  'stale',
  'stale',
  (d: { expected: bigint; actual: bigint }) =>
    `it changed meanwhile: revision ${d.expected} was expected, ${d.actual} is current`,
)

export const RuleExists = defineError(
  'rules.rule_exists',
  'conflict',
  (d: { rule: string }) => `rule ${d.rule} exists already`,
)
/** `heldBy` is an id; empty when the change itself names two rules alike. */
export const NameTaken = defineError(
  'rules.name_taken',
  'conflict',
  (d: { name: string; heldBy: string }) =>
    d.heldBy === ''
      ? `the change names two rules ${d.name}`
      : `the organization has a rule named ${d.name} already (${d.heldBy})`,
)
export const TooManyRules = defineError(
  'rules.too_many_rules',
  'too_large',
  (d: { rules: number; maxRules: number }) =>
    `the change would make ${d.rules} rules; an organization may have ${d.maxRules}`,
)
export const TooManyChangeSets = defineError(
  'rules.too_many_change_sets',
  'exhausted',
  (d: { maxChangeSets: number }) =>
    `${d.maxChangeSets} change sets are open; apply or discard one first`,
)
export const TooManyPolicyTests = defineError(
  'rules.too_many_policy_tests',
  'exhausted',
  (d: { maxTests: number }) => `an organization may have ${d.maxTests} policy tests`,
)
export const PolicyTestNameTaken = defineError(
  'rules.policy_test_name_taken',
  'conflict',
  (d: { name: string }) => `the organization has a policy test named ${d.name} already`,
)

/** Nothing else may change the rules until the change that waits is confirmed or reverted. */
export const ConfirmationPending = defineError(
  'rules.confirmation_pending',
  'illegal_state',
  (d: { applyId: string; name: string }) =>
    `change ${d.name === '' ? d.applyId : `${d.name} (${d.applyId})`} waits for confirmation: confirm or revert it first`,
)
export const NothingPending = defineError(
  'rules.nothing_pending',
  'illegal_state',
  (d: { applyId: string }) =>
    d.applyId === ''
      ? 'no change waits for confirmation'
      : `change ${d.applyId} does not wait for confirmation: it was confirmed, or has been taken back`,
)
/** `missing` lists nodes as `<name>: <reason>`, separated by semicolons. */
export const NotEnforcedEverywhere = defineError(
  'rules.not_enforced_everywhere',
  'illegal_state',
  (d: { nodes: number; missing: string }) =>
    `${d.nodes} node(s) do not enforce the change yet: ${d.missing}; wait, revert, or confirm by force`,
)
/** `rules` lists them as `<name> (<id>)`, separated by commas. */
export const ChangeSetStale = defineError(
  'rules.change_set_stale',
  'stale',
  (d: { changeSet: string; rules: string }) =>
    `rules changed since they were staged in ${d.changeSet}: ${d.rules}; look at them and stage them again`,
)
/** `conflicts` lists fields as `<rule>: <field>, <field>`, separated by semicolons. */
export const UndoConflict = defineError(
  'rules.undo_conflict',
  'conflict',
  (d: { sequence: bigint; conflicts: string }) =>
    `change ${d.sequence} cannot be taken back without taking later ones along: ${d.conflicts}`,
)
export const NothingToUndo = defineError(
  'rules.nothing_to_undo',
  'not_found',
  (d: { sequence: bigint }) => `there is no change of rules at ${d.sequence}`,
)
/** `failures` lists tests as `<name>: <why>`, separated by semicolons. */
export const PolicyTestFailed = defineError(
  'rules.policy_test_failed',
  'illegal_state',
  (d: { tests: number; failures: string }) =>
    `${d.tests} policy test(s) would fail: ${d.failures}; nothing was changed`,
)
