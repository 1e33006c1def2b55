import { randomUUID } from 'node:crypto'
import { type TestNats, testNats } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeCommit, encodeCommit } from './commit-codec.ts'
import { IdempotencyKeyReused, Stale } from './errors.ts'
import type { EventLog } from './index.ts'
import { ingestSubject } from './ingest.ts'
import { encodeHeaders } from './requests.ts'
import { CounterLimit, counter, newCommand, subjectOfCounter } from './testing/counter.ts'
import { lossyProxy } from './testing/lossy-proxy.ts'

let nats: TestNats
let log: EventLog

beforeAll(async () => {
  nats = await testNats()
  log = await nats.open('network')
})
afterAll(() => nats.close())

const add = (by: number) => ({ type: 'Add', by }) as const

const ingested = (subject: string) =>
  ingestSubject(nats.identities.ingest.token('network'), subject)

async function commitsOf(id: string) {
  const commits = []
  for await (const commit of log.history(subjectOfCounter(id))) commits.push(commit)
  return commits
}

/** Stores a commit behind the log's back, as another instance of the service would. */
async function foreignCommit(id: string, expected: bigint, by = 100) {
  const subject = subjectOfCounter(id)
  const before = (await commitsOf(id)).reduce((sum, { events }) => sum + events.length, 0)
  const bytes = encodeCommit({
    commitId: randomUUID(),
    lineageId: log.lineageId,
    generation: 1,
    aggregateType: 'counter',
    aggregateId: id,
    aggregateVersion: BigInt(before + 1),
    actor: { kind: 'service', id: 'network' },
    commandId: randomUUID(),
    correlationId: randomUUID(),
    timeUnixUs: 1n,
    events: [counter.codec.encode({ type: 'CounterAdded', by })],
  })
  const answer = await nats.admin.link.requests.ask(ingested(subject), bytes, {
    timeoutMs: 5_000,
    headers: encodeHeaders([['Nats-Expected-Last-Subject-Sequence', expected.toString()]]),
  })
  return JSON.parse(Buffer.from(answer.data).toString()) as { seq: number }
}

describe('an append that is acknowledged', () => {
  test('is one commit with everything about it', async () => {
    const id = randomUUID()
    const command = newCommand({
      organizationId: randomUUID(),
      requestHash: new Uint8Array(32).fill(7),
      causationId: randomUUID(),
      reason: 'because',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    })
    const outcome = await log.execute(counter, id, add(3), command)
    expect(outcome).toMatchObject({ isRepeated: false, state: { total: 3 } })
    expect(outcome.revision).toBe(outcome.sequence)
    const [commit] = await commitsOf(id)
    expect(commit).toMatchObject({
      sequence: outcome.sequence,
      subject: subjectOfCounter(id),
      lineageId: nats.lineageId,
      generation: 1,
      aggregateVersion: 1n,
      commandId: command.commandId,
      correlationId: command.correlationId,
      causationId: command.causationId,
      organizationId: command.organizationId,
      reason: 'because',
      actor: { kind: 'service', id: 'network' },
    })
    expect(log.seen()).toBeGreaterThanOrEqual(outcome.sequence)
    expect(await log.read(outcome.sequence)).toEqual(commit)
  })

  test('without events stores nothing', async () => {
    const id = randomUUID()
    const before = await log.head()
    const first = await log.execute(counter, id, { type: 'Touch' }, newCommand())
    expect(first).toMatchObject({ revision: 0n, events: [], isRepeated: false })
    expect(await log.head()).toBe(before)
  })

  test('a refusal of the rule stores nothing and leaves the state alone', async () => {
    const id = randomUUID()
    await log.execute(counter, id, add(5), newCommand())
    await expect(log.execute(counter, id, add(2_000_000), newCommand())).rejects.toMatchObject({
      code: CounterLimit.code,
    })
    expect(await log.fold(counter, id)).toMatchObject({ state: { total: 5, adds: 1 } })
  })
})

