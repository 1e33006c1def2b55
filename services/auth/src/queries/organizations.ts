import { isUuid } from '@holdfast/domain'
import {
  containing,
  keyset,
  type Page,
  type PageWish,
  type Postgres,
  type ReadScope,
  relation,
  sql,
  toPage,
} from '@holdfast/postgres'
import { AmbiguousName, OrganizationNotFound } from '../domain/errors.ts'

export interface OrganizationRow {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly created_at: Date
  readonly revision: bigint
  readonly sort_key: string
}

const columns = sql`id, name, description, created_at, revision, lower(name) as sort_key`

/** One organization by id or name, among those the scope shows. Throws not found, or ambiguous with the matches. */
export async function findOrganization(
  postgres: Postgres,
  scope: ReadScope,
  idOrName: string,
): Promise<OrganizationRow> {
  const rows = await postgres.read(scope, (tx) =>
    tx.query<OrganizationRow>(sql`
      select ${columns} from ${relation('auth', 'organizations', scope.at)} o
      where ${isUuid(idOrName) ? sql`id = ${idOrName}` : sql`lower(name) = lower(${idOrName})`}
      order by name, id limit 20`),
  )
  // The exact spelling wins over names that differ in case.
  const exact = rows.filter(({ name }) => name === idOrName)
  const matches = exact.length > 0 ? exact : rows
  const [first] = matches
  if (!first) throw OrganizationNotFound({ organization: idOrName })
  if (matches.length > 1) throw AmbiguousName({ name: idOrName, matches: listed(matches) })
  return first
}

/** As error texts list them. */
export const listed = (rows: readonly { readonly id: string; readonly name: string }[]): string =>
  rows.map(({ id, name }) => `${name} (${id})`).join(', ')

export async function listOrganizations(
  postgres: Postgres,
  scope: ReadScope,
  { query, ...page }: PageWish & { readonly query: string },
): Promise<Page<OrganizationRow>> {
  const { where, tail } = keyset(page, sql`lower(name)`, sql`id`)
  const matching = query === '' ? sql`true` : sql`name ilike ${containing(query)}`
  const rows = await postgres.read(scope, (tx) =>
    tx.query<OrganizationRow>(
      sql`
        select ${columns} from ${relation('auth', 'organizations', scope.at)} o
        where ${where} and ${matching} ${tail}`,
    ),
  )
  return toPage(rows, page, ({ sort_key, id }) => ({ key: sort_key, id }))
}
