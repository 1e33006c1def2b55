import { defineError, type ErrorDefinition } from '@holdfast/errors'

export const FullNotRestoredHere: ErrorDefinition<Record<never, never>> = defineError(
  'backup.full_not_restored_here',
  'illegal_state',
  () =>
    'A full backup takes the place of a whole instance, and that is done from the command line on a clean data directory: docs/restore-instance.md. What a running instance was at an earlier moment comes back without it: holdfast restore plan.',
)
export const RestoreJobNotFound = defineError(
  'backup.restore_job_not_found',
  'not_found',
  (d: { job: string }) => `There is no restore job ${d.job}, or you may not see it.`,
)
export const RestoreJobOver = defineError(
  'backup.restore_job_over',
  'illegal_state',
  (d: { status: string }) =>
    `The restore job is ${d.status}: only one that was interrupted goes on. Begin another one.`,
)
export const SlotOfNothing: ErrorDefinition<Record<never, never>> = defineError(
  'backup.slot_of_nothing',
  'illegal_state',
  () =>
    'The restore this rollback slot was taken for never began, so there is nothing to undo. The slot can be deleted when its seven days are over.',
)
export const RollbackSlotFailed = defineError(
  'backup.rollback_slot_failed',
  'illegal_state',
  (d: { why: string }) =>
    `No rollback slot could be taken, so nothing was changed: ${d.why} With allow_without_rollback the restore goes on without one, and that is recorded.`,
)
// What a job ends with, in `failure_code`; nobody is answered this.
export const RestoreJobLost: ErrorDefinition<Record<never, never>> = defineError(
  'backup.restore_job_lost',
  'unavailable',
  () => 'Nothing is known of its restore any more, or it never began. Begin another one.',
)
export const RollbackSlotTimedOut = defineError(
  'backup.rollback_slot_timed_out',
  'unavailable',
  (d: { seconds: number }) => `It was not made within ${d.seconds} s.`,
)
