import { type Postgres, sql } from '@holdfast/postgres'

/** Signing keys whose successor came before that moment: nothing they signed is valid any more. */
export async function listOutlivedKeys(
  postgres: Postgres,
  successorBefore: Date,
): Promise<readonly string[]> {
  const rows = await postgres.read({ organizations: '*' }, (tx) =>
    tx.query<{ key_id: string }>(sql`
      select key_id from (
        select key_id, lead(added_at) over (order by sequence) as successor_at
        from auth.signing_keys
      ) as k
      where successor_at < ${successorBefore}`),
  )
  return rows.map(({ key_id }) => key_id)
}
