import type { Commit, EventLog } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import { expect, test } from 'vitest'
import { keepConsumers } from './subscribers.ts'

const { SubscriberCreated } = holdfast.auth.v1

// as: what keepConsumers looks at of a commit
const commit = (aggregateId: string, type: string) =>
  ({
    aggregateId,
    events: [{ type, schema: 1, data: SubscriberCreated.encode({ name: aggregateId }).finish() }],
  }) as unknown as Commit

/** A log that has these commits and no more. */
const logOf = (commits: readonly Commit[]): Pick<EventLog, 'subscribe'> => ({
  async subscribe(options, handle) {
    await handle(commits)
    options.onCaughtUp?.()
  },
})

test('the consumer of one who was revoked while nobody was here goes at the next start', async () => {
  const there = new Set(['subscriber-left', 'subscriber-gone'])
  const consumers = {
    ensureConsumer: ({ name }: { readonly name: string }) => {
      there.add(name)
      return Promise.resolve()
    },
    removeConsumer: (name: string) => {
      there.delete(name)
      return Promise.resolve()
    },
  }
  const log = logOf([
    commit('gone', 'SubscriberCreated'),
    commit('left', 'SubscriberCreated'),
    commit('new', 'SubscriberCreated'),
    commit('gone', 'SubscriberRevoked'),
    // A restore brought it back.
    commit('back', 'SubscriberCreated'),
    commit('back', 'SubscriberRevoked'),
    commit('back', 'SubscriberCreated'),
  ])
  await keepConsumers({ log, consumers }, new AbortController().signal)
  expect([...there].sort()).toEqual(['subscriber-back', 'subscriber-left', 'subscriber-new'])
})
