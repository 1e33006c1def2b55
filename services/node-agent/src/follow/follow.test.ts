import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Commit, EventLog, SubscribeOptions } from '@holdfast/event-log'
import { createTelemetry } from '@holdfast/telemetry'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Pin } from '../state/saved-fold.ts'
import { openSavedState, type SavedState } from '../state/saved-state.ts'
import { commit, facts, interfaceId, nodeId, pin, until } from '../testing/samples.ts'
import { type Feed, interfaceFilter, savedFeed } from './feed.ts'
import { follow } from './follow.ts'

const { log } = createTelemetry('node-agent', { level: 'silent' })

let folder = ''
let saved: SavedState
let stopping = new AbortController()
let following: Promise<void> = Promise.resolve()
let changes = 0
let trouble = ''
let troubles = new Map<string, string>()
let obeyed: Pin = pin
let successors: number[] = []
let refusal = ''
let isPinned = true

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-agent-'))
  saved = await openSavedState(join(folder, 'desired.journal'), pin, log)
  stopping = new AbortController()
  changes = 0
  trouble = 'not yet'
  troubles = new Map()
  obeyed = pin
  successors = []
  refusal = ''
  isPinned = true
})
afterEach(async () => {
  stopping.abort()
  await following
  await saved.close()
  rmSync(folder, { recursive: true, force: true })
})

type Part = Pick<EventLog, 'lineageId' | 'generation' | 'succeeded' | 'subscribe' | 'close'>

const stored = (sequence: number, events: Commit['events'], more: Partial<Commit> = {}): Commit =>
  // as: the agent reads these fields alone
  ({
    ...commit(sequence, events),
    ...pin,
    aggregateId: `${nodeId}.${interfaceId}`,
    subject: `evt.network.interface.${nodeId}.${interfaceId}`,
    commitId: `commit ${sequence}`,
    bytes: Buffer.from(String(sequence)),
    ...more,
  }) as Commit

/** A log that delivers these batches, the first `history` of them as what stood there before, and then stays silent. */
function fakeLog(
  batches: readonly (readonly Commit[])[],
  more: Partial<Part> = {},
  history = batches.length,
) {
  const subscriptions: SubscribeOptions[] = []
  const part: Part = {
    ...pin,
    succeeded: new AbortController().signal,
    async subscribe(options, onBatch) {
      subscriptions.push(options)
      for (const [index, batch] of batches.entries()) {
        if (index === history) options.onCaughtUp?.()
        await onBatch(batch)
      }
      if (history >= batches.length) options.onCaughtUp?.()
      await new Promise<void>((resolve) => {
        options.signal.addEventListener('abort', () => resolve(), { once: true })
        if (options.signal.aborted) resolve()
      })
    },
    close: async () => {},
    ...more,
  }
  return { log: part as EventLog, subscriptions } // as: the agent uses these alone
}

function start(open: () => Promise<EventLog>, others: readonly Feed[] = []): void {
  following = follow({
    open,
    feeds: [
      savedFeed({
        name: 'interfaces',
        filter: interfaceFilter(nodeId),
        consumer: nodeId,
        saved,
        onChange: () => {
          changes++
        },
        log,
      }),
      ...others,
    ],
    pin: obeyed,
    onSuccessor: async (eventLog) => {
      successors.push(eventLog.generation)
      if (refusal !== '') throw new Error(refusal)
    },
    isPinned: async () => isPinned,
    onLog: () => {},
    onTrouble: (feed, reason) => {
      if (feed === 'interfaces') trouble = reason
      troubles.set(feed, reason)
    },
    log,
    signal: stopping.signal,
  })
}

const created = facts.created({ name: 'wg0' })

test('it asks for its own subjects, under its own name, from where it stands', async () => {
  await saved.take([commit(7, [created])])
  const { log: eventLog, subscriptions } = fakeLog([])
  start(async () => eventLog)
  await until(() => subscriptions.length > 0, 'a subscription')
  expect(subscriptions[0]).toMatchObject({
    from: 8n,
    filter: `evt.network.interface.${nodeId}.>`,
    consumer: nodeId,
    checkpoint: { sequence: 7n },
  })
  expect(trouble).toBe('')
})

test('history is enforced as a whole, not step by step', async () => {
  const { log: eventLog } = fakeLog([
    [stored(1, [created])],
    [stored(2, [facts.added(2)])],
    [stored(3, [facts.removed(2)])],
  ])
  start(async () => eventLog)
  await until(() => changes > 0, 'a change')
  expect(changes).toBe(1)
  expect(saved.state.sequence).toBe(3n)
})

test('what is new is enforced at once', async () => {
  const { log: eventLog } = fakeLog(
    [[stored(1, [created])], [stored(2, [facts.added(2)])], [stored(3, [facts.added(3)])]],
    {},
    1,
  )
  start(async () => eventLog)
  await until(() => changes === 3, 'what stood there, and two changes')
})

