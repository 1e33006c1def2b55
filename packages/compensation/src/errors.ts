import { DomainError, defineError } from '@holdfast/errors'

export const RestorePlanStale = defineError(
  'restore.plan_stale',
  'illegal_state',
  () => 'what would change is not what the plan says any more; make a new plan',
)

export const CommitNotFound = defineError(
  'restore.commit_not_found',
  'not_found',
  (d: { sequence: bigint }) => `there is no commit ${d.sequence} that could be undone`,
)

export const NotCompensable = defineError(
  'restore.not_compensable',
  'illegal_state',
  (d: { sequence: bigint; kind: string }) =>
    `commit ${d.sequence} is about a ${d.kind}, which is never brought back`,
)

/** What a peer, a rule or the like should live in is not there, and is not to be brought back along with it. */
export const ParentMissing = defineError(
  'restore.parent_missing',
  'illegal_state',
  (d: { kind: string }) =>
    `the ${d.kind} it lives in is not there then and now; restore that as well`,
)

/** A name that something else keeps, for that cannot be brought back itself. */
export const ClaimKept = defineError(
  'restore.claim_kept',
  'illegal_state',
  (d: { kind: string; name: string }) =>
    `it needs a name or port that ${d.kind} ${d.name} keeps, which cannot be brought back`,
)

const undoConflict = 'restore.undo_conflict'
// Known to the catalogue of errors; its fields are what `undoConflictOf` adds.
export const UndoConflict = defineError(
  undoConflict,
  'illegal_state',
  (d: { conflicts: number }) =>
    `${d.conflicts} field(s) of it have been changed since; undo those changes first, or change it by hand`,
)

/** The conflict with each field by name. */
export function undoConflictOf(
  conflicts: readonly { readonly field: string; readonly detail: string }[],
): DomainError {
  const { kind, message, details } = UndoConflict({ conflicts: conflicts.length })
  const fields = conflicts.map((one) => ({ ...one, code: 'changed_since' }))
  return new DomainError(undoConflict, kind, message, { details, fields })
}
