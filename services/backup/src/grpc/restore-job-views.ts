import type { Postgres } from '@holdfast/postgres'
import type { holdfast } from '@holdfast/proto'
import { importRow } from '../imports/import-store.ts'
import type { RestoreJobRow } from '../restore-jobs/restore-job-store.ts'
import type { Undoing } from '../restore-jobs/undoing.ts'
import { importMessage } from './import-views.ts'

type Message = holdfast.backup.v1.RestoreJob.$Properties

/** `isWhole`: with its sections. */
export async function restoreJobMessage(
  postgres: Postgres,
  undoing: Undoing,
  row: RestoreJobRow,
  isWhole = true,
): Promise<Message> {
  const common = {
    id: row.id,
    backupId: row.backupId,
    organizationId: row.organizationId,
    isDryRun: row.isDryRun,
    allowsWithoutRollback: row.allowsWithoutRollback,
    createdAtUnixMs: row.createdAtUnixMs,
  }
  if (row.undoesJobId !== '') {
    const standing = await undoing.standing(row, isWhole)
    return {
      ...{ ...common, ...standing },
      undoesJobId: row.undoesJobId,
      phase: standing.status === 'completed' ? 'done' : 'restoring',
      warnings: [...row.warnings, ...standing.warnings],
    }
  }
  const found = await importRow(postgres, row.id)
  if (!found) throw new Error('a restore job of a snapshot is an import')
  const job = await importMessage(postgres, found, isWhole)
  const isOver = found.state !== 'running' && found.state !== 'receiving'
  return {
    ...common,
    // Between its row and its run nobody has to tell the two apart.
    status: found.state === 'receiving' ? 'running' : found.state,
    phase: isOver && found.state === 'completed' ? 'done' : row.phase,
    progress: job.progress ?? 0,
    contents: job.contents ?? null,
    overwritesExisting: job.overwritesExisting ?? false,
    targetSiteId: found.wish?.targetSiteId ?? '',
    rollbackBackupId: row.rollbackBackupId,
    rollbackSequence: job.rollbackSequence ?? 0,
    withoutRollbackBecause: row.withoutRollbackBecause,
    failureCode: job.failureCode ?? '',
    failureDetail: job.failureDetail ?? '',
    warnings: [...row.warnings, ...(job.warnings ?? [])],
    sections: job.sections ?? [],
    endedAtUnixMs: job.endedAtUnixMs ?? 0,
  }
}
