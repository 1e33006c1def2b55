import type { OrganizationId } from '@holdfast/domain'
import {
  keyset,
  type Page,
  type PageWish,
  type Postgres,
  type ReadScope,
  relation,
  sql,
  toPage,
} from '@holdfast/postgres'

export interface SubscriberRow {
  readonly id: string
  readonly organization_id: OrganizationId | null
  readonly name: string
  readonly actions: readonly string[]
  readonly created_at: Date
  readonly revision: bigint
  readonly sort_key: string
}

/** By name. */
export async function listSubscribers(
  postgres: Postgres,
  scope: ReadScope,
  { organizationId, ...page }: PageWish & { readonly organizationId: string | undefined },
): Promise<Page<SubscriberRow>> {
  const { where, tail } = keyset(page, sql`lower(name)`, sql`id`)
  const within = organizationId === undefined ? sql`true` : sql`organization_id = ${organizationId}`
  const rows = await postgres.read(scope, (tx) =>
    tx.query<SubscriberRow>(sql`
      select id, organization_id, name, actions, created_at, revision, lower(name) as sort_key
      from ${relation('auth', 'subscribers', scope.at)} s where ${where} and ${within} ${tail}`),
  )
  return toPage(rows, page, ({ sort_key, id }) => ({ key: sort_key, id }))
}

/** Which one has this name, whatever its case, in the same place; undefined: none. */
export async function subscriberCalled(
  postgres: Postgres,
  organizationId: string | undefined,
  name: string,
): Promise<string | undefined> {
  const [row] = await postgres.read({ organizations: '*' }, (tx) =>
    tx.query<{ id: string }>(sql`
      select id from auth.subscribers
      where lower(name) = lower(${name}) and organization_id is not distinct from ${organizationId ?? null}::uuid
      limit 1`),
  )
  return row?.id
}

/** Undefined once it was revoked. */
export async function createdAtOf(postgres: Postgres, id: string): Promise<Date | undefined> {
  const [row] = await postgres.read({ organizations: '*' }, (tx) =>
    tx.query<{ created_at: Date }>(sql`select created_at from auth.subscribers where id = ${id}`),
  )
  return row?.created_at
}
