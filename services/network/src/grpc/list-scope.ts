import type { ReadScope } from '@holdfast/postgres'
import type { Call, Permission } from '@holdfast/service'
import { Fields, parseId } from '@holdfast/service'
import { scopeOf } from './resolve.ts'

/** The longest page of a list. */
export const maxPage = 1000

/** What a list may show. Throws when it is asked for an organization the caller may not read. */
export function requireListScope(
  call: Call,
  permission: Permission,
  organizationId: string,
): ReadScope {
  const fields = new Fields()
  fields.takeOptional(parseId, organizationId, 'organization_id')
  fields.check()
  if (organizationId !== '') call.caller.require(permission, organizationId)
  return scopeOf(call, permission)
}
