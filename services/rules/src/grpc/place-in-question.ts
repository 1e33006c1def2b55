import type { OrganizationId } from '@holdfast/domain'
import type { Call } from '@holdfast/service'
import { ChangeSetNotFound } from '../domain/errors.ts'
import type { ChangeSetId } from '../domain/ids.ts'
import type { PolicyEdge } from './policy-edge.ts'
import { changeSetPlace, resolveOrganization, shown } from './resolve.ts'

/**
 * The organization a question is about, and its draft: a draft names its organization by itself. Throws
 * `rules.change_set_not_found` for one of another organization.
 */
export async function placeInQuestion(
  edge: PolicyEdge,
  call: Call,
  request: { readonly organization: string; readonly changeSetId: string },
): Promise<{ readonly organizationId: OrganizationId; readonly changeSetId: ChangeSetId | '' }> {
  const { organization } = request
  if (request.changeSetId === '') {
    const organizationId = await resolveOrganization(edge, call, organization, 'rules.rules.read')
    return { organizationId, changeSetId: '' }
  }
  const place = await changeSetPlace(edge, call, request.changeSetId, 'rules.rules.read')
  if (organization === '') return place
  const organizationId = await resolveOrganization(edge, call, organization, 'rules.rules.read')
  if (organizationId !== place.organizationId) {
    throw ChangeSetNotFound({ changeSet: shown(request.changeSetId) })
  }
  return place
}
