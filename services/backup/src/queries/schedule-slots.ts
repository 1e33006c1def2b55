import { type Postgres, type Queryable, sql } from '@holdfast/postgres'
import { holdfast } from '@holdfast/proto'
import { scheduleSettingsFrom } from '../codecs/schedule-codec.ts'
import type { ScheduleSettings } from '../domain/schedule.ts'

// What the scheduler keeps and looks up. For this service itself: nothing here asks whose it is.

export interface PlannedSchedule {
  readonly id: string
  readonly organizationId: string
  readonly settings: ScheduleSettings
  readonly plannedAtUnixMs: number
  readonly lastMissedSlotUnixMs: number
  /** Undefined: never looked at since it was planned. */
  readonly nextSlotUnixMs: number | undefined
}

/** All that are enabled. */
export async function enabledSchedules(tx: Queryable): Promise<readonly PlannedSchedule[]> {
  const rows = await tx.query<{
    schedule_id: string
    organization_id: string | null
    settings: Buffer
    planned_at_unix_ms: bigint
    last_missed_slot_unix_ms: bigint
    next_slot_unix_ms: bigint | null
  }>(sql`
    select s.schedule_id, s.organization_id, s.settings, s.planned_at_unix_ms,
      s.last_missed_slot_unix_ms, p.next_slot_unix_ms
    from backup.schedules s
    left join backup.schedule_slots p
      on p.schedule_id = s.schedule_id and p.planned_at_unix_ms = s.planned_at_unix_ms
    where s.is_enabled
    order by p.next_slot_unix_ms nulls first, s.schedule_id`)
  return rows.map((row) => ({
    id: row.schedule_id,
    organizationId: row.organization_id ?? '',
    settings: scheduleSettingsFrom(holdfast.backup.v1.ScheduleSettings.decode(row.settings)),
    plannedAtUnixMs: Number(row.planned_at_unix_ms),
    lastMissedSlotUnixMs: Number(row.last_missed_slot_unix_ms),
    nextSlotUnixMs: row.next_slot_unix_ms === null ? undefined : Number(row.next_slot_unix_ms),
  }))
}

/** Takes the schedule for that long at most; undefined when another instance has it. Answers the last slot done with. */
export async function claimSlots(
  tx: Queryable,
  { id, plannedAtUnixMs }: Pick<PlannedSchedule, 'id' | 'plannedAtUnixMs'>,
  ms: number,
): Promise<{ readonly lastSlotUnixMs: number } | undefined> {
  const [row] = await tx.query<{
    planned_at_unix_ms: bigint
    last_slot_unix_ms: bigint | null
  }>(sql`
    insert into backup.schedule_slots as p
      (schedule_id, planned_at_unix_ms, next_slot_unix_ms, claimed_until)
    values (${id}::uuid, ${plannedAtUnixMs}, ${plannedAtUnixMs}, now() + ${ms} * interval '1 ms')
    on conflict (schedule_id) do update set claimed_until = excluded.claimed_until
    where coalesce(p.claimed_until, now()) <= now()
    returning planned_at_unix_ms, last_slot_unix_ms`)
  if (!row) return undefined
  // Slots of an earlier plan are behind the new one in any case.
  return { lastSlotUnixMs: Number(row.last_slot_unix_ms ?? 0n) }
}

export interface SlotRow {
  readonly plannedAtUnixMs: number
  readonly nextSlotUnixMs: number
  /** Undefined: as before. */
  readonly lastSlotUnixMs?: number | undefined
  readonly lastBackupId?: string | undefined
}

/** What was found out; gives the claim back. */
export async function settleSlots(tx: Queryable, id: string, row: SlotRow): Promise<void> {
  await tx.execute(sql`
    update backup.schedule_slots set
      planned_at_unix_ms = ${row.plannedAtUnixMs},
      next_slot_unix_ms = ${row.nextSlotUnixMs},
      last_slot_unix_ms = coalesce(${row.lastSlotUnixMs ?? null}::bigint, last_slot_unix_ms),
      last_backup_id = coalesce(${row.lastBackupId ?? null}::uuid, last_backup_id),
      claimed_until = null
    where schedule_id = ${id}::uuid`)
}

export async function releaseSlots(tx: Queryable, id: string): Promise<void> {
  await tx.execute(
    sql`update backup.schedule_slots set claimed_until = null where schedule_id = ${id}::uuid`,
  )
}

/** Of schedules that are gone. */
export const forgetSlots = (tx: Queryable): Promise<number> =>
  tx.execute(sql`
    delete from backup.schedule_slots p
    where not exists (select from backup.schedules s where s.schedule_id = p.schedule_id)`)

/** Slots of a schedule that became backups: the newest, and those that are not over. */
export async function backupsOfSlots(
  tx: Queryable,
  scheduleId: string,
): Promise<{ readonly newestSlotUnixMs: number; readonly openSlotsUnixMs: readonly number[] }> {
  const [row] = await tx.query<{ newest: bigint | null; open: readonly bigint[] | null }>(sql`
    select max(slot_unix_ms) as newest,
      array_agg(slot_unix_ms) filter (where status = 'requested') as open
    from backup.backups where schedule_id = ${scheduleId}::uuid`)
  return {
    newestSlotUnixMs: Number(row?.newest ?? 0n),
    openSlotsUnixMs: (row?.open ?? []).map(Number),
  }
}

export interface SlotFigures {
  readonly enabled: number
  readonly disabled: number
  /** Zero: there is none. */
  readonly nextSlotUnixMs: number
  readonly late: number
}

/** `late`: due before that moment and not done with. */
export async function slotFigures(postgres: Postgres, lateBefore: number): Promise<SlotFigures> {
  const [row] = await postgres.query<{
    enabled: bigint
    disabled: bigint
    next: bigint | null
    late: bigint
  }>(sql`
    select count(*) filter (where s.is_enabled) as enabled,
      count(*) filter (where not s.is_enabled) as disabled,
      min(p.next_slot_unix_ms) filter (where s.is_enabled) as next,
      count(*) filter (where s.is_enabled and p.next_slot_unix_ms < ${lateBefore}) as late
    from backup.schedules s
    left join backup.schedule_slots p
      on p.schedule_id = s.schedule_id and p.planned_at_unix_ms = s.planned_at_unix_ms`)
  return {
    enabled: Number(row?.enabled ?? 0n),
    disabled: Number(row?.disabled ?? 0n),
    nextSlotUnixMs: Number(row?.next ?? 0n),
    late: Number(row?.late ?? 0n),
  }
}
