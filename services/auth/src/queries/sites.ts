import { isUuid } from '@holdfast/domain'
import {
  containing,
  keyset,
  type Page,
  type PageWish,
  type Postgres,
  type ReadScope,
  relation,
  type Sql,
  sql,
  toPage,
} from '@holdfast/postgres'
import { AmbiguousName, SiteNotFound } from '../domain/errors.ts'
import { listed } from './organizations.ts'

export interface SiteRow {
  readonly id: string
  readonly organization_id: string
  readonly name: string
  readonly description: string
  readonly created_at: Date
  readonly revision: bigint
  readonly sort_key: string
}

const columns = sql`
  id, organization_id, name, description, created_at, revision, lower(name) as sort_key`

const inOrganization = (organizationId: string | undefined): Sql =>
  organizationId === undefined ? sql`true` : sql`organization_id = ${organizationId}`

/** One site by id or name, among those the scope shows. Throws not found, or ambiguous with the matches. */
export async function findSite(
  postgres: Postgres,
  scope: ReadScope,
  idOrName: string,
  organizationId: string | undefined,
): Promise<SiteRow> {
  const named = isUuid(idOrName) ? sql`id = ${idOrName}` : sql`lower(name) = lower(${idOrName})`
  const rows = await postgres.read(scope, (tx) =>
    tx.query<SiteRow>(sql`
      select ${columns} from ${relation('auth', 'sites', scope.at)} s
      where ${named} and ${inOrganization(organizationId)}
      order by name, id limit 20`),
  )
  const exact = rows.filter(({ name }) => name === idOrName)
  const matches = exact.length > 0 ? exact : rows
  const [first] = matches
  if (!first) throw SiteNotFound({ site: idOrName })
  if (matches.length > 1) throw AmbiguousName({ name: idOrName, matches: listed(matches) })
  return first
}

export interface SiteFilter {
  readonly organizationId: string | undefined
  /** Part of the name; empty for all. */
  readonly query: string
}

export async function listSites(
  postgres: Postgres,
  scope: ReadScope,
  { organizationId, query, ...page }: PageWish & SiteFilter,
): Promise<Page<SiteRow>> {
  const { where, tail } = keyset(page, sql`lower(name)`, sql`id`)
  const matching = query === '' ? sql`true` : sql`name ilike ${containing(query)}`
  const rows = await postgres.read(scope, (tx) =>
    tx.query<SiteRow>(sql`
      select ${columns} from ${relation('auth', 'sites', scope.at)} s
      where ${where} and ${inOrganization(organizationId)} and ${matching} ${tail}`),
  )
  return toPage(rows, page, ({ sort_key, id }) => ({ key: sort_key, id }))
}

/** Sites of an organization that have one of these names, regardless of case; oldest first. */
export async function sitesNamed(
  postgres: Postgres,
  organizationId: string,
  names: readonly string[],
): Promise<readonly SiteRow[]> {
  const keys = [...new Set(names)]
  return await postgres.read({ organizations: '*' }, (tx) =>
    tx.query<SiteRow>(sql`
      select ${columns} from auth.sites
      where organization_id = ${organizationId}::uuid
        and lower(name) in (select lower(wanted) from unnest(${keys}::text[]) wanted)
      order by created_at, id`),
  )
}

/** How many sites an organization has. */
export async function countSites(postgres: Postgres, organizationId: string): Promise<number> {
  const [row] = await postgres.read({ organizations: '*' }, (tx) =>
    tx.query<{ count: number }>(sql`
      select count(*)::integer as count from auth.sites where organization_id = ${organizationId}`),
  )
  return row?.count ?? 0
}
