import { type Postgres, sql } from '@holdfast/postgres'

/** How many nodes of an organization hold an identity that was not withdrawn. */
export async function countNodes(postgres: Postgres, organizationId: string): Promise<number> {
  const [row] = await postgres.read({ organizations: '*' }, (tx) =>
    tx.query<{ count: number }>(sql`
      select count(*)::integer as count from auth.enrolments
      where organization_id = ${organizationId} and nats_public_key is not null and not is_revoked`),
  )
  return row?.count ?? 0
}
