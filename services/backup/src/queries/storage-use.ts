import { type Queryable, sql } from '@holdfast/postgres'
import { usesLocation } from './backups.ts'

/** What needs a location: schedules by name, backups by number, what is under way; undefined when nothing does. */
export async function storageUse(tx: Queryable, locationId: string): Promise<string | undefined> {
  const schedules = await schedulesAt(tx, [locationId])
  return neededBy(schedules.map(({ name }) => name)) ?? (await keptAt(tx, locationId))
}

export const neededBy = (schedules: readonly string[]): string | undefined =>
  schedules.length === 0 ? undefined : `schedule ${schedules.slice(0, 3).join(', ')}`

export interface ScheduledAt {
  readonly id: string
  readonly name: string
  readonly locationId: string
}

export async function schedulesAt(
  tx: Queryable,
  locationIds: readonly string[],
): Promise<readonly ScheduledAt[]> {
  const found = await tx.query<{ schedule_id: string; name: string; location_id: string }>(sql`
    select schedule_id, name, storage_location_id as location_id from backup.schedules
    where storage_location_id = any(${locationIds}::uuid[]) order by name_key`)
  return found.map((row) => ({ id: row.schedule_id, name: row.name, locationId: row.location_id }))
}

/** What of ours lies there, or is under way; undefined when nothing is. */
export async function keptAt(tx: Queryable, locationId: string): Promise<string | undefined> {
  const [found] = await tx.query<{ count: bigint }>(sql`
    select count(*) as count from backup.backups where storage_location_id = ${locationId}::uuid`)
  const count = Number(found?.count ?? 0n)
  if (count > 0) return `${count} ${count === 1 ? 'backup' : 'backups'}`
  return (await usesLocation(tx, locationId)) ? 'what is still to be removed there' : undefined
}
