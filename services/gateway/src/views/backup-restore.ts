import { Type } from '@fastify/type-provider-typebox'
import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import {
  component,
  flagOut,
  id,
  idOrNull,
  integerOut,
  listOut,
  ref,
  textOut,
  time,
  timeOrNull,
  words,
} from './fields.ts'
import { idOf, momentOf, timeOf } from './print.ts'
import { ImportSection, printSection } from './snapshot.ts'

const jobStatuses = ['running', 'completed', 'failed', 'interrupted'] as const
const phases = ['fetching', 'checking', 'rollback_slot', 'restoring', 'done'] as const
export const validationResults = ['ok', 'warn', 'error', 'timeout'] as const

export const RestoreJob = component('RestoreJob', {
  id: id('Of the job.'),
  backup_id: id('What is restored.'),
  organization_id: idOrNull('Of the backup; null: of the whole instance.'),
  status: words(
    jobStatuses,
    'failed: nothing was written; interrupted: something may have been, and it can be continued.',
  ),
  phase: words(phases, 'What is being done.'),
  progress: integerOut('Percent.', 100),
  dry_run: flagOut('Whether nothing is to be written: then `sections` say what would be.', true),
  overwrite_existing: flagOut('Whether what exists is changed to what the backup has.', false),
  restore_devices: flagOut('Nodes, interfaces, peers.', true),
  restore_users: flagOut('Users.', false),
  restore_automation: flagOut('Rules, policy tests, alert rules, webhooks.', true),
  target_site_id: idOrNull('The site nodes go to; null: those of their names.'),
  allow_without_rollback: flagOut('Whether it goes on without a rollback slot.', false),
  rollback_backup_id: idOrNull(
    'The rollback slot that was taken before the first write: restoring it undoes this job.',
  ),
  rollback_sequence: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'The log before the first write. Null: nothing was written.',
    examples: ['1041'],
  }),
  without_rollback_because: textOut(
    'Why there is no slot although it wrote: a code. Empty otherwise.',
    '',
  ),
  undoes_job_id: idOrNull('The restore job it undoes; null: it restores a snapshot.'),
  failure_code: textOut('Empty when nothing failed.', ''),
  failure_detail: textOut('For people.', ''),
  warnings: listOut('What was asked for and does nothing here, and what ought to be known.'),
  sections: Type.Array(ref(ImportSection), {
    description: 'What became of the records, or would become: the report. Empty in lists.',
  }),
  created_at: time('When it was asked for.'),
  ended_at: timeOrNull('When it ended.'),
})

export const BackupValidation = component('BackupValidation', {
  organization_id: id('Whose newest backup it is.'),
  result: words(
    validationResults,
    'warn: there is no recent one, or it cannot be told. error: it could not be restored. timeout: that took too long.',
  ),
  run_id: id('Of all organizations that were looked at together.'),
  backup_id: idOrNull('The backup; null: there is none.'),
  backup_created_at: timeOrNull('When it was made.'),
  code: textOut('Why it is not ok.', 'backup.object_changed'),
  detail: textOut('For people.', ''),
  records: integerOut('Records a restore would look at.', 120),
  took_ms: integerOut('How long it took.', 830),
  validated_at: time('When.'),
  last_ok_at: timeOrNull('When one was last ok.'),
})

export const BackupValidationRun = component('BackupValidationRun', {
  run_id: id('What the verdicts of this run bear.'),
  organization_ids: listOut('Whose newest backups are looked at.'),
})

export const printRestoreJob = (
  job: holdfast.backup.v1.RestoreJob.$Properties,
): Static<typeof RestoreJob> => ({
  id: job.id ?? '',
  backup_id: job.backupId ?? '',
  organization_id: idOf(job.organizationId),
  status: jobStatuses.find((word) => word === job.status) ?? 'running',
  phase: phases.find((word) => word === job.phase) ?? 'fetching',
  progress: job.progress ?? 0,
  dry_run: job.isDryRun ?? false,
  overwrite_existing: job.overwritesExisting ?? false,
  restore_devices: job.contents?.devices ?? false,
  restore_users: job.contents?.users ?? false,
  restore_automation: job.contents?.automation ?? false,
  target_site_id: idOf(job.targetSiteId),
  allow_without_rollback: job.allowsWithoutRollback ?? false,
  rollback_backup_id: idOf(job.rollbackBackupId),
  rollback_sequence: job.rollbackSequence ? `${job.rollbackSequence}` : null,
  without_rollback_because: job.withoutRollbackBecause ?? '',
  undoes_job_id: idOf(job.undoesJobId),
  failure_code: job.failureCode ?? '',
  failure_detail: job.failureDetail ?? '',
  warnings: [...(job.warnings ?? [])],
  sections: (job.sections ?? []).map(printSection),
  created_at: momentOf(job.createdAtUnixMs),
  ended_at: timeOf(job.endedAtUnixMs),
})

export const printValidation = (
  one: holdfast.backup.v1.Validation.$Properties,
): Static<typeof BackupValidation> => ({
  organization_id: one.organizationId ?? '',
  result: validationResults.find((word) => word === one.result) ?? 'error',
  run_id: one.runId ?? '',
  backup_id: idOf(one.backupId),
  backup_created_at: timeOf(one.backupCreatedAtUnixMs),
  code: one.code ?? '',
  detail: one.detail ?? '',
  records: one.records ?? 0,
  took_ms: Number(one.tookMs ?? 0),
  validated_at: momentOf(one.atUnixMs),
  last_ok_at: timeOf(one.lastOkAtUnixMs),
})
