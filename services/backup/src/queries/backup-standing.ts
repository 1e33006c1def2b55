import { type Queryable, sql } from '@holdfast/postgres'
import { type BackupKind, backupKinds } from '../domain/contents.ts'

/** How the backups of one kind stand, of all organizations together. */
export interface Standing {
  readonly kind: BackupKind
  readonly completed: number
  readonly bytes: number
  /** Zero: never. */
  readonly lastCompletedUnixMs: number
  /** Those whose last reading back was not good. */
  readonly damaged: number
  readonly unfinished: number
  /** Schedules, and locations of backups made by hand, whose last backup failed. */
  readonly failing: number
  readonly overdueRemovals: number
}

/** For metrics of this service: under nobody's rights. */
export async function standing(tx: Queryable): Promise<readonly Standing[]> {
  const rows = await tx.query<{
    kind: BackupKind
    completed: number
    bytes: number
    last_completed: number
    damaged: number
    unfinished: number
    failing: number
    overdue: number
  }>(sql`
    select k.kind,
      coalesce(b.completed, 0)::double precision as completed,
      coalesce(b.bytes, 0)::double precision as bytes,
      coalesce(b.last_completed, 0)::double precision as last_completed,
      coalesce(b.damaged, 0)::double precision as damaged,
      (select count(*) from backup.backup_jobs j
        where j.kind = k.kind and j.state in ('pending', 'running'))::double precision as unfinished,
      (select count(*) from (
        select distinct on (organization_id, coalesce(schedule_id, storage_location_id)) status
        from backup.backups l where l.kind = k.kind and l.status in ('completed', 'failed')
        order by organization_id, coalesce(schedule_id, storage_location_id),
          created_at_unix_ms desc, backup_id desc
      ) last where last.status = 'failed')::double precision as failing,
      (select count(*) from backup.backup_removals r join backup.backups o using (backup_id)
        where o.kind = k.kind and r.requested_at < now() - interval '1 hour')::double precision
        as overdue
    from unnest(${[...backupKinds]}::text[]) as k(kind)
    left join (
      select kind, count(*) as completed, sum(bytes) as bytes, max(ended_at_unix_ms) as last_completed,
        count(*) filter (where verify_failure <> '') as damaged
      from backup.backups where status = 'completed' group by kind
    ) b using (kind)`)
  return rows.map((row) => ({
    kind: row.kind,
    completed: row.completed,
    bytes: row.bytes,
    lastCompletedUnixMs: row.last_completed,
    damaged: row.damaged,
    unfinished: row.unfinished,
    failing: row.failing,
    overdueRemovals: row.overdue,
  }))
}
