import type { Compensable } from '@holdfast/compensation'
import type { OrganizationId } from '@holdfast/domain'
import { subscribers } from '../commands/aggregates.ts'
import type { SubscriberParts } from '../commands/subscribers.ts'
import { SubscriberNameTaken } from '../domain/errors.ts'
import { type Subscriber, type SubscriberEvent, subscriber } from '../domain/subscriber.ts'

/** Without the key: credentials that ended stay ended, and those in force stay so. */
export interface SubscriberFacts {
  /** Undefined: of the whole instance. */
  readonly organizationId: OrganizationId | undefined
  readonly name: string
  readonly actions: readonly string[]
}

/** By the subscriber that is to have a name: the one that has it and keeps it. */
export type NameHolders = ReadonlyMap<string, string>

export interface SubscribersParts {
  readonly nameHolder: SubscriberParts['nameHolder']
}

/** Nobody has this key: who rotates a subscriber that came back gets credentials for it. */
const noKey = ''

export function subscribersCompensable({
  nameHolder,
}: SubscribersParts): Compensable<Subscriber, SubscriberFacts, SubscriberEvent, NameHolders> {
  return {
    kind: 'subscriber',
    aggregate: subscribers,
    after: ['organization'],
    initial: subscriber.initial,
    evolve: subscriber.evolve,
    facts: subscriberFacts,
    about: ({ name, organizationId = '' }) => ({ name, organizationId }),

    notes: (_target, now) =>
      now ? [] : ['it comes back without credentials: rotate it to get new ones'],

    async surroundings(wanted, outlook) {
      const holders = new Map<string, string>()
      for (const { id, now, target } of wanted) {
        if (!target || now) continue
        const holder = await nameHolder(target.organizationId, target.name)
        if (holder === undefined || holder === id) continue
        const planned = outlook.planned('subscriber', holder)
        if (!planned || planned.target) holders.set(id, holder)
      }
      return holders
    },

    compensate({ id, now: state, target, around }) {
      const now = subscriberFacts(state)
      const { natsPublicKey } = state
      if (!target) return now ? [{ type: 'SubscriberRevoked', natsPublicKey }] : []
      if (now) return [] // what one reads never changes
      const heldBy = around.get(id)
      if (heldBy !== undefined) throw SubscriberNameTaken({ name: target.name, heldBy })
      return [{ type: 'SubscriberCreated', ...target, natsPublicKey: noKey }]
    },
  }
}

function subscriberFacts(state: Subscriber): SubscriberFacts | undefined {
  const { exists, isRevoked, organizationId, name, actions } = state
  return exists && !isRevoked ? { organizationId, name, actions } : undefined
}
