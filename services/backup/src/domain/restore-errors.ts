import { defineError } from '@holdfast/errors'

export const RestorePointNotFound = defineError(
  'restore.point_not_found',
  'not_found',
  (d: { sequence: string; head: string }) =>
    `There is no sequence ${d.sequence} to restore to; the log ends at ${d.head}.`,
)

export const PlanNotFound = defineError(
  'restore.plan_not_found',
  'not_found',
  (d: { plan: string }) => `There is no plan ${d.plan}; plans are kept for seven days.`,
)

export const PlanNotReady = defineError(
  'restore.plan_not_ready',
  'illegal_state',
  (d: { status: string }) => `The plan is not ready (${d.status}).`,
)

export const RestoreNotFound = defineError(
  'restore.not_found',
  'not_found',
  (d: { restore: string }) => `There is no restore ${d.restore}.`,
)

export const RestoreUnderWay = defineError(
  'restore.under_way',
  'conflict',
  (d: { restore: string }) =>
    `Restore ${d.restore} is under way. Wait for it; there is one restore at a time.`,
)

export const RestoreNotUndoable = defineError(
  'restore.not_undoable',
  'illegal_state',
  (d: { restore: string; reason: string }) => `Restore ${d.restore} cannot be undone: ${d.reason}.`,
)

export const RollbackPointFailed = defineError(
  'restore.rollback_point_failed',
  'unavailable',
  (d: { reason: string }) =>
    `The rollback point could not be taken (${d.reason}); nothing was changed.`,
)

export const UnknownScope = defineError(
  'restore.scope_unknown',
  'invalid',
  (d: { word: string; known: string }) =>
    `${d.word} cannot be restored by itself; there are ${d.known}.`,
)