describe('one aggregate', () => {
  test('takes 200 commands at once, each once and in order', async () => {
    const id = randomUUID()
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, i) => log.execute(counter, id, add(i), newCommand())),
    )
    const sequences = outcomes.map(({ sequence }) => sequence)
    expect(sequences).toEqual([...sequences].sort((a, b) => (a < b ? -1 : 1)))
    const versions = (await commitsOf(id)).map(({ aggregateVersion }) => aggregateVersion)
    expect(versions).toEqual(Array.from({ length: 200 }, (_, i) => BigInt(i + 1)))
  })

  test('is looked at in memory without asking the log', async () => {
    const id = randomUUID()
    expect(log.peek(counter, id)).toBeUndefined()
    const { sequence } = await log.execute(counter, id, add(1), newCommand())
    expect(log.peek(counter, id)).toEqual({
      state: { total: 1, adds: 1 },
      revision: sequence,
      isSafe: true,
    })
    await foreignCommit(id, sequence)
    expect(log.peek(counter, id)?.revision).toBe(sequence)
    const { revision } = await log.fold(counter, id)
    expect(log.peek(counter, id)?.revision).toBe(revision)
  })

  test('another writer makes it fold again and decide again', async () => {
    const id = randomUUID()
    await log.execute(counter, id, add(1), newCommand())
    const [first] = await commitsOf(id)
    await foreignCommit(id, first?.sequence ?? 0n)
    const decidedOn: number[] = []
    const outcome = await log.execute(
      counter,
      id,
      (state) => {
        decidedOn.push(state.total)
        return add(state.total)
      },
      newCommand(),
    )
    expect(decidedOn).toEqual([1, 101])
    expect(outcome.state.total).toBe(202)
  })

  test('a refusal is made on what the log holds now', async () => {
    const id = randomUUID()
    const { revision } = await log.execute(counter, id, add(999_950), newCommand())
    await foreignCommit(id, revision, -500_000)
    const outcome = await log.execute(counter, id, add(100_000), newCommand())
    expect(outcome.state.total).toBe(599_950)
    await foreignCommit(id, outcome.revision, 400_000)
    await expect(log.execute(counter, id, add(100), newCommand())).rejects.toMatchObject({
      code: CounterLimit.code,
    })
  })

  test('an expected revision that has passed is stale', async () => {
    const id = randomUUID()
    const { revision } = await log.execute(counter, id, add(1), newCommand())
    await foreignCommit(id, revision)
    const command = newCommand({ expectedRevision: revision })
    await expect(log.execute(counter, id, add(1), command)).rejects.toMatchObject({
      code: Stale.code,
      kind: 'stale',
    })
  })

  test('events decided elsewhere are stored as they are, once, and only on the revision they were decided on', async () => {
    const id = randomUUID()
    const { revision } = await log.execute(counter, id, add(1), newCommand())
    const events = [{ type: 'CounterAdded' as const, by: 41 }]
    const context = { ...newCommand(), expectedRevision: revision }
    const outcome = await log.record(counter, id, events, context)
    expect(outcome).toMatchObject({ events, isRepeated: false })
    expect(outcome.state).toEqual((await log.fold(counter, id)).state)
    expect(await log.record(counter, id, events, context)).toMatchObject({
      sequence: outcome.sequence,
      isRepeated: true,
    })
    await expect(
      log.record(counter, id, events, { ...newCommand(), expectedRevision: revision }),
    ).rejects.toSatisfy(Stale.is)
    expect(await commitsOf(id)).toHaveLength(2)
  })

  test('long histories are read whole', async () => {
    const id = randomUUID()
    for (let i = 0; i < 30; i++)
      await Promise.all(
        Array.from({ length: 50 }, () => log.execute(counter, id, add(1), newCommand())),
      )
    const other = await nats.open('network')
    expect(await other.fold(counter, id)).toMatchObject({ state: { total: 1500, adds: 1500 } })
  })
})