test.each([
  ['lineage', { lineageId: '01890000-0000-7000-8000-0000000000dd' }],
  ['generation', { generation: 2 }],
])('a commit of another %s is refused loudly', async (_what, foreign) => {
  const { log: eventLog } = fakeLog([
    [stored(1, [created])],
    [stored(2, [facts.added(2)], foreign)],
  ])
  start(async () => eventLog)
  await until(() => /does not obey/.test(trouble), 'the refusal')
  expect(saved.state.sequence).toBe(1n)
})

test('a later generation is not read before this node has decided to obey it', async () => {
  refusal = 'nothing says how it began'
  const { log: eventLog, subscriptions } = fakeLog([], { generation: 2 })
  start(async () => eventLog)
  await until(() => trouble === refusal, 'the refusal')
  refusal = ''
  await until(() => successors.length > 1, 'the next attempt')
  expect(subscriptions).toEqual([])
})

test('an earlier generation is refused, and another log of the same one', async () => {
  obeyed = { ...pin, generation: 2, size: 1n, common: new Map([[1, 1n]]) }
  let generation = 1
  const subscribed: SubscribeOptions[][] = []
  start(async () => {
    const { log: eventLog, subscriptions } = fakeLog([], { generation })
    subscribed.push(subscriptions)
    return eventLog
  })
  await until(() => /generation 1, which this node does not obey/.test(trouble), 'the refusal')
  isPinned = false
  generation = 2
  await until(() => /generation 2, which this node does not obey/.test(trouble), 'the refusal')
  expect(subscribed.flat()).toEqual([])
  expect(successors).toEqual([])
})

test.each([
  ['up to the restore of the old generation', [1, 2], [1, 2], 4],
  ['and behind it of the new one', [1, 1], [1], 1],
  ['not before', [2, 2], [], 0],
])('commits are %s', async (_what, generations, taken, sequence) => {
  obeyed = { ...pin, generation: 2, size: 3n, common: new Map([[1, 3n]]) }
  const [first = 0, second = 0] = generations
  const { log: eventLog } = fakeLog(
    [
      [stored(1, [created], { generation: first })],
      [stored(4, [facts.added(2)], { generation: second })],
    ],
    { generation: 2 },
  )
  start(async () => eventLog)
  await until(() => saved.state.sequence === BigInt(sequence), 'what is ours')
  if (taken.length < 2) await until(() => /does not obey/.test(trouble), 'the refusal')
})

test('a log that ends because a later one was made is opened anew', async () => {
  const succeeded = new AbortController()
  const { log: before } = fakeLog([], { succeeded: succeeded.signal })
  const { log: after } = fakeLog([], { generation: 2 })
  const logs = [before, after]
  start(async () => logs.shift() ?? after)
  await until(() => trouble === '', 'the connection')
  succeeded.abort()
  await until(() => successors.includes(2), 'the successor')
})

test('a fact it does not know stops it; what came before holds', async () => {
  const unknown = { type: 'PeerBlessed', schema: 1, data: new Uint8Array() }
  const { log: eventLog } = fakeLog([[stored(1, [created]), stored(2, [unknown])]])
  start(async () => eventLog)
  await until(() => /does not know PeerBlessed/.test(trouble), 'the stop')
  expect(saved.state.sequence).toBe(1n)
  expect(changes).toBe(1)
})

test('a connection that fails is made again', async () => {
  let attempts = 0
  const { log: eventLog } = fakeLog([[stored(1, [created])]])
  start(async () => {
    attempts++
    if (attempts === 1) throw new Error('nobody there')
    return eventLog
  })
  await until(() => trouble === 'nobody there', 'the failure')
  await until(() => saved.state.sequence === 1n, 'the second attempt')
  expect(trouble).toBe('')
})

test('feeds stand alone: one that meets an unknown fact stops, the others go on', async () => {
  const rules: Feed = {
    name: 'rules',
    filter: 'evt.rules.rule_set.x',
    consumer: `${nodeId}-rules`,
    position: () => ({ sequence: 4n, hash: undefined }),
    take: () => Promise.reject(new Error('this agent does not know RuleBlessed')),
    caughtUp: () => {},
  }
  const { log: eventLog, subscriptions } = fakeLog([[stored(5, [created])]])
  start(async () => eventLog, [rules])
  await until(() => saved.state.sequence === 5n, 'the interfaces')
  await until(() => /RuleBlessed/.test(troubles.get('rules') ?? ''), 'the stop of the rules')
  expect(trouble).toBe('')
  expect(subscriptions.find(({ name }) => name === 'rules')).toMatchObject({
    from: 5n,
    filter: 'evt.rules.rule_set.x',
    consumer: `${nodeId}-rules`,
  })
})
