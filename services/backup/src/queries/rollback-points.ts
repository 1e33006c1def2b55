import { type Queryable, sql } from '@holdfast/postgres'

/**
 * When rollback points were taken that are kept still, ms since 1970: slots that are backups, and the positions restores
 * on the live instance began at.
 */
export async function rollbackPoints(postgres: Queryable): Promise<readonly number[]> {
  const found = await postgres.query<{ at: bigint }>(sql`
    select created_at_unix_ms as at from backup.backups
    where kind = 'rollback_slot' and status = 'completed'
    union all
    select started_at_unix_ms from backup.restores
    where kept_until_unix_ms > extract(epoch from now()) * 1000`)
  return found.map((row) => Number(row.at))
}

/** Sizes of the checkpoints that stand for them: their notes stay beside the archive. */
export async function pinnedCheckpoints(postgres: Queryable): Promise<ReadonlySet<bigint>> {
  const found = await postgres.query<{ size: bigint }>(sql`
    select checkpoint_size as size from backup.restores
    where checkpoint_size > 0 and kept_until_unix_ms > extract(epoch from now()) * 1000`)
  return new Set(found.map(({ size }) => BigInt(size)))
}
