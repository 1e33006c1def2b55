import type { OrganizationId } from '@holdfast/domain'
import { type Postgres, type ReadScope, sql } from '@holdfast/postgres'
import {
  AccessDenied,
  type Call,
  type Caller,
  type Permission,
  rolePermissions,
} from '@holdfast/service'
import { OrganizationRequired, RoleAboveOwn } from '../domain/errors.ts'
import type { RoleBinding } from '../domain/role.ts'

/** The longest page of a list. */
export const maxPage = 200

/** What a caller may read by a permission, now or as of the moment the call asks for. */
export const scopeOf = ({ caller, at }: Call, permission: Permission): ReadScope => ({
  organizations: caller.organizations(permission),
  ...(at === undefined ? {} : { at }),
})

/** Throws unless the caller holds the permission for the instance as a whole. */
export function requireEverywhere(caller: Caller, permission: Permission): void {
  if (caller.organizations(permission) !== '*') throw AccessDenied({ permission })
}

/**
 * Nobody gives or takes a role that allows more than they may do themselves in the same place. For
 * SUPER_ADMIN the place is the instance.
 */
export function requireAtLeast(caller: Caller, { role, organizationId }: RoleBinding): void {
  const permissions = [...rolePermissions[role]]
  const isWithin =
    organizationId === undefined
      ? permissions.every((permission) => caller.organizations(permission) === '*')
      : permissions.every((permission) => caller.can(permission, organizationId))
  if (!isWithin) throw RoleAboveOwn({ role })
}

/**
 * The organization meant: the one named, or the only one the caller can mean. Throws
 * `auth.organization_required` with the choices when there are several or none.
 */
export async function organizationMeant(
  postgres: Postgres,
  call: Call,
  permission: Permission,
  named: OrganizationId | undefined,
): Promise<OrganizationId> {
  if (named !== undefined) {
    call.caller.require(permission, named)
    return named
  }
  const rows = await postgres.read(scopeOf(call, permission), (tx) =>
    tx.query<{ id: OrganizationId; name: string }>(
      sql`select id, name from auth.organizations order by lower(name), id limit 20`,
    ),
  )
  const [only, ...others] = rows
  if (only && others.length === 0) return only.id
  const matches = rows.map(({ id, name }) => `${name} (${id})`).join(', ')
  throw OrganizationRequired({ matches: matches === '' ? 'none' : matches })
}
