import { type Postgres, type ReadScope, relation, sql } from '@holdfast/postgres'

export interface RetentionRule {
  readonly maxBackups: number
  readonly retentionDays: number
}

/** Of the schedules there are. For this service itself. */
export async function retentionRules(
  postgres: Postgres,
): Promise<ReadonlyMap<string, RetentionRule>> {
  const rows = await postgres.query<{
    schedule_id: string
    max_backups: number
    retention_days: number
  }>(sql`select schedule_id, max_backups, retention_days from backup.schedules`)
  return new Map(
    rows.map(({ schedule_id, max_backups, retention_days }) => [
      schedule_id,
      { maxBackups: max_backups, retentionDays: retention_days },
    ]),
  )
}

export interface ScheduleCounts {
  readonly schedules: number
  readonly enabled: number
  /** Zero: there is none, or it is about the past. */
  readonly nextSlotUnixMs: number
}

/** `organizationId` empty: of all the reader may see. */
export async function scheduleCounts(
  postgres: Postgres,
  scope: ReadScope,
  organizationId: string,
): Promise<ScheduleCounts> {
  const [row] = await postgres.read(scope, (tx) =>
    tx.query<{ schedules: bigint; enabled: bigint; next: bigint | null }>(sql`
      select count(*) as schedules, count(*) filter (where s.is_enabled) as enabled,
        min(p.next_slot_unix_ms) filter (where s.is_enabled) as next
      from ${relation('backup', 'schedules', scope.at)} s
      left join backup.schedule_slots p
        on p.schedule_id = s.schedule_id and p.planned_at_unix_ms = s.planned_at_unix_ms
      where ${organizationId === '' ? sql`true` : sql`s.organization_id = ${organizationId}::uuid`}`),
  )
  return {
    schedules: Number(row?.schedules ?? 0n),
    enabled: Number(row?.enabled ?? 0n),
    nextSlotUnixMs: scope.at === undefined ? Number(row?.next ?? 0n) : 0,
  }
}