describe('a command that comes again', () => {
  test('is answered with what it did the first time', async () => {
    const id = randomUUID()
    const command = newCommand({ isKeyed: true })
    const first = await log.execute(counter, id, add(4), command)
    await log.execute(counter, id, add(10), newCommand())
    const second = await log.execute(counter, id, add(4), command)
    expect(second).toMatchObject({ isRepeated: true, sequence: first.sequence })
    expect(second.events).toEqual([{ type: 'CounterAdded', by: 4 }])
    const elsewhere = await nats.open('network')
    const third = await elsewhere.execute(counter, id, add(4), command)
    expect(third).toMatchObject({ isRepeated: true, sequence: first.sequence })
    expect(await commitsOf(id)).toHaveLength(2)
  })

  test('while the first is under way waits for it', async () => {
    const id = randomUUID()
    const command = newCommand({ isKeyed: true })
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => log.execute(counter, id, add(4), command)),
    )
    expect(new Set(outcomes.map(({ sequence }) => sequence)).size).toBe(1)
    expect(outcomes.filter(({ isRepeated }) => !isRepeated)).toHaveLength(1)
    expect(await commitsOf(id)).toHaveLength(1)
  })

  test('with another body, by another actor or for another aggregate is refused', async () => {
    const id = randomUUID()
    const command = newCommand({ isKeyed: true, requestHash: new Uint8Array(32).fill(1) })
    await log.execute(counter, id, add(4), command)
    const others = [
      { ...command, requestHash: new Uint8Array(32).fill(2) },
      { ...command, actor: { kind: 'user', id: randomUUID() } as const },
    ]
    for (const other of others)
      await expect(log.execute(counter, id, add(4), other)).rejects.toMatchObject({
        code: IdempotencyKeyReused.code,
        kind: 'key_reused',
      })
  })

  test('is found in the registry when nobody remembers it, after the registry has caught up', async () => {
    const id = randomUUID()
    const command = newCommand({ isKeyed: true, requestHash: new Uint8Array(32).fill(1) })
    const first = await log.execute(counter, id, add(4), command)
    const fresh = await nats.open('network')
    const reached: bigint[] = []
    fresh.useCommands({
      async find(_, commandId) {
        if (commandId !== command.commandId || reached.length === 0) return undefined
        return {
          sequence: first.sequence,
          subject: subjectOfCounter(id),
          requestHash: command.requestHash,
          actorId: 'network',
        }
      },
      async reached(sequence) {
        reached.push(sequence)
      },
    })
    const again = await fresh.execute(counter, id, add(4), command)
    expect(again).toMatchObject({ isRepeated: true, sequence: first.sequence })
    expect(reached[0]).toBeGreaterThanOrEqual(first.sequence)
    const elsewhere = fresh.execute(counter, randomUUID(), add(4), command)
    await expect(elsewhere).rejects.toMatchObject({ code: IdempotencyKeyReused.code })
  })

  test('one id for two aggregates never passes for success', async () => {
    const command = newCommand()
    await log.execute(counter, randomUUID(), add(1), command)
    await expect(log.execute(counter, randomUUID(), add(1), command)).rejects.toThrow()
  })
})

describe('a lost acknowledgement', () => {
  const throughProxy = async (group: false | { minimum: number }) => {
    const { port } = new URL(nats.url)
    const proxy = await lossyProxy({ host: '127.0.0.1', port: Number(port) })
    return { proxy, log: await nats.open('network', { url: proxy.url, group }) }
  }

  test('is one commit and a success', async () => {
    const { proxy, log: distant } = await throughProxy(false)
    const id = randomUUID()
    await distant.execute(counter, id, add(1), newCommand())
    proxy.isDeaf = true
    const under = distant.execute(counter, id, add(2), newCommand())
    // The commit is in the log, only nobody told its writer.
    await expect.poll(async () => (await commitsOf(id)).length).toBe(2)
    await expect.poll(() => proxy.dropped).toBeGreaterThan(0)
    proxy.isDeaf = false
    proxy.cut()
    expect(await under).toMatchObject({ isRepeated: false, state: { total: 3 } })
    expect(await commitsOf(id)).toHaveLength(2)
    await proxy.close()
  })

  test('of a whole batch is one commit each', async () => {
    const { proxy, log: distant } = await throughProxy({ minimum: 2 })
    const ids = Array.from({ length: 40 }, () => randomUUID())
    for (const id of ids) await distant.fold(counter, id)
    const before = await log.head()
    const running = Promise.all(
      ids.map(async (id) => await distant.execute(counter, id, add(2), newCommand())),
    )
    proxy.isDeaf = true
    await expect.poll(() => log.head()).toBeGreaterThan(before)
    proxy.isDeaf = false
    proxy.cut()
    for (const outcome of await running) expect(outcome.state.total).toBe(2)
    for (const id of ids) expect(await commitsOf(id)).toHaveLength(1)
    await proxy.close()
  })
})

