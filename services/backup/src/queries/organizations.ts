import { isUuid } from '@holdfast/domain'
import { type Postgres, sql } from '@holdfast/postgres'

export interface OrganizationView {
  readonly id: string
  readonly name: string
  readonly description: string
}
interface Row {
  readonly organization_id: string
  readonly name: string
  readonly description: string
}

/** The one of this id, or all of them when it is empty; by name. */
export async function organizationsFor(
  postgres: Postgres,
  organizationId: string,
): Promise<readonly OrganizationView[]> {
  if (organizationId !== '' && !isUuid(organizationId)) return []
  const rows = await postgres.read({ organizations: '*' }, (tx) =>
    tx.query<Row>(sql`
      select organization_id, name, description from backup.organizations
      where ${organizationId === '' ? sql`true` : sql`organization_id = ${organizationId}::uuid`}
      order by name, organization_id`),
  )
  return rows.map((row) => ({
    id: row.organization_id,
    name: row.name,
    description: row.description,
  }))
}
