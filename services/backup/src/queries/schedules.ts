import { isUuid } from '@holdfast/domain'
import {
  keyset,
  type Page,
  type PageWish,
  type Postgres,
  type ReadScope,
  relation,
  type Sql,
  sql,
  toPage,
} from '@holdfast/postgres'
import { holdfast } from '@holdfast/proto'
import { scheduleSettingsFrom } from '../codecs/schedule-codec.ts'
import type { ScheduleSettings } from '../domain/schedule.ts'

export interface ScheduleView {
  readonly id: string
  /** Empty: of the instance. */
  readonly organizationId: string
  readonly settings: ScheduleSettings
  readonly hasPassphrase: boolean
  /** Slots before were not missed. */
  readonly plannedAtUnixMs: number
  readonly missedAtUnixMs: number
  readonly createdAtUnixMs: number
  readonly updatedAtUnixMs: number
  readonly revision: bigint
  /** Empty: the built-in one, or not to be seen. */
  readonly storageLocationName: string
}

interface ScheduleRow {
  readonly schedule_id: string
  readonly organization_id: string | null
  readonly name: string
  readonly name_key: string
  readonly settings: Buffer
  readonly has_passphrase: boolean
  readonly planned_at_unix_ms: bigint
  readonly missed_at_unix_ms: bigint
  readonly created_at_unix_ms: bigint
  readonly updated_at_unix_ms: bigint
  readonly revision: bigint
  readonly location_name: string | null
}

const columns = sql`s.schedule_id, s.organization_id, s.name, s.name_key, s.settings,
  s.passphrase is not null as has_passphrase, s.planned_at_unix_ms, s.missed_at_unix_ms,
  s.created_at_unix_ms, s.updated_at_unix_ms, s.revision, l.name as location_name`

const rows = ({ at }: ReadScope): Sql => sql`${relation('backup', 'schedules', at)} s
  left join ${relation('backup', 'storage_locations', at)} l
    on l.location_id = s.storage_location_id`

const toView = (row: ScheduleRow): ScheduleView => ({
  id: row.schedule_id,
  organizationId: row.organization_id ?? '',
  settings: scheduleSettingsFrom(holdfast.backup.v1.ScheduleSettings.decode(row.settings)),
  hasPassphrase: row.has_passphrase,
  plannedAtUnixMs: Number(row.planned_at_unix_ms),
  missedAtUnixMs: Number(row.missed_at_unix_ms),
  createdAtUnixMs: Number(row.created_at_unix_ms),
  updatedAtUnixMs: Number(row.updated_at_unix_ms),
  revision: row.revision,
  storageLocationName: row.location_name ?? '',
})

/** Of that id, or of that name regardless of case; the exact spelling wins. At most 20. */
export async function matchSchedules(
  postgres: Postgres,
  scope: ReadScope,
  idOrName: string,
): Promise<readonly ScheduleView[]> {
  const found = await postgres.read(scope, (tx) =>
    tx.query<ScheduleRow>(sql`
      select ${columns} from ${rows(scope)}
      where ${isUuid(idOrName) ? sql`s.schedule_id = ${idOrName}::uuid` : sql`s.name_key = ${idOrName.toLowerCase()}`}
      order by s.name_key, s.schedule_id limit 20`),
  )
  const exact = found.filter(({ name }) => name === idOrName)
  return (exact.length > 0 ? exact : found).map(toView)
}

/** By name. `organizationId` empty: any. */
export async function listSchedules(
  postgres: Postgres,
  scope: ReadScope,
  organizationId: string,
  page: PageWish,
): Promise<Page<ScheduleView>> {
  const { where, tail } = keyset(page, sql`s.name_key`, sql`s.schedule_id`)
  const found = await postgres.read(scope, (tx) =>
    tx.query<ScheduleRow>(sql`
      select ${columns} from ${rows(scope)}
      where ${where}
        and ${organizationId === '' ? sql`true` : sql`s.organization_id = ${organizationId}::uuid`}
      ${tail}`),
  )
  const listed = toPage(found, page, (row) => ({ key: row.name_key, id: row.schedule_id }))
  return { rows: listed.rows.map(toView), nextCursor: listed.nextCursor }
}

/** What came of the last slot; of no log. */
export interface LastSlot {
  readonly slotUnixMs: number
  readonly backupId: string
  /** As people are told: pending, running, completed, failed, cancelled; empty when it is deleted. */
  readonly status: string
}

/** The last one of each schedule that was fired or let go. For this service itself. */
export async function lastSlots(
  postgres: Postgres,
  ids: readonly string[],
): Promise<ReadonlyMap<string, LastSlot>> {
  const found = await postgres.query<{
    schedule_id: string
    last_slot_unix_ms: bigint
    last_backup_id: string | null
    status: string | null
    state: string | null
  }>(sql`
    select p.schedule_id, p.last_slot_unix_ms, p.last_backup_id, b.status, j.state
    from backup.schedule_slots p
    left join backup.backups b on b.backup_id = p.last_backup_id
    left join backup.backup_jobs j on j.backup_id = p.last_backup_id
    where p.schedule_id = any(${[...ids]}::uuid[]) and p.last_slot_unix_ms is not null`)
  return new Map(
    found.map((row) => {
      const open = row.state === 'pending' ? 'pending' : 'running'
      const slot = {
        slotUnixMs: Number(row.last_slot_unix_ms),
        backupId: row.last_backup_id ?? '',
        status: row.status === 'requested' ? open : (row.status ?? ''),
      }
      return [row.schedule_id, slot]
    }),
  )
}
