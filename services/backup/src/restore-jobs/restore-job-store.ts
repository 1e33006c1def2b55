import { type Queryable, type ReadScope, type Sql, sql } from '@holdfast/postgres'

export type RestorePhase = 'fetching' | 'checking' | 'rollback_slot' | 'restoring'

export interface NewRestoreJob {
  readonly id: string
  readonly backupId: string
  /** Of the backup; empty: of the instance. */
  readonly organizationId: string
  readonly isDryRun: boolean
  readonly allowsWithoutRollback: boolean
  readonly warnings: readonly string[]
  /** Empty: it restores a snapshot. */
  readonly undoesJobId: string
}

export interface RestoreJobRow extends NewRestoreJob {
  readonly phase: RestorePhase
  readonly rollbackBackupId: string
  readonly withoutRollbackBecause: string
  readonly createdAtUnixMs: number
}

interface Row {
  readonly job_id: string
  readonly backup_id: string
  readonly organization_id: string | null
  readonly is_dry_run: boolean
  readonly allows_without_rollback: boolean
  readonly phase: RestorePhase
  readonly rollback_backup_id: string | null
  readonly without_rollback_because: string
  readonly warnings: readonly string[]
  readonly undoes_job_id: string | null
  readonly created_at: Date
}

const rowOf = (row: Row): RestoreJobRow => ({
  id: row.job_id,
  backupId: row.backup_id,
  organizationId: row.organization_id ?? '',
  isDryRun: row.is_dry_run,
  allowsWithoutRollback: row.allows_without_rollback,
  phase: row.phase,
  rollbackBackupId: row.rollback_backup_id ?? '',
  withoutRollbackBecause: row.without_rollback_because,
  warnings: row.warnings,
  undoesJobId: row.undoes_job_id ?? '',
  createdAtUnixMs: row.created_at.getTime(),
})

const columns = sql`job_id, backup_id, organization_id, is_dry_run, allows_without_rollback, phase,
  rollback_backup_id, without_rollback_because, warnings, undoes_job_id, created_at`

/** Of a snapshot its import is there by then, and takes it along when it goes; others are kept as long. */
export async function insertRestoreJob(tx: Queryable, job: NewRestoreJob): Promise<void> {
  await tx.execute(sql`
    delete from backup.snapshot_restores
    where import_id is null and created_at < now() - interval '30 days'`)
  await tx.execute(sql`
    insert into backup.snapshot_restores (job_id, import_id, backup_id, organization_id, is_dry_run,
      allows_without_rollback, warnings, undoes_job_id)
    values (${job.id}::uuid, ${job.undoesJobId === '' ? job.id : null}::uuid, ${job.backupId}::uuid, ${job.organizationId || null}::uuid,
      ${job.isDryRun}, ${job.allowsWithoutRollback}, ${JSON.stringify(job.warnings)}::jsonb,
      ${job.undoesJobId || null}::uuid)
    on conflict do nothing`)
}

export async function restoreJobRow(tx: Queryable, id: string): Promise<RestoreJobRow | undefined> {
  const [row] = await tx.query<Row>(
    sql`select ${columns} from backup.snapshot_restores where job_id = ${id}::uuid`,
  )
  return row && rowOf(row)
}

/** Newest first; `before` is where the last page ended. */
export async function restoreJobRows(
  tx: Queryable,
  { organizations }: Pick<ReadScope, 'organizations'>,
  organizationId: string,
  limit: number,
  before: { readonly key: string; readonly id: string } | undefined,
): Promise<readonly RestoreJobRow[]> {
  const visible: Sql =
    organizations === '*' ? sql`true` : sql`organization_id = any (${[...organizations]}::uuid[])`
  const rows = await tx.query<Row>(sql`
    select ${columns} from backup.snapshot_restores
    where ${visible}
      and ${organizationId === '' ? sql`true` : sql`organization_id = ${organizationId}::uuid`}
      and ${
        before === undefined
          ? sql`true`
          : sql`(date_trunc('milliseconds', created_at), job_id) < (to_timestamp(${Number(before.key)}::double precision / 1000), ${before.id}::uuid)`
      }
    order by date_trunc('milliseconds', created_at) desc, job_id desc limit ${limit + 1}`)
  return rows.map(rowOf)
}

export const enterPhase = (tx: Queryable, id: string, phase: RestorePhase): Promise<number> =>
  tx.execute(sql`
    update backup.snapshot_restores set phase = ${phase} where job_id = ${id}::uuid`)

export const noteSlot = (
  tx: Queryable,
  id: string,
  slot: { readonly backupId: string; readonly because: string },
): Promise<number> =>
  tx.execute(sql`
    update backup.snapshot_restores set rollback_backup_id = ${slot.backupId || null}::uuid,
      without_rollback_because = ${slot.because}
    where job_id = ${id}::uuid`)
