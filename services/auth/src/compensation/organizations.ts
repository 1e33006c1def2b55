import { type Compensable, isSame } from '@holdfast/compensation'
import type { OrganizationId } from '@holdfast/domain'
import { organizations } from '../commands/aggregates.ts'
import type { OneAtATime } from '../commands/one-at-a-time.ts'
import { lockOf, type OrganizationParts } from '../commands/organizations.ts'
import { OrganizationNotEmpty } from '../domain/errors.ts'
import { type Organization, type OrganizationEvent, organization } from '../domain/organization.ts'

export interface OrganizationFacts {
  readonly name: string
  readonly description: string
}

export interface OrganizationsParts {
  readonly locks: OneAtATime
  readonly countContents: OrganizationParts['countContents']
}

/** One that is deleted goes only when it is empty, as by hand: what was made in it since goes before. */
export function organizationsCompensable({
  locks,
  countContents,
}: OrganizationsParts): Compensable<Organization, OrganizationFacts, OrganizationEvent> {
  return {
    kind: 'organization',
    aggregate: organizations,
    after: [],
    initial: organization.initial,
    evolve: organization.evolve,
    facts: organizationFacts,
    about: ({ name }, id) => ({ name, organizationId: id }),
    compensate({ now: state, target }) {
      const now = organizationFacts(state)
      if (!target) return now ? [{ type: 'OrganizationDeleted' }] : []
      if (!now) return [{ type: 'OrganizationCreated', ...target }]
      return isSame(now, target) ? [] : [{ type: 'OrganizationUpdated', ...target }]
    },
    guard(id, { after }, store) {
      if (after) return store()
      const organizationId = id as OrganizationId // ids of this aggregate are organizations'
      return locks.run([lockOf(organizationId)], async () => {
        const contents = await countContents(organizationId)
        if (contents.sites > 0 || contents.nodes > 0) throw OrganizationNotEmpty(contents)
        await store()
      })
    },
  }
}

const organizationFacts = ({
  exists,
  name,
  description,
}: Organization): OrganizationFacts | undefined => (exists ? { name, description } : undefined)
