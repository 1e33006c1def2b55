import { type Compensable, isSame } from '@holdfast/compensation'
import type { OrganizationId } from '@holdfast/domain'
import type { EventLog } from '@holdfast/event-log'
import { organizations, sites } from '../commands/aggregates.ts'
import type { OneAtATime } from '../commands/one-at-a-time.ts'
import { lockOf } from '../commands/organizations.ts'
import { OrganizationNotFound } from '../domain/errors.ts'
import { type Site, type SiteEvent, site } from '../domain/site.ts'

export interface SiteFacts {
  /** Never another one: a site does not move. */
  readonly organizationId: OrganizationId
  readonly name: string
  readonly description: string
}

export interface SitesParts {
  readonly log: Pick<EventLog, 'fold'>
  readonly locks: OneAtATime
}

/** Organizations that are not there, and will not be. */
type Missing = ReadonlySet<string>

/** A deleted one comes back under its own id, so that nodes stand at it again. */
export function sitesCompensable({
  log,
  locks,
}: SitesParts): Compensable<Site, SiteFacts, SiteEvent, Missing> {
  const isThere = async (id: OrganizationId): Promise<boolean> =>
    (await log.fold(organizations, id)).state.exists
  return {
    kind: 'site',
    aggregate: sites,
    after: ['organization'],
    initial: site.initial,
    evolve: site.evolve,
    facts: siteFacts,
    about: ({ name, organizationId }) => ({ name, organizationId }),
    async surroundings(wanted, outlook) {
      const missing = new Set<string>()
      for (const { now, target } of wanted) {
        if (!target || now) continue
        const { organizationId: id } = target
        const planned = outlook.planned('organization', id)
        if (planned ? planned.target === undefined : !(await isThere(id))) missing.add(id)
      }
      return missing
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
    guard(_id, { before, after }, store) {
      if (before || !after) return store()
      const { organizationId } = after
      // As when a person creates one: the organization may have gone meanwhile.
      return locks.run([lockOf(organizationId)], async () => {
        if (!(await isThere(organizationId)))
          throw OrganizationNotFound({ organization: organizationId })
        await store()
      })
    },
  }
}

function siteFacts(state: Site): SiteFacts | undefined {
  const { exists, organizationId, name, description } = state
  return exists && organizationId ? { organizationId, name, description } : undefined
}
