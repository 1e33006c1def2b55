import { idFrom, type OrganizationId } from '@holdfast/domain'
import { type CommandContext, type EventLog, subscriberConsumer } from '@holdfast/event-log'
import { OrganizationNotFound, SubscriberNameTaken, SubscriberNotFound } from '../domain/errors.ts'
import type { Subscriber } from '../domain/subscriber.ts'
import { organizations, subscribers } from './aggregates.ts'
import type { OneAtATime } from './one-at-a-time.ts'

/** Makes a NATS identity that reads through one consumer and does nothing else. */
export type IssueSubscriber = (
  consumer: string,
) => Promise<{ readonly publicKey: string; readonly credentials: string }>

export interface NewSubscriber {
  readonly organizationId: OrganizationId | undefined
  readonly name: string
  readonly actions: readonly string[]
}

export interface IssuedSubscriber {
  readonly id: string
  readonly state: Subscriber
  readonly sequence: bigint
  /** Empty when the command is repeated: they were shown once. */
  readonly credentials: string
}

export interface SubscriberCommands {
  /** Throws `auth.subscriber_name_taken` or `auth.organization_not_found`. */
  create(wish: NewSubscriber, context: CommandContext): Promise<IssuedSubscriber>
  rotate(id: string, context: CommandContext): Promise<IssuedSubscriber>
  revoke(id: string, context: CommandContext): Promise<bigint>
  /** Throws `auth.subscriber_not_found`, also for one that was revoked when `isLive`. */
  find(id: string, isLive: boolean, signal?: AbortSignal): Promise<Subscriber>
}

export interface SubscriberParts {
  readonly log: EventLog
  readonly locks: OneAtATime
  readonly issue: IssueSubscriber
  /** Who has a name, after the read model has caught up with the log. */
  readonly nameHolder: (
    organizationId: OrganizationId | undefined,
    name: string,
    signal?: AbortSignal,
  ) => Promise<string | undefined>
}

/**
 * Names are unique within a process's view, under one lock: two instances could let two of a name through in one
 * moment, which costs nothing but clarity.
 */
export function subscriberCommands(parts: SubscriberParts): SubscriberCommands {
  const { log, locks, issue, nameHolder } = parts

  async function find(id: string, isLive: boolean, signal?: AbortSignal): Promise<Subscriber> {
    const { state } = await log.fold(subscribers, id, signal)
    if (!state.exists || (isLive && state.isRevoked)) throw SubscriberNotFound({ subscriber: id })
    return state
  }

  return {
    find,

    create: (wish, context) =>
      locks.run(['subscribers'], async () => {
        const { organizationId, name } = wish
        const id = idFrom<string>(context.commandId, 'subscriber')
        if (organizationId !== undefined) {
          const { state } = await log.fold(organizations, organizationId, context.signal)
          if (!state.exists) throw OrganizationNotFound({ organization: organizationId })
        }
        const isKnown = (await log.fold(subscribers, id, context.signal)).state.exists
        const heldBy = isKnown ? undefined : await nameHolder(organizationId, name, context.signal)
        if (heldBy !== undefined) throw SubscriberNameTaken({ name, heldBy })
        const { publicKey, credentials } = await issue(subscriberConsumer(id))
        const outcome = await log.execute(
          subscribers,
          id,
          { type: 'CreateSubscriber', ...wish, natsPublicKey: publicKey },
          context,
        )
        const isNew = !outcome.isRepeated && outcome.events.length > 0
        const { state, sequence } = outcome
        return { id, state, sequence, credentials: isNew ? credentials : '' }
      }),

    async rotate(id, context) {
      const { publicKey, credentials } = await issue(subscriberConsumer(id))
      const outcome = await log.execute(
        subscribers,
        id,
        { type: 'RotateSubscriber', id, natsPublicKey: publicKey },
        context,
      )
      const { state, sequence, isRepeated } = outcome
      return { id, state, sequence, credentials: isRepeated ? '' : credentials }
    },

    async revoke(id, context) {
      const { sequence } = await log.execute(
        subscribers,
        id,
        { type: 'RevokeSubscriber', id },
        context,
      )
      return sequence
    },
  }
}
