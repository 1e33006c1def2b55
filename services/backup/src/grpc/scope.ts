import type { DomainError } from '@holdfast/errors'
import type { ReadScope } from '@holdfast/postgres'
import { AccessDenied, type Call, type Permission } from '@holdfast/service'

export const scopeOf = (call: Call, permission: Permission): ReadScope => ({
  organizations: call.caller.organizations(permission),
  ...(call.at === undefined ? {} : { at: call.at }),
})

/** Whether the caller has the permission everywhere, as only a super-admin has. */
export const isOfInstance = ({ caller }: Call, permission: Permission): boolean =>
  caller.organizations(permission) === '*'

/** What is of the instance takes a permission that is not bound to one organization. */
export function requireAt(
  call: Call,
  permission: Permission,
  organizationId: string,
  hidden?: () => DomainError,
): void {
  if (organizationId !== '') call.caller.require(permission, organizationId, hidden)
  else if (!isOfInstance(call, permission)) throw hidden ? hidden() : AccessDenied({ permission })
}

/** What somebody typed, as short as a message can take it. */
export const quoted = (text: string): string =>
  text === '' ? '(no name)' : text.length > 60 ? `${text.slice(0, 60)}…` : text

export const isSearchable = (text: string): boolean =>
  text !== '' && text.length <= 200 && !text.includes('\0')
