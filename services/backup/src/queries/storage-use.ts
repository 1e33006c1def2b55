import { type Queryable, sql } from '@holdfast/postgres'
import { usesLocation } from './backups.ts'

/** What needs a location: schedules by name, backups by number, what is under way; undefined when nothing does. */
export async function storageUse(tx: Queryable, locationId: string): Promise<string | undefined> {
  const schedules = await tx.query<{ name: string }>(sql`
    select name from backup.schedules where storage_location_id = ${locationId}::uuid
    order by name_key limit 3`)
  if (schedules.length > 0) return `schedule ${schedules.map(({ name }) => name).join(', ')}`
  const [found] = await tx.query<{ count: bigint }>(sql`
    select count(*) as count from backup.backups where storage_location_id = ${locationId}::uuid`)
  const count = Number(found?.count ?? 0n)
  if (count > 0) return `${count} ${count === 1 ? 'backup' : 'backups'}`
  return (await usesLocation(tx, locationId)) ? 'what is still to be removed there' : undefined
}
