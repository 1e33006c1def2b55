import { isUuid, type OrganizationId } from '@holdfast/domain'
import { type DomainError, invalid } from '@holdfast/errors'
import type { ReadScope } from '@holdfast/postgres'
import type { Call, Permission } from '@holdfast/service'
import {
  AmbiguousName,
  ChangeSetNotFound,
  OrganizationNotFound,
  PolicyTestNotFound,
  RuleNotFound,
} from '../domain/errors.ts'
import type { ChangeSetId, PolicyTestId, RuleId } from '../domain/ids.ts'
import { homeOfChangeSet } from '../queries/change-sets.ts'
import { matchOrganizations, visibleOrganizations } from '../queries/organizations.ts'
import { homeOfPolicyTest } from '../queries/policy-tests.ts'
import { type FoundRule, homeOfRule, matchRules } from '../queries/rules.ts'
import type { Edge } from './edge.ts'

/** What the caller may see with a permission. */
export const scopeOf = (call: Call, permission: Permission): ReadScope => ({
  organizations: call.caller.organizations(permission),
})

/** Names in requests are short; longer ones match nothing. A NUL would not even reach Postgres. */
const isSearchable = (text: string): boolean => text.length <= 200 && !text.includes('\0')

/** What a query finds; when it finds nothing, what it finds once the read models have caught up. */
async function search<T>(
  { catchUpToHead }: Pick<Edge, 'catchUpToHead'>,
  text: string,
  query: () => Promise<readonly T[]>,
): Promise<readonly T[]> {
  if (text === '' || !isSearchable(text)) return []
  const found = await query()
  if (found.length > 0) return found
  await catchUpToHead()
  return await query()
}

/**
 * The organization of a request, by id or name; left out, it is the only one the caller may use the permission
 * in. Throws `rules.organization_not_found`, `rules.ambiguous_name`, or `invalid` naming the choice.
 */
export async function resolveOrganization(
  edge: Pick<Edge, 'postgres' | 'catchUpToHead'>,
  call: Call,
  idOrName: string,
  permission: Permission,
): Promise<OrganizationId> {
  const { postgres } = edge
  const scope = scopeOf(call, permission)
  const { organizations } = scope
  if (idOrName === '') {
    if (organizations !== '*' && organizations.length === 1 && organizations[0] !== undefined) {
      return organizations[0] as OrganizationId // as: from the caller's own bindings
    }
    const visible = await search(edge, 'any', () => visibleOrganizations(postgres, scope))
    const [only, ...others] = visible
    if (only && others.length === 0) return only.id
    const names = visible.map(({ id, name }) => `${name} (${id})`).join(', ')
    const detail = names === '' ? 'there is no organization yet' : `name one of: ${names}`
    throw invalid({ field: 'organization', code: 'required', detail })
  }
  const hidden = () => OrganizationNotFound({ organization: shown(idOrName) })
  if (isUuid(idOrName) && organizations !== '*') {
    call.caller.require(permission, idOrName, hidden)
    return idOrName as OrganizationId // as: the caller belongs to it
  }
  const matches = await search(edge, idOrName, () => matchOrganizations(postgres, scope, idOrName))
  if (matches.length > 1) {
    const list = matches.map(({ id, name }) => `${name} (${id})`).join(', ')
    throw AmbiguousName({ name: idOrName, matches: list })
  }
  const [found] = matches
  if (!found) throw hidden()
  return found.id
}

/** A rule by id or name, as it was after `at` when that is given; `organization`, when not empty, narrows a name. */
export async function resolveRule(
  edge: Edge,
  call: Call,
  idOrName: string,
  organization: string,
  permission: Permission,
  at?: bigint,
): Promise<FoundRule> {
  const organizationId =
    organization === ''
      ? undefined
      : await resolveOrganization(edge, call, organization, permission)
  const scope = scopeOf(call, permission)
  const matches = await search(edge, idOrName, () =>
    matchRules(edge.postgres, scope, idOrName, organizationId, at),
  )
  if (matches.length > 1) {
    const list = matches.map(
      ({ id, settings, organizationId: of }) => `${settings.name} in organization ${of} (${id})`,
    )
    throw AmbiguousName({ name: idOrName, matches: list.join(', ') })
  }
  const [found] = matches
  if (!found) throw RuleNotFound({ rule: shown(idOrName) })
  return found
}

/** Where something is that the caller may use the permission on; `home` knows also what is gone already. */
async function placeOf(
  { catchUpToHead }: Pick<Edge, 'catchUpToHead'>,
  call: Call,
  id: string,
  permission: Permission,
  home: (id: string) => Promise<OrganizationId | undefined>,
  hidden: () => DomainError,
): Promise<OrganizationId> {
  if (!isUuid(id)) throw hidden()
  let organizationId = await home(id)
  if (!organizationId) {
    await catchUpToHead()
    organizationId = await home(id)
  }
  if (!organizationId) throw hidden()
  call.caller.require(permission, organizationId, hidden)
  return organizationId
}

/** Where a rule is, by id or name (see `resolveRule`); by id also one that is gone, for deleting twice. */
export async function rulePlace(
  edge: Edge,
  call: Call,
  idOrName: string,
  organization: string,
  permission: Permission,
): Promise<{ readonly organizationId: OrganizationId; readonly ruleId: RuleId }> {
  const hidden = () => RuleNotFound({ rule: shown(idOrName) })
  if (!isUuid(idOrName)) {
    const { organizationId, id } = await resolveRule(
      edge,
      call,
      idOrName,
      organization,
      'rules.rules.read',
    )
    call.caller.require(permission, organizationId, hidden)
    return { organizationId, ruleId: id }
  }
  const home = (id: string) => homeOfRule(edge.postgres, id)
  const organizationId = await placeOf(edge, call, idOrName, permission, home, hidden)
  return { organizationId, ruleId: idOrName as RuleId } // as: a UUID we keep as a rule's
}

/** Where a change set is; also one that ended. */
export async function changeSetPlace(
  edge: Pick<Edge, 'postgres' | 'catchUpToHead'>,
  call: Call,
  id: string,
  permission: Permission,
): Promise<{ readonly organizationId: OrganizationId; readonly changeSetId: ChangeSetId }> {
  const hidden = () => ChangeSetNotFound({ changeSet: shown(id) })
  const home = (of: string) => homeOfChangeSet(edge.postgres, of)
  const organizationId = await placeOf(edge, call, id, permission, home, hidden)
  return { organizationId, changeSetId: id as ChangeSetId } // as: a UUID we keep as a change set's
}

/** Where a policy test is; also one that is gone. */
export async function policyTestPlace(
  edge: Pick<Edge, 'postgres' | 'catchUpToHead'>,
  call: Call,
  id: string,
  permission: Permission,
): Promise<{ readonly organizationId: OrganizationId; readonly testId: PolicyTestId }> {
  const hidden = () => PolicyTestNotFound({ test: shown(id) })
  const home = (of: string) => homeOfPolicyTest(edge.postgres, of)
  const organizationId = await placeOf(edge, call, id, permission, home, hidden)
  return { organizationId, testId: id as PolicyTestId } // as: a UUID we keep as a policy test's
}

/** What was asked for, as an error may repeat it. */
export const shown = (text: string): string =>
  text === '' ? '(no name)' : text.length > 60 ? `${text.slice(0, 60)}…` : text
