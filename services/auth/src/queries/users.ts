import { isUuid, type OrganizationId, type UserId } from '@holdfast/domain'
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
import { UserNotFound } from '../domain/errors.ts'
import type { RoleBinding } from '../domain/role.ts'
import { erased } from '../keys/person-fields.ts'

export interface UserRow {
  readonly id: string
  readonly username: string
  readonly email: string
  readonly display_name: string
  readonly is_disabled: boolean
  readonly created_at: Date
  readonly password_changed_at: Date
  readonly revision: bigint
  /** `[role, organization]`, those the scope shows. */
  readonly bindings: readonly (readonly [RoleBinding['role'], OrganizationId | '*'])[]
  readonly sort_key: string
}

const all: ReadScope = { organizations: '*' }

const roleBindings = (at: bigint | undefined): Sql => relation('auth', 'role_bindings', at)

/**
 * `users` has no organization, so it is read without a scope, and what the reader may see is said here: the
 * people bound to the reader's organizations, and of their bindings only those.
 */
function visible({ organizations, at }: ReadScope): { bindings: Sql; users: Sql } {
  if (organizations === '*') return { bindings: sql`true`, users: sql`true` }
  const bindings = sql`b.organization_id = any(${organizations}::text[])`
  return {
    bindings,
    users: sql`exists (
      select 1 from ${roleBindings(at)} b where b.user_id = u.id and ${bindings})`,
  }
}

const columns = (bindings: Sql, at: bigint | undefined): Sql => sql`
  u.id, u.username, u.email, u.display_name, u.is_disabled, u.created_at, u.password_changed_at,
  u.revision, lower(u.username) as sort_key,
  coalesce((
    select jsonb_agg(jsonb_build_array(b.role, b.organization_id) order by b.role, b.organization_id)
    from ${roleBindings(at)} b where b.user_id = u.id and ${bindings}
  ), '[]') as bindings`

/** One user by id or name, among those the scope shows. Throws `auth.user_not_found`. */
export async function findUser(
  postgres: Postgres,
  scope: ReadScope,
  idOrName: string,
): Promise<UserRow> {
  const { bindings, users } = visible(scope)
  const named = isUuid(idOrName)
    ? sql`u.id = ${idOrName}`
    : sql`lower(u.username) = lower(${idOrName})`
  const [row] = await postgres.read(all, (tx) =>
    tx.query<UserRow>(
      sql`
        select ${columns(bindings, scope.at)} from ${relation('auth', 'users', scope.at)} u
        where ${named} and ${users} limit 1`,
    ),
  )
  if (!row) throw UserNotFound({ user: idOrName })
  return row
}

export interface UserFilter {
  readonly organizationId: OrganizationId | undefined
  /** Part of user name, e-mail or display name; empty for all. */
  readonly query: string
}

export async function listUsers(
  postgres: Postgres,
  scope: ReadScope,
  { organizationId, query, ...page }: PageWish & UserFilter,
): Promise<Page<UserRow>> {
  const { bindings, users } = visible(scope)
  const { where, tail } = keyset(page, sql`lower(u.username)`, sql`u.id`)
  const within =
    organizationId === undefined
      ? sql`true`
      : sql`exists (
          select 1 from ${roleBindings(scope.at)} b
          where b.user_id = u.id and b.organization_id = ${organizationId})`
  const pattern = containing(query)
  const matching =
    query === ''
      ? sql`true`
      : sql`(u.username ilike ${pattern} or u.email ilike ${pattern} or u.display_name ilike ${pattern})`
  const rows = await postgres.read(all, (tx) =>
    tx.query<UserRow>(sql`
      select ${columns(bindings, scope.at)} from ${relation('auth', 'users', scope.at)} u
      where ${users} and ${within} and ${where} and ${matching} ${tail}`),
  )
  return toPage(rows, page, ({ sort_key, id }) => ({ key: sort_key, id }))
}

/** Everybody who has one of these user names or e-mail addresses, regardless of case, with all their roles. */
export async function usersCalled(
  postgres: Postgres,
  usernames: readonly string[],
  emails: readonly string[],
): Promise<readonly UserRow[]> {
  const lowered = (texts: readonly string[]): Sql =>
    sql`select lower(wanted) from unnest(${[...new Set(texts)]}::text[]) wanted`
  return await postgres.read(all, (tx) =>
    tx.query<UserRow>(sql`
      select ${columns(sql`true`, undefined)} from auth.users u
      where lower(u.username) in (${lowered(usernames)}) or lower(u.email) in (${lowered(emails)})
      order by u.created_at, u.id`),
  )
}

/** Super-admins, oldest first; `isEnabled` leaves disabled ones out. */
export async function listSuperAdmins(
  postgres: Postgres,
  { isEnabled }: { readonly isEnabled: boolean },
): Promise<readonly UserId[]> {
  const rows = await postgres.read(all, (tx) =>
    tx.query<{ id: UserId }>(sql`
      select u.id from auth.users u
      join auth.role_bindings b on b.user_id = u.id and b.role = 'SUPER_ADMIN'
      where ${isEnabled ? sql`not u.is_disabled` : sql`true`}
      order by u.created_at, u.id`),
  )
  return rows.map(({ id }) => id)
}

/** What these people are called, those the scope shows; somebody who was forgotten is `[erased]`. */
export async function nameUsers(
  postgres: Postgres,
  scope: ReadScope,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly username: string }[]> {
  const { users } = visible(scope)
  return postgres.read(all, (tx) =>
    tx.query(sql`
      select u.id, u.username from auth.users u where u.id = any(${ids}::uuid[]) and ${users}
      union all
      select e.user_id, ${erased} from auth.erased_users e where e.user_id = any(${ids}::uuid[])`),
  )
}

/** Everybody who was ever forgotten. */
export async function listErased(postgres: Postgres): Promise<readonly UserId[]> {
  const rows = await postgres.read(all, (tx) =>
    tx.query<{ user_id: UserId }>(sql`select user_id from auth.erased_users order by sequence`),
  )
  return rows.map(({ user_id }) => user_id)
}

/** Those whose keys are to be destroyed, with the commit that says so; newest first. */
export async function listErasures(
  postgres: Postgres,
): Promise<readonly { readonly userId: UserId; readonly sequence: bigint }[]> {
  const rows = await postgres.read(all, (tx) =>
    tx.query<{ user_id: UserId; sequence: string }>(
      sql`select user_id, sequence::text from auth.erased_users order by auth.erased_users.sequence desc`,
    ),
  )
  return rows.map(({ user_id, sequence }) => ({ userId: user_id, sequence: BigInt(sequence) }))
}
