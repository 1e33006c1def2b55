import { type Queryable, sql } from '@holdfast/postgres'

export interface StorageTestView {
  readonly testedAtUnixMs: number
  /** Empty when it went well. */
  readonly failure: string
}
export const neverTested: StorageTestView = { testedAtUnixMs: 0, failure: '' }

export async function storageTestsOf(
  tx: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StorageTestView>> {
  const rows = await tx.query<{ location_id: string; tested_at: Date; failure: string }>(sql`
    select location_id, tested_at, failure from backup.storage_tests
    where location_id = any(${ids}::uuid[]) and tested_at is not null`)
  return new Map(
    rows.map(({ location_id, tested_at, failure }) => [
      location_id,
      { testedAtUnixMs: tested_at.getTime(), failure },
    ]),
  )
}

/** Takes the one turn there is, for that long at most; false when somebody else has it. */
export async function beginStorageTest(tx: Queryable, id: string, ms: number): Promise<boolean> {
  const rows = await tx.query(sql`
    insert into backup.storage_tests as t (location_id, running_until)
    values (${id}::uuid, now() + ${ms} * interval '1 ms')
    on conflict (location_id) do update set running_until = excluded.running_until
    where coalesce(t.running_until, now()) <= now()
    returning location_id`)
  return rows.length > 0
}

/** `failure` undefined: it came to nothing, and what was known before stands. */
export async function endStorageTest(
  tx: Queryable,
  id: string,
  failure: string | undefined,
): Promise<void> {
  await tx.query(
    failure === undefined
      ? sql`update backup.storage_tests set running_until = null where location_id = ${id}::uuid`
      : sql`update backup.storage_tests set running_until = null, tested_at = now(), failure = ${failure}
          where location_id = ${id}::uuid`,
  )
}

export async function forgetStorageTest(tx: Queryable, id: string): Promise<void> {
  await tx.query(sql`delete from backup.storage_tests where location_id = ${id}::uuid`)
}
