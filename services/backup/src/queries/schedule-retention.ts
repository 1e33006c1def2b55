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
  const seen = await postgres.read(scope, (tx) =>
    tx.query<{ id: string; is_enabled: boolean; planned: bigint }>(sql`
      select s.schedule_id as id, s.is_enabled, s.planned_at_unix_ms as planned
      from ${relation('backup', 'schedules', scope.at)} s
      where ${organizationId === '' ? sql`true` : sql`s.organization_id = ${organizationId}::uuid`}`),
  )
  const enabled = seen.filter(({ is_enabled }) => is_enabled)
  const counts = { schedules: seen.length, enabled: enabled.length }
  if (scope.at !== undefined) return { ...counts, nextSlotUnixMs: 0 }
  // No reader's table: slots are asked for by the schedules that may be seen.
  const ids = enabled.map(({ id }) => id)
  const planned = enabled.map((one) => one.planned)
  const [next] = await postgres.query<{ slot: bigint | null }>(sql`
    select min(p.next_slot_unix_ms) as slot from backup.schedule_slots p
    join unnest(${ids}::uuid[], ${planned}::bigint[]) as s(id, planned)
      on p.schedule_id = s.id and p.planned_at_unix_ms = s.planned`)
  return { ...counts, nextSlotUnixMs: Number(next?.slot ?? 0n) }
}
