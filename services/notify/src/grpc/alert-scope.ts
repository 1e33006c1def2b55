import { invalid } from '@holdfast/errors'
import type { Call, Permission } from '@holdfast/service'

/**
 * Where a new rule is to be: in the organization named; without one in the caller's only one, or, for who may do so
 * everywhere, of the whole instance. Throws `invalid` where that does not tell.
 */
export function organizationMeant(
  { caller }: Call,
  permission: Permission,
  named: string,
): string | undefined {
  if (named !== '') {
    caller.require(permission, named)
    return named
  }
  const where = caller.organizations(permission)
  if (where === '*') return undefined
  const [only, ...others] = where
  if (only && others.length === 0) return only
  const detail = where.length === 0 ? 'name one' : `name one of: ${where.slice(0, 20).join(', ')}`
  throw invalid({ field: 'organization_id', code: 'required', detail })
}
