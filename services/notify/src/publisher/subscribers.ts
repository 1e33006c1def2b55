import { setTimeout as pause } from 'node:timers/promises'
import type { OrganizationId } from '@holdfast/domain'
import {
  type Commit,
  type EventLog,
  type EventPublisher,
  subscribedSubjects,
  subscriberConsumer,
} from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'

const { SubscriberCreated } = holdfast.auth.v1

type Consumers = Pick<EventPublisher, 'ensureConsumer' | 'removeConsumer'>

export interface KeepConsumersParts {
  readonly log: Pick<EventLog, 'subscribe'>
  readonly consumers: Consumers
  /** Told once of a consumer that could not be made or removed; it is tried again until it can. */
  readonly onTrouble?: (subscriberId: string, error: Error) => void
}

/**
 * Makes and removes the consumers of external subscribers as the log says, until the signal aborts. Begins with the
 * first of them every time: what is there is left as it is, what is missing is made.
 */
export async function keepConsumers(
  { log, consumers, onTrouble = () => undefined }: KeepConsumersParts,
  signal: AbortSignal,
): Promise<void> {
  /** What is to be; until everything has been read, nothing is done about it. */
  const wanted = new Map<string, readonly string[]>()
  /** Revoked, perhaps while nobody was here to remove their consumers. */
  const unwanted = new Set<string>()
  let isCaughtUp = false
  const carryOut = async (id: string): Promise<void> => {
    const told = once((error: Error) => onTrouble(id, error))
    await persistently(signal, told, () => {
      // Asked anew each time: it may have been revoked while the server was away.
      const subjects = wanted.get(id)
      return subjects
        ? consumers.ensureConsumer({ name: subscriberConsumer(id), subjects })
        : consumers.removeConsumer(subscriberConsumer(id))
    })
  }
  /** What is under way, by subscriber: one the server refuses holds nobody else up. */
  const chains = new Map<string, Promise<void>>()
  const follow = (id: string): void => {
    const chain = (chains.get(id) ?? Promise.resolve()).then(() => carryOut(id))
    chains.set(id, chain)
    void chain.finally(() => {
      if (chains.get(id) === chain) chains.delete(id)
    })
  }
  await log.subscribe(
    {
      from: 1n,
      filter: 'evt.auth.subscriber.>',
      name: 'subscribers',
      signal,
      onCaughtUp() {
        isCaughtUp = true
        for (const id of [...wanted.keys(), ...unwanted]) follow(id)
      },
    },
    async (commits) => {
      for (const commit of commits) {
        take(commit, wanted, unwanted)
        if (isCaughtUp) follow(commit.aggregateId)
      }
    },
  )
  await Promise.all(chains.values())
}

function take(
  { aggregateId, events }: Commit,
  wanted: Map<string, readonly string[]>,
  unwanted: Set<string>,
): void {
  for (const { type, data } of events) {
    if (type === 'SubscriberRevoked') {
      wanted.delete(aggregateId)
      unwanted.add(aggregateId)
    }
    if (type !== 'SubscriberCreated') continue
    const { organizationId, actions } = SubscriberCreated.decode(data)
    // as: an id of ours, out of the log
    const where = organizationId === '' ? undefined : (organizationId as OrganizationId)
    wanted.set(aggregateId, subscribedSubjects({ organizationId: where, actions }))
  }
}

const retryMs = 1_000

/** The server may be away for a while; what is wanted stays wanted. */
async function persistently(
  signal: AbortSignal,
  onTrouble: (error: Error) => void,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      return await work()
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof Error)) throw error
      onTrouble(error)
      await pause(retryMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }
}

function once<T>(tell: (value: T) => void): (value: T) => void {
  let isTold = false
  return (value) => {
    if (!isTold) tell(value)
    isTold = true
  }
}
