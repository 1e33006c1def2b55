import { isUuid, type OrganizationId } from '@holdfast/domain'
import { type Postgres, type ReadScope, sql } from '@holdfast/postgres'
import { nameKey } from '../domain/settings.ts'

export interface OrganizationView {
  readonly id: OrganizationId
  readonly name: string
}

interface Row {
  readonly organization_id: OrganizationId
  readonly name: string
}

const toView = (row: Row): OrganizationView => ({ id: row.organization_id, name: row.name })

/** Organizations of that id, or of that name regardless of case. At most 20. */
export async function matchOrganizations(
  postgres: Postgres,
  scope: ReadScope,
  idOrName: string,
): Promise<readonly OrganizationView[]> {
  const rows = await postgres.read(scope, (tx) =>
    tx.query<Row>(sql`
      select organization_id, name from rules.organizations
      where ${isUuid(idOrName) ? sql`organization_id = ${idOrName}::uuid` : sql`name_key = ${nameKey(idOrName)}`}
      order by name_key, organization_id limit 20`),
  )
  return rows.map(toView)
}

/** Those the scope shows, by name. At most 20. */
export async function visibleOrganizations(
  postgres: Postgres,
  scope: ReadScope,
): Promise<readonly OrganizationView[]> {
  const rows = await postgres.read(scope, (tx) =>
    tx.query<Row>(sql`
      select organization_id, name from rules.organizations
      order by name_key, organization_id limit 20`),
  )
  return rows.map(toView)
}
