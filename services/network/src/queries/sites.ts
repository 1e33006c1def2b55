import { type Postgres, relation, sql } from '@holdfast/postgres'
import { nameKey } from '../domain/interface-state.ts'

export interface SiteView {
  readonly id: string
  readonly name: string
}

/** Sites of one organization that have one of these names, regardless of case, or one of these ids; oldest first. */
export async function findSites(
  postgres: Postgres,
  organizationId: string,
  by: { readonly names: readonly string[] } | { readonly ids: readonly string[] },
  at?: bigint,
): Promise<readonly SiteView[]> {
  const which =
    'names' in by
      ? sql`name_key = any (${[...new Set(by.names.map(nameKey))]}::text[])`
      : sql`site_id = any (${[...new Set(by.ids)]}::uuid[])`
  return await postgres.read({ organizations: [organizationId] }, (tx) =>
    tx.query<SiteView & Record<string, unknown>>(sql`
      select site_id as id, name from ${relation('network', 'sites', at)} s
      where organization_id = ${organizationId}::uuid and ${which} order by site_id`),
  )
}
