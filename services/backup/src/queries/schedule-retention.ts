import { type Postgres, type Queryable, type ReadScope, sql } from '@holdfast/postgres'

export interface RetentionRule {
  readonly maxBackups: number
  readonly retentionDays: number
}

/** Of the schedules there are, by id. For this service itself. */
export async function retentionRules(tx: Queryable): Promise<ReadonlyMap<string, RetentionRule>> {
  const rows = await tx.query<{
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
  /** Zero: there is none. */
  readonly nextSlotUnixMs: number
}

/** Of what the reader may see; `organizationId` empty: of all of it. */
export async function scheduleCounts(
  postgres: Postgres,
  scope: ReadScope,
  organizationId: string,
): Promise<ScheduleCounts> {
  const seen = await postgres.read(scope, (tx) =>
    tx.query<{ schedule_id: string; is_enabled: boolean }>(sql`
      select schedule_id, is_enabled from backup.schedules
      where ${organizationId === '' ? sql`true` : sql`organization_id = ${organizationId}::uuid`}`),
  )
  const enabled = seen.filter(({ is_enabled }) => is_enabled).map(({ schedule_id }) => schedule_id)
  const [next] = await postgres.query<{ slot: bigint | null }>(sql`
    select min(next_slot_unix_ms) as slot from backup.schedule_slots
    where schedule_id = any (${enabled}::uuid[])`)
  return {
    schedules: seen.length,
    enabled: enabled.length,
    nextSlotUnixMs: Number(next?.slot ?? 0n),
  }
}
