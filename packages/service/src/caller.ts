import type { OrganizationId, SessionId, UserId } from '@holdfast/domain'
import { type DomainError, defineError } from '@holdfast/errors'
import type { AuthenticationMethod } from '@holdfast/event-log'
import { type Permission, type Role, rolePermissions, roles } from './permissions.ts'
import type { Caller } from './types.ts'

export const AccessDenied = defineError(
  'access.denied',
  'forbidden',
  (d: { permission: string }) => `This needs the permission ${d.permission}.`,
)

/** The same words for what does not exist and for what the caller may not know of. */
export const NotVisible = defineError(
  'access.not_visible',
  'not_found',
  () => 'There is no such thing, or you may not see it.',
)

/** A role in one organization, or everywhere. */
export interface Binding {
  readonly role: Role
  readonly organizationId: OrganizationId | '*'
}

/**
 * Bindings as a token carries them: `[["OPERATOR", "<organization>"]]`. What is not understood grants
 * nothing; `*` is for super-admins and super-admins are for `*`.
 */
export function parseBindings(claim: unknown): readonly Binding[] {
  if (!Array.isArray(claim)) return []
  return claim.flatMap((entry: unknown): Binding[] => {
    if (!Array.isArray(entry) || entry.length !== 2) return []
    const [name, where]: unknown[] = entry
    const role = roles.find((candidate) => candidate === name)
    if (role === undefined || typeof where !== 'string' || where === '') return []
    if ((where === '*') !== (role === 'SUPER_ADMIN')) return []
    return [{ role, organizationId: where as OrganizationId | '*' }]
  })
}

export interface UserIdentity {
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly method: AuthenticationMethod
  readonly bindings: readonly Binding[]
}

/** A signed-in person, calling through `service`. */
export function userCaller(identity: UserIdentity, service: string): Caller {
  const { userId, sessionId, method, bindings } = identity
  const organizations = (permission: Permission): '*' | readonly OrganizationId[] => {
    const found = new Set<OrganizationId>()
    for (const { role, organizationId } of bindings) {
      if (!rolePermissions[role].has(permission)) continue
      if (organizationId === '*') return '*'
      found.add(organizationId)
    }
    return [...found]
  }
  const can = (permission: Permission, organizationId: string): boolean =>
    organizationId !== '' &&
    bindings.some(
      ({ role, organizationId: where }) =>
        (where === '*' || where === organizationId) && rolePermissions[role].has(permission),
    )
  return {
    kind: 'user',
    userId,
    sessionId,
    service,
    actor: { kind: 'user', id: userId, method, sessionId },
    organizations,
    can,
    require(permission, organizationId, hidden?: () => DomainError) {
      if (can(permission, organizationId)) return
      const belongs = bindings.some(({ organizationId: where }) => where === organizationId)
      if (belongs) throw AccessDenied({ permission })
      throw hidden ? hidden() : NotVisible({})
    },
  }
}

/** One of our services, acting for itself. The method's rule admitted it, so the handler need not ask again. */
export function serviceCaller(service: string): Caller {
  return {
    kind: 'service',
    service,
    actor: { kind: 'service', id: service, method: 'certificate' },
    organizations: () => '*',
    can: () => true,
    require: () => undefined,
  }
}

/** Somebody not signed in, calling through `service`. May do nothing but what the method is for. */
export function anonymousCaller(service: string): Caller {
  return {
    kind: 'anonymous',
    service,
    actor: { kind: 'service', id: service, method: 'certificate' },
    organizations: () => [],
    can: () => false,
    require(permission) {
      throw AccessDenied({ permission })
    },
  }
}
