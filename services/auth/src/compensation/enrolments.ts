import type { Compensable } from '@holdfast/compensation'
import type { OrganizationId, SiteId } from '@holdfast/domain'
import { enrolments } from '../commands/aggregates.ts'
import { type Enrolment, type EnrolmentEvent, enrolment } from '../domain/enrolment.ts'

export interface EnrolmentFacts {
  readonly organizationId: OrganizationId
  readonly siteId: SiteId | undefined
  readonly nodeName: string
  readonly expiresAtUnixMs: number
}

/**
 * Tokens that wait for their node. One that was used or withdrawn stays so; one that was not there yet is withdrawn, for
 * who asks to go back behind it does not want hosts to enrol with it. What a node became is a matter of the node, which
 * service network brings back or removes, its identity along with it.
 */
export const enrolmentsCompensable: Compensable<Enrolment, EnrolmentFacts, EnrolmentEvent> = {
  kind: 'enrolment',
  aggregate: enrolments,
  after: ['organization', 'site'],
  initial: enrolment.initial,
  evolve: enrolment.evolve,
  facts: enrolmentFacts,
  about: ({ nodeName, organizationId }) => ({ name: nodeName, organizationId }),
  aim: (target, now) => now && target,
  compensate: ({ now, target }) =>
    enrolmentFacts(now) && !target ? [{ type: 'NodeIdentityRevoked', natsPublicKey: '' }] : [],
}

function enrolmentFacts({ token, natsPublicKey, isRevoked }: Enrolment) {
  if (!token || natsPublicKey !== undefined || isRevoked) return undefined
  const { organizationId, siteId, nodeName, expiresAtUnixMs } = token
  return { organizationId, siteId, nodeName, expiresAtUnixMs }
}
