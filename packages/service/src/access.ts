import { defineError } from '@holdfast/errors'
import type { Access, Method } from '@holdfast/proto'
import {
  AccessDenied,
  anonymousCaller,
  serviceCaller,
  type UserIdentity,
  userCaller,
} from './caller.ts'
import { isPermission } from './permissions.ts'
import type { Caller } from './types.ts'

export const NotSignedIn = defineError(
  'access.not_signed_in',
  'unauthenticated',
  () => 'Sign in first.',
)

export const ServiceDenied = defineError(
  'access.service_denied',
  'forbidden',
  (d: { service: string }) => `${d.service} may not call this.`,
)

/** Establishes a user from an access token; throws `access.token_invalid` and its like. */
export type VerifyToken = (token: string) => Promise<UserIdentity> | UserIdentity

/** What is known of a call before anything is decided. */
export interface Credentials {
  /** Common name of the certificate at the other end. */
  readonly service: string
  readonly accessToken: string | undefined
}

/**
 * The one enforcement point: every call of every method passes here before its handler runs, and what no
 * rule allows is refused. A user's permission has to hold in at least one organization; which one is the
 * handler's to say, with `caller.require`.
 *
 * A token speaks for its user even when the service that brings it would be admitted by itself: a service
 * never lends its own power to the people it serves.
 */
export async function admit(
  access: Access,
  { service, accessToken }: Credentials,
  verify: VerifyToken,
): Promise<Caller> {
  // A stale token is no reason to refuse a sign-in, so nobody looks at it.
  if (access.anonymous === true) return anonymousCaller(service)

  const takesUsers = access.authenticated === true || access.permission !== undefined
  if (accessToken !== undefined && takesUsers) {
    const caller = userCaller(await verify(accessToken), service)
    const { permission } = access
    if (permission === undefined) return caller
    if (!isPermission(permission)) throw AccessDenied({ permission })
    const where = caller.organizations(permission)
    if (where !== '*' && where.length === 0) throw AccessDenied({ permission })
    return caller
  }

  if (access.services.includes(service) || access.services.includes('*')) {
    return serviceCaller(service)
  }
  if (takesUsers) throw NotSignedIn({})
  throw ServiceDenied({ service })
}

/** Why a method may not be served; a service with one such method refuses to start. */
export function ruleFault({ access }: Method): string | undefined {
  const rule: Access | undefined = access
  if (rule === undefined) return 'has no access rule'
  const grounds = [
    rule.anonymous === true,
    rule.authenticated === true,
    rule.permission !== undefined,
  ].filter(Boolean).length
  if (grounds > 1) return 'has more than one access rule'
  if (grounds === 0 && rule.services.length === 0) return 'has an empty access rule'
  if (rule.permission !== undefined && !isPermission(rule.permission)) {
    return `asks for the unknown permission ${rule.permission}`
  }
  return undefined
}