describe('many commits at once', () => {
  test('travel in batches, each once', async () => {
    const metrics = await nats.open('network', { group: { minimum: 5 } })
    const ids = Array.from({ length: 400 }, () => randomUUID())
    const outcomes = await Promise.all(
      ids.map((id) => metrics.execute(counter, id, add(1), newCommand())),
    )
    expect(new Set(outcomes.map(({ sequence }) => sequence)).size).toBe(400)
    for (const { sequence } of outcomes) {
      const commit = await log.read(sequence)
      expect(commit?.events).toHaveLength(1)
    }
    const { config } = await nats.admin.link.api.streamInfo(nats.stream)
    if (config['allow_atomic'] !== true) return // an older server; they went one by one
    const stored = await nats.admin.link.api.call<{ message: { hdrs?: string } }>(
      `STREAM.MSG.GET.${nats.stream}`,
      { seq: Number(outcomes.at(-1)?.sequence) },
    )
    const headers = Buffer.from(stored.message.hdrs ?? '', 'base64').toString()
    expect(headers).toContain('Nats-Batch-Id')
  })

  test('with a stale one among them, all the others are stored and it decides again', async () => {
    const writer = await nats.open('network', { group: { minimum: 3, lingerMs: 20 } })
    const ids = Array.from({ length: 60 }, () => randomUUID())
    for (const id of ids) await writer.execute(counter, id, add(1), newCommand())
    const stale = ids.slice(30, 33)
    for (const id of stale) await foreignCommit(id, (await commitsOf(id))[0]?.sequence ?? 0n)
    const outcomes = await Promise.all(
      ids.map((id) => writer.execute(counter, id, add(1), newCommand())),
    )
    outcomes.forEach(({ state }, i) => {
      expect(state.total).toBe(stale.some((id) => id === ids[i]) ? 102 : 2)
    })
    for (const id of ids) expect(await commitsOf(id)).toHaveLength(stale.includes(id) ? 3 : 2)
  })
})

