import { type Queryable, sql } from '@holdfast/postgres'

/** What needs a location: schedules by name, and how many backups lie there; undefined when nothing does. */
export async function storageUse(tx: Queryable, locationId: string): Promise<string | undefined> {
  const schedules = await tx.query<{ name: string }>(sql`
    select name from backup.schedules where storage_location_id = ${locationId}::uuid
    order by name_key limit 3`)
  if (schedules.length > 0) return `schedule ${schedules.map(({ name }) => name).join(', ')}`
  const [found] = await tx.query<{ count: bigint }>(sql`
    select count(*) as count from backup.backups where storage_location_id = ${locationId}::uuid`)
  const count = Number(found?.count ?? 0n)
  return count === 0 ? undefined : `${count} ${count === 1 ? 'backup' : 'backups'}`
}
