import type { Compensable } from '@holdfast/compensation'
import type { OrganizationId } from '@holdfast/domain'
import type { EventLog } from '@holdfast/event-log'
import { subscribers } from '../commands/aggregates.ts'
import type { SubscriberParts } from '../commands/subscribers.ts'
import { OrganizationNotFound, SubscriberNameTaken } from '../domain/errors.ts'
import { type Subscriber, type SubscriberEvent, subscriber } from '../domain/subscriber.ts'
import { missingOrganizations } from './missing-organizations.ts'

/** Without the key: credentials that ended stay ended, and those in force stay so. */
export interface SubscriberFacts {
  /** Undefined: of the whole instance. */
  readonly organizationId: OrganizationId | undefined
  readonly name: string
  readonly actions: readonly string[]
}

export interface SubscriberSurroundings {
  readonly missingOrganizations: ReadonlySet<string>
  /** By the subscriber that is to have the name: the one that has it. */
  readonly nameHolders: ReadonlyMap<string, string>
}

export interface SubscribersParts {
  readonly log: Pick<EventLog, 'fold'>
  readonly nameHolder: SubscriberParts['nameHolder']
}

/** Nobody has this key: who rotates a subscriber that came back gets credentials for it. */
const noKey = ''

export function subscribersCompensable({
  log,
  nameHolder,
}: SubscribersParts): Compensable<
  Subscriber,
  SubscriberFacts,
  SubscriberEvent,
  SubscriberSurroundings
> {
  return {
    kind: 'subscriber',
    aggregate: subscribers,
    after: ['organization'],
    initial: subscriber.initial,
    evolve: subscriber.evolve,
    facts: subscriberFacts,
    about: ({ name, organizationId = '' }) => ({ name, organizationId }),

    async surroundings(wanted, outlook) {
      const coming = wanted.flatMap(({ id, now, target }) =>
        target && !now ? [{ id, target }] : [],
      )
      const going = new Set(wanted.flatMap(({ id, target }) => (target ? [] : [id])))
      const nameHolders = new Map<string, string>()
      for (const { id, target } of coming) {
        const holder = await nameHolder(target.organizationId, target.name)
        if (holder !== undefined && !going.has(holder)) nameHolders.set(id, holder)
      }
      const organizations = coming.flatMap(({ target }) => target.organizationId ?? [])
      return {
        nameHolders,
        missingOrganizations: await missingOrganizations(log, outlook, organizations),
      }
    },

    compensate({ id, now: state, target, around }) {
      const now = subscriberFacts(state)
      const { natsPublicKey } = state
      if (!target) return now ? [{ type: 'SubscriberRevoked', natsPublicKey }] : []
      if (now) return [] // what one reads never changes
      const { name, organizationId: organization } = target
      const heldBy = around.nameHolders.get(id)
      if (heldBy !== undefined) throw SubscriberNameTaken({ name, heldBy })
      if (organization !== undefined && around.missingOrganizations.has(organization)) {
        throw OrganizationNotFound({ organization })
      }
      return [{ type: 'SubscriberCreated', ...target, natsPublicKey: noKey }]
    },
  }
}

function subscriberFacts(state: Subscriber): SubscriberFacts | undefined {
  const { exists, isRevoked, organizationId, name, actions } = state
  return exists && !isRevoked ? { organizationId, name, actions } : undefined
}
