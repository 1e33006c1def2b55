import { type Queryable, sql } from '@holdfast/postgres'

/** When rollback points were taken that are kept still, ms since 1970. */
export async function rollbackPoints(postgres: Queryable): Promise<readonly number[]> {
  const found = await postgres.query<{ created_at_unix_ms: bigint }>(sql`
    select created_at_unix_ms from backup.backups
    where kind = 'rollback_slot' and status = 'completed'`)
  return found.map((row) => Number(row.created_at_unix_ms))
}
