import { defineError, type ErrorDefinition } from '@holdfast/errors'

export const BackupNotFound = defineError(
  'backup.not_found',
  'not_found',
  (d: { backup: string }) => `There is no backup ${d.backup}, or you may not see it.`,
)
export const BackupNotRunning = defineError(
  'backup.not_running',
  'illegal_state',
  (d: { status: string }) =>
    `The backup is ${d.status}: only one that is not over can be cancelled.`,
)
export const BackupRunning: ErrorDefinition<Record<never, never>> = defineError(
  'backup.running',
  'illegal_state',
  () => 'The backup is not over yet. Cancel it, or wait for its end.',
)
export const BackupNotCompleted = defineError(
  'backup.not_completed',
  'illegal_state',
  (d: { status: string }) => `The backup is ${d.status}: it has no object.`,
)
export const RollbackSlotKept = defineError(
  'backup.rollback_slot_kept',
  'illegal_state',
  (d: { until: string }) => `A rollback slot is kept for seven days, this one until ${d.until}.`,
)
export const SuperAdminOnly = defineError(
  'backup.super_admin_only',
  'forbidden',
  (d: { what: string }) =>
    `${d.what} takes a super-admin, whatever the permissions. For one organization make a portable snapshot: backup_type snapshot with its organization_id.`,
)
export const UnencryptedRefused = defineError(
  'backup.unencrypted_refused',
  'invalid',
  (d: { location: string; kind: string }) =>
    `${d.location} (${d.kind}) is on another machine, and what goes there is encrypted. Leave is_encrypted on, or let the operator set HOLDFAST_BACKUP_ALLOW_UNENCRYPTED=true.`,
)
export const ObjectChanged = defineError(
  'backup.object_changed',
  'illegal_state',
  (d: { location: string }) =>
    `What lies in ${d.location} is not what was put there. Verify the backup; do not restore from it.`,
)
export const BackupTimedOut = defineError(
  'backup.timed_out',
  'unavailable',
  (d: { seconds: number }) => `The backup took longer than ${d.seconds} s and was given up.`,
)

// What a job ends with, in `failure_code`; nobody is answered these.
export const BackupGivenUp = defineError(
  'backup.given_up',
  'unavailable',
  (d: { attempts: number }) =>
    `Its process ended, or what it needs was away, ${d.attempts} times while it was made.`,
)
export const BackupJobLost = defineError(
  'backup.job_lost',
  'unavailable',
  () => 'Its job is not known any more: operational tables are older than the log. Make it again.',
)
