import type { OrganizationId, SiteId, UserId } from '@holdfast/domain'
import { isUuid } from '@holdfast/domain'
import { holdfast } from '@holdfast/proto'
import { type Role, type RoleBinding, roles } from '../domain/role.ts'
import type { Sealed } from '../domain/sealed.ts'

// Fields of stored events. What cannot be read is an error: a history is never guessed at.

function required<T>(value: T | null | undefined, field: string): T {
  if (value === null || value === undefined) throw new Error(`stored event without ${field}`)
  return value
}

function uuid(value: string, field: string): string {
  if (!isUuid(value)) throw new Error(`stored event with a ${field} that is no id`)
  return value
}

export const organizationIdFrom = (value: string): OrganizationId =>
  uuid(value, 'organization_id') as OrganizationId
export const userIdFrom = (value: string): UserId => uuid(value, 'user_id') as UserId
/** Empty means none. */
export const siteIdFrom = (value: string): SiteId | undefined =>
  value === '' ? undefined : (uuid(value, 'site_id') as SiteId)

type StoredSealed = holdfast.log.v1.Sealed.$Properties | null | undefined

export function sealedFrom(stored: StoredSealed, field: string): Sealed {
  const { keyId, nonce, ciphertext } = required(stored, field)
  return {
    keyId: required(keyId, field),
    nonce: required(nonce, field),
    ciphertext: required(ciphertext, field),
  }
}

export const storedRoles: Readonly<Record<Role, holdfast.auth.v1.Role>> = {
  SUPER_ADMIN: holdfast.auth.v1.Role.ROLE_SUPER_ADMIN,
  ORG_ADMIN: holdfast.auth.v1.Role.ROLE_ORG_ADMIN,
  OPERATOR: holdfast.auth.v1.Role.ROLE_OPERATOR,
  AUDITOR: holdfast.auth.v1.Role.ROLE_AUDITOR,
  VIEWER: holdfast.auth.v1.Role.ROLE_VIEWER,
}

/** The role a number stands for; undefined for one this release does not know. */
export const roleFrom = (stored: number | null | undefined): Role | undefined =>
  roles.find((role) => storedRoles[role] === stored)

export const bindingToStored = (
  binding: RoleBinding,
): { readonly role: holdfast.auth.v1.Role; readonly organizationId: string } => ({
  role: storedRoles[binding.role],
  organizationId: binding.organizationId ?? '',
})

export function bindingFrom(
  stored: holdfast.auth.v1.RoleBinding.$Properties | null | undefined,
): RoleBinding {
  const { role: number, organizationId } = required(stored, 'binding')
  const role = required(roleFrom(number), 'a role known here')
  if (role === 'SUPER_ADMIN') return { role }
  return { role, organizationId: organizationIdFrom(organizationId ?? '') }
}
