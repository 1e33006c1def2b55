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

/** Ids of the keys that verify, oldest first; none before the first start has made the rows. */
export async function listSigningKeys(postgres: Postgres): Promise<readonly string[]> {
  const rows = await postgres.read({ organizations: '*' }, async (tx) => {
    const [made] = await tx.query<{ is_there: boolean }>(
      sql`select to_regclass('auth.signing_keys') is not null as is_there`,
    )
    if (made?.is_there !== true) return []
    return tx.query<{ key_id: string }>(sql`select key_id from auth.signing_keys order by sequence`)
  })
  return rows.map(({ key_id }) => key_id)
}