describe('commands of one aggregate that wait behind each other', () => {
  /** The same counter, whose commands may follow facts that are about to be stored. */
  const following: typeof counter = { ...counter, mayFollow: () => true }
  const takesBatches = async (): Promise<boolean> =>
    (await nats.admin.link.api.streamInfo(nats.stream)).config['allow_atomic'] === true

  async function batchesOf(id: string): Promise<ReadonlySet<string>> {
    const batches = new Set<string>()
    for (const { sequence } of await commitsOf(id)) {
      const stored = await nats.admin.link.api.call<{ message: { hdrs?: string } }>(
        `STREAM.MSG.GET.${nats.stream}`,
        { seq: Number(sequence) },
      )
      const headers = Buffer.from(stored.message.hdrs ?? '', 'base64').toString()
      batches.add(/Nats-Batch-Id: (\S+)/.exec(headers)?.[1] ?? `single ${sequence}`)
    }
    return batches
  }

  test('are stored together, each once, in order and as one history', async () => {
    const id = randomUUID()
    const commands = Array.from({ length: 200 }, () => newCommand())
    const outcomes = await Promise.all(
      commands.map((command, i) => log.execute(following, id, add(i), command)),
    )
    const commits = await commitsOf(id)
    expect(commits.map(({ aggregateVersion }) => aggregateVersion)).toEqual(
      Array.from({ length: 200 }, (_, i) => BigInt(i + 1)),
    )
    outcomes.forEach(({ sequence, events, isRepeated }, i) => {
      expect(commits[i]).toMatchObject({ sequence, commandId: commands[i]?.commandId })
      expect(events).toEqual([{ type: 'CounterAdded', by: i }])
      expect(isRepeated).toBe(false)
    })
    const { state, revision } = await log.fold(following, id)
    expect(state).toEqual({ total: 19_900, adds: 200 })
    expect(revision).toBe(commits.at(-1)?.sequence)
    expect(await (await nats.open('network')).fold(following, id)).toEqual({ state, revision })
    if (await takesBatches()) expect((await batchesOf(id)).size).toBeLessThan(10)
    const again = await log.execute(following, id, add(7), commands[7] ?? newCommand())
    expect(again).toMatchObject({ isRepeated: true, sequence: outcomes[7]?.sequence })
  })

  test('decide again when another writer came between', async () => {
    const id = randomUUID()
    const { revision } = await log.execute(following, id, add(1), newCommand())
    await foreignCommit(id, revision)
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => log.execute(following, id, add(1), newCommand())),
    )
    expect(new Set(outcomes.map(({ sequence }) => sequence)).size).toBe(50)
    expect((await log.fold(following, id)).state).toEqual({ total: 151, adds: 52 })
    expect(await commitsOf(id)).toHaveLength(52)
  })

  test('are refused one by one, and only by what is stored', async () => {
    const id = randomUUID()
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, () => log.execute(following, id, add(30_000), newCommand())),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(33)
    for (const result of results)
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ code: CounterLimit.code })
    expect((await log.fold(following, id)).state).toEqual({ total: 990_000, adds: 33 })
    expect(await commitsOf(id)).toHaveLength(33)
  })

  test('let others between them who look at the state or change nothing', async () => {
    const id = randomUUID()
    const plain = Array.from({ length: 120 }, (_, i) =>
      i % 10 === 3
        ? log.fold(following, id)
        : log.execute(following, id, i % 10 === 7 ? { type: 'Touch' } : add(1), newCommand()),
    )
    const stopped = newCommand({ signal: AbortSignal.abort(new Error('stopped')) })
    await expect(log.execute(following, id, add(1), stopped)).rejects.toThrow('stopped')
    await Promise.all(plain)
    expect((await log.fold(following, id)).state).toEqual({ total: 96, adds: 96 })
  })

  test('are each stored once when nobody acknowledges them', async () => {
    const { port } = new URL(nats.url)
    const proxy = await lossyProxy({ host: '127.0.0.1', port: Number(port) })
    const distant = await nats.open('network', { url: proxy.url })
    const id = randomUUID()
    await distant.execute(following, id, add(1), newCommand())
    const running = Promise.all(
      Array.from({ length: 80 }, () => distant.execute(following, id, add(1), newCommand())),
    )
    proxy.isDeaf = true
    await expect.poll(async () => (await commitsOf(id)).length).toBeGreaterThan(1)
    await expect.poll(() => proxy.dropped).toBeGreaterThan(0)
    proxy.isDeaf = false
    proxy.cut()
    const outcomes = await running
    expect(new Set(outcomes.map(({ sequence }) => sequence)).size).toBe(80)
    for (const { isRepeated } of outcomes) expect(isRepeated).toBe(false)
    expect(await commitsOf(id)).toHaveLength(81)
    await proxy.close()
  })
})

test('large commits are stored as they are', async () => {
  const id = randomUUID()
  const big: typeof counter = {
    ...counter,
    codec: {
      ...counter.codec,
      encode: (event) => ({
        ...counter.codec.encode(event),
        data: Buffer.from(JSON.stringify({ by: event.by, filler: 'x'.repeat(2_000_000) })),
      }),
    },
  }
  const { sequence } = await log.execute(big, id, add(1), newCommand())
  const message = await nats.admin.link.api.message(nats.stream, sequence)
  expect(message?.bytes.length).toBeLessThan(50_000)
  if (message) expect(decodeCommit(message).events[0]?.data.length).toBeGreaterThan(2_000_000)
  const other = await nats.open('network')
  expect((await other.fold(big, id)).state.total).toBe(1)
})
