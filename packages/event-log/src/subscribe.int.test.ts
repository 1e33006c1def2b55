import { randomUUID } from 'node:crypto'
import { type TestNats, testNats } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { republish } from './admin/index.ts'
import { encodeCommit } from './commit-codec.ts'
import { commitHash } from './commit-hash.ts'
import { CommitUnreadable, LogForked, LogGap } from './errors.ts'
import type { Commit, EventLog } from './index.ts'
import { ingestSubject } from './ingest.ts'
import { counter, newCommand, subjectOfCounter } from './testing/counter.ts'

let nats: TestNats
let log: EventLog

beforeAll(async () => {
  nats = await testNats()
  log = await nats.open('network')
})
afterAll(() => nats.close())

const add = { type: 'Add', by: 1 } as const

/** Reads until `count` commits have come. */
async function readUntil(count: number, options: { from: bigint; filter?: string }) {
  const commits: Commit[] = []
  const stopping = new AbortController()
  await log.subscribe({ ...options, name: 'test', signal: stopping.signal }, (batch) => {
    commits.push(...batch)
    if (commits.length >= count) stopping.abort()
  })
  return commits
}

const fill = async (count: number): Promise<string[]> => {
  const ids = Array.from({ length: count }, () => randomUUID())
  await Promise.all(ids.map((id) => log.execute(counter, id, add, newCommand())))
  return ids
}

test('delivers everything once and in order, thousands at a time', async () => {
  await fill(2500)
  const head = await log.head()
  const commits = await readUntil(Number(head), { from: 1n })
  expect(commits.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: Number(head) }, (_, i) => BigInt(i + 1)),
  )
})

test('starts where it is told and goes on with what is written later', async () => {
  const from = (await log.head()) + 1n
  const reading = readUntil(3, { from })
  await fill(3)
  const commits = await reading
  expect(commits.map(({ sequence }) => sequence)).toEqual([from, from + 1n, from + 2n])
})

test('a slow reader is not flooded', async () => {
  await fill(100)
  const head = Number(await log.head())
  let taken = 0
  let inside = 0
  const stopping = new AbortController()
  await log.subscribe({ from: 1n, name: 'test', signal: stopping.signal }, async (batch) => {
    inside++
    expect(inside).toBe(1)
    expect(batch.length).toBeLessThanOrEqual(2000)
    await new Promise((resolve) => setImmediate(resolve))
    taken += batch.length
    inside--
    if (taken >= head) stopping.abort()
  })
  expect(taken).toBe(head)
})

test('a filtered reader sees its subject only, whatever is between', async () => {
  const [mine = ''] = await fill(1)
  await fill(20)
  await log.execute(counter, mine, add, newCommand())
  await fill(20)
  await log.execute(counter, mine, add, newCommand())
  const commits = await readUntil(3, { from: 1n, filter: subjectOfCounter(mine) })
  expect(commits.map(({ aggregateVersion }) => aggregateVersion)).toEqual([1n, 2n, 3n])
})

test('goes on by itself after the server was gone', async () => {
  const from = (await log.head()) + 1n
  const commits: Commit[] = []
  const stopping = new AbortController()
  const reading = log.subscribe({ from, name: 'test', signal: stopping.signal }, (batch) => {
    commits.push(...batch)
    if (commits.length >= 20) stopping.abort()
  })
  await fill(10)
  await expect.poll(() => commits.length).toBe(10)
  await nats.restart({ isKilled: true })
  await fill(10)
  await reading
  expect(commits.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: 20 }, (_, i) => from + BigInt(i)),
  )
})

test('what the callback throws ends the subscription', async () => {
  const stopping = new AbortController()
  const reading = log.subscribe({ from: 1n, name: 'test', signal: stopping.signal }, () => {
    throw new Error('poison')
  })
  await expect(reading).rejects.toThrow('poison')
})

test('a checkpoint that is not in the log any more freezes the reader', async () => {
  const head = await log.head()
  const last = await log.read(head)
  if (!last) throw new Error('no last commit')
  const follow = (sequence: bigint, hash: Uint8Array) =>
    log.subscribe(
      {
        from: sequence + 1n,
        name: 'test',
        signal: AbortSignal.timeout(5_000),
        checkpoint: { sequence, hash },
      },
      () => undefined,
    )
  await expect(follow(head, new Uint8Array(32))).rejects.toMatchObject({ code: LogForked.code })
  await expect(follow(head + 50n, commitHash(last))).rejects.toMatchObject({ code: LogGap.code })

  const commits: Commit[] = []
  const stopping = new AbortController()
  const checkpoint = { sequence: head, hash: commitHash(last) }
  const reading = log.subscribe(
    { from: head + 1n, name: 'test', signal: stopping.signal, checkpoint },
    (batch) => {
      commits.push(...batch)
      stopping.abort()
    },
  )
  await fill(1)
  await reading
  expect(commits.map(({ sequence }) => sequence)).toEqual([head + 1n])
})

test('a hole in the log freezes the reader and delivers nothing behind it', async () => {
  const damaged = await testNats()
  try {
    const writer = await damaged.open('network')
    for (let i = 0; i < 6; i++) await writer.execute(counter, randomUUID(), add, newCommand())
    // A deleted commit looks to readers like one the server can no longer read. The deny flags cannot
    // be taken back, so the stream is made again without them.
    const { api } = damaged.admin.link
    const { config } = await api.streamInfo(damaged.stream)
    const messages = []
    for (let next = 1n; ; ) {
      const page = await api.messagesFrom(damaged.stream, next)
      if (page.length === 0) break
      messages.push(...page)
      next = (page.at(-1)?.sequence ?? next) + 1n
    }
    await api.call(`STREAM.DELETE.${damaged.stream}`)
    await api.call(`STREAM.CREATE.${damaged.stream}`, { ...config, deny_delete: false })
    await republish(
      damaged.admin,
      messages.map(({ commitId: messageId, bytes: payload, ...rest }) => ({
        ...rest,
        messageId,
        payload,
      })),
      {
        ingest: damaged.identities.ingest,
        stream: damaged.stream,
        allowsBatches: true,
        lastSequence: 0n,
      },
    )
    await api.call(`STREAM.MSG.DELETE.${damaged.stream}`, { seq: 4 })
    const commits: Commit[] = []
    const reading = writer.subscribe(
      { from: 1n, name: 'test', signal: AbortSignal.timeout(10_000) },
      (batch) => {
        commits.push(...batch)
      },
    )
    await expect(reading).rejects.toMatchObject({ code: LogGap.code })
    expect(commits.map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n])
  } finally {
    await damaged.close()
  }
})

test('bytes that are no commit of this log freeze the reader', async () => {
  const from = (await log.head()) + 1n
  const id = randomUUID()
  const bytes = encodeCommit({
    commitId: randomUUID(),
    lineageId: randomUUID(),
    generation: 1,
    aggregateType: 'counter',
    aggregateId: id,
    aggregateVersion: 1n,
    actor: { kind: 'service', id: 'network' },
    commandId: randomUUID(),
    correlationId: randomUUID(),
    timeUnixUs: 1n,
    events: [{ type: 'CounterAdded', schema: 1, data: new Uint8Array() }],
  })
  const subject = ingestSubject(nats.identities.ingest.token('network'), subjectOfCounter(id))
  await nats.admin.link.requests.ask(subject, bytes, { timeoutMs: 5_000 })
  await expect(readUntil(1, { from })).rejects.toMatchObject({ code: CommitUnreadable.code })
})
