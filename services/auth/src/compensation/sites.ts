import { type Compensable, isSame } from '@holdfast/compensation'
import type { OrganizationId } from '@holdfast/domain'
import type { EventLog } from '@holdfast/event-log'
import { sites } from '../commands/aggregates.ts'
import { OrganizationNotFound } from '../domain/errors.ts'
import { type Site, type SiteEvent, site } from '../domain/site.ts'
import { missingOrganizations } from './missing-organizations.ts'

export interface SiteFacts {
  /** Never another one: a site does not move. */
  readonly organizationId: OrganizationId
  readonly name: string
  readonly description: string
}

/** Organizations that are not there. */
type Missing = ReadonlySet<string>

/** A deleted one comes back under its own id, so that nodes stand at it again. */
export function sitesCompensable(
  log: Pick<EventLog, 'fold'>,
): Compensable<Site, SiteFacts, SiteEvent, Missing> {
  return {
    kind: 'site',
    aggregate: sites,
    after: ['organization'],
    initial: site.initial,
    evolve: site.evolve,
    facts: siteFacts,
    about: ({ name, organizationId }) => ({ name, organizationId }),
    surroundings(wanted, outlook) {
      const organizations = wanted.flatMap(({ now, target }) =>
        target && !now ? [target.organizationId] : [],
      )
      return missingOrganizations(log, outlook, organizations)
    },
    compensate({ now: state, target, around: missing }) {
      const now = siteFacts(state)
      if (!target) return now ? [{ type: 'SiteDeleted' }] : []
      if (!now) {
        const { organizationId } = target
        if (missing.has(organizationId))
          throw OrganizationNotFound({ organization: organizationId })
        return [{ type: 'SiteCreated', ...target }]
      }
      if (isSame(now, target)) return []
      const { name, description } = target
      return [{ type: 'SiteUpdated', name, description }]
    },
  }
}

function siteFacts(state: Site): SiteFacts | undefined {
  const { exists, organizationId, name, description } = state
  return exists && organizationId ? { organizationId, name, description } : undefined
}
