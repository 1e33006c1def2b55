import { type Postgres, type ReadScope, type Sql, sql } from '@holdfast/postgres'
import { type BackupKind, backupKinds } from '../domain/contents.ts'

export interface KindUse {
  readonly kind: BackupKind
  readonly completed: number
  readonly bytes: number
  /** Zero: never. */
  readonly lastCompletedUnixMs: number
  readonly lastVerifiedUnixMs: number
}

export interface LocationUse {
  readonly id: string
  /** Empty: not to be seen. */
  readonly name: string
  readonly kind: string
  readonly count: number
  readonly bytes: number
}

export interface BackupStats {
  readonly count: number
  readonly completed: number
  readonly failed: number
  /** Asked for and not over. */
  readonly running: number
  readonly bytes: number
  readonly byKind: readonly KindUse[]
  readonly byLocation: readonly LocationUse[]
}

interface KindRow {
  readonly kind: BackupKind
  readonly count: number
  readonly completed: number
  readonly failed: number
  readonly running: number
  readonly bytes: number
  readonly last_completed: number
  readonly last_verified: number
}

/** Of what the reader may see. `where`: on `b`. */
export async function backupStats(
  postgres: Postgres,
  scope: ReadScope,
  where: Sql,
): Promise<BackupStats> {
  const { kinds, places } = await postgres.read(scope, async (tx) => ({
    kinds: await tx.query<KindRow>(sql`
      select kind, count(*)::double precision as count,
        (count(*) filter (where status = 'completed'))::double precision as completed,
        (count(*) filter (where status = 'failed'))::double precision as failed,
        (count(*) filter (where status = 'requested'))::double precision as running,
        coalesce(sum(bytes), 0)::double precision as bytes,
        coalesce(max(ended_at_unix_ms) filter (where status = 'completed'), 0)::double precision
          as last_completed,
        coalesce(max(verified_at_unix_ms) filter (where verify_failure = ''), 0)::double precision
          as last_verified
      from backup.backups b where ${where} group by kind`),
    places: await tx.query<LocationUse>(sql`
      select b.storage_location_id as id, coalesce(l.name, '') as name, b.storage_kind as kind,
        count(*)::double precision as count, coalesce(sum(b.bytes), 0)::double precision as bytes
      from backup.backups b
      left join backup.storage_locations l on l.location_id = b.storage_location_id
      where b.status = 'completed' and ${where}
      group by b.storage_location_id, l.name, b.storage_kind
      order by bytes desc, b.storage_location_id limit 200`),
  }))
  const sum = (of: (row: KindRow) => number): number =>
    kinds.reduce((total, row) => total + of(row), 0)
  return {
    count: sum((row) => row.count),
    completed: sum((row) => row.completed),
    failed: sum((row) => row.failed),
    running: sum((row) => row.running),
    bytes: sum((row) => row.bytes),
    byKind: backupKinds.flatMap((kind): KindUse[] => {
      const row = kinds.find((one) => one.kind === kind)
      if (!row) return []
      const { completed, bytes, last_completed, last_verified } = row
      return [
        {
          ...{ kind, completed, bytes },
          lastCompletedUnixMs: last_completed,
          lastVerifiedUnixMs: last_verified,
        },
      ]
    }),
    byLocation: places,
  }
}
