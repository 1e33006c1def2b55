import { type Postgres, sql } from '@holdfast/postgres'
import type { Logger } from '@holdfast/telemetry'
import type { BackupOutcome } from '../domain/backup.ts'
import type { BackupKind } from '../domain/contents.ts'
import { insertRemoval } from '../jobs/removal-store.ts'
import type { RetentionRule } from '../queries/schedule-retention.ts'
import { type Kept, type Pruned, retentionPlan } from './retention-plan.ts'

export interface Retention {
  /** Asks for the removal of what is to go; of one schedule, or of all. Answers how many are asked for anew. */
  prune(scheduleId?: string): Promise<number>
  /** Whether it would still be asked for: a removal may have waited for days. */
  stillGoes(backupId: string, scheduleId: string): Promise<boolean>
}

export interface RetentionParts {
  readonly postgres: Postgres
  readonly logger: Logger
  /** Of the schedules there are. What deleted ones made stays. */
  readonly rules: () => Promise<ReadonlyMap<string, RetentionRule>>
  /** Whether a location keeps what it has, whoever asks: nothing is pruned there. */
  readonly isImmutable: (storageLocationId: string) => Promise<boolean>
  /** Waits until rows are as the log this process has seen: a verification protects once it is one of them. */
  readonly caughtUp: () => Promise<void>
  /** ms since 1970. */
  readonly now: () => number
  readonly onRemoval: () => void
}

interface KeptRow {
  readonly backup_id: string
  readonly storage_location_id: string
  readonly object_key: string
  readonly kind: BackupKind
  readonly status: BackupOutcome
  readonly created_at_unix_ms: bigint
  readonly verified_at_unix_ms: bigint
  readonly verify_failure: string
  readonly kept_until_unix_ms: bigint
  readonly is_asked: boolean
}

export function openRetention({
  postgres,
  logger,
  rules,
  isImmutable,
  caughtUp,
  now,
  onRemoval,
}: RetentionParts): Retention {
  const rowsOf = (scheduleId: string): Promise<KeptRow[]> =>
    postgres.query<KeptRow>(sql`
      select b.backup_id, b.storage_location_id, b.object_key, b.kind, b.status,
        b.created_at_unix_ms, b.verified_at_unix_ms, b.verify_failure, b.kept_until_unix_ms,
        exists (select from backup.backup_removals r
          where r.backup_id = b.backup_id and r.cause is not null) as is_asked
      from backup.backups b where b.schedule_id = ${scheduleId}::uuid`)

  const planOf = (rows: readonly KeptRow[], rule: RetentionRule): readonly Pruned[] =>
    retentionPlan(rows.map(keptOf), rule, now())

  async function pruneOne(scheduleId: string, rule: RetentionRule): Promise<number> {
    const rows = await rowsOf(scheduleId)
    const byId = new Map(rows.map((row) => [row.backup_id, row]))
    let asked = 0
    for (const { id, cause } of planOf(rows, rule)) {
      const row = byId.get(id)
      if (!row || row.is_asked || (await isImmutable(row.storage_location_id))) continue
      await insertRemoval(postgres, {
        backupId: id,
        storageLocationId: row.storage_location_id,
        objectKey: row.object_key,
        cause,
        context: undefined,
      })
      logger.info({ backupId: id, scheduleId, cause }, 'a backup is pruned')
      asked++
    }
    return asked
  }

  return {
    async prune(scheduleId) {
      await caughtUp()
      const known = await rules()
      let asked = 0
      for (const [id, rule] of known) {
        if (scheduleId === undefined || id === scheduleId) asked += await pruneOne(id, rule)
      }
      if (asked > 0) onRemoval()
      return asked
    },

    async stillGoes(backupId, scheduleId) {
      const rule = scheduleId === '' ? undefined : (await rules()).get(scheduleId)
      if (!rule) return false
      await caughtUp()
      const rows = await rowsOf(scheduleId)
      const goes = planOf(rows, rule).find(({ id }) => id === backupId)
      const row = goes && rows.find(({ backup_id }) => backup_id === goes.id)
      return row !== undefined && !(await isImmutable(row.storage_location_id))
    },
  }
}

const keptOf = (row: KeptRow): Kept => ({
  id: row.backup_id,
  kind: row.kind,
  status: row.status,
  createdAtUnixMs: Number(row.created_at_unix_ms),
  verdict: row.verified_at_unix_ms === 0n ? 'none' : row.verify_failure === '' ? 'good' : 'bad',
  keptUntilUnixMs: Number(row.kept_until_unix_ms),
})
