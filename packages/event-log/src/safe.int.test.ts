import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type TestNats, testNats } from '@holdfast/testkit'
import { connect, credsAuthenticator } from 'nats'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { safeSubject } from './admin/index.ts'
import { LogExhausted, LogUnavailable, OutcomeUnknown } from './errors.ts'
import type { Commit, EventLog } from './index.ts'
import { ingestSubject } from './ingest.ts'
import { encodeSafeSignal } from './safe-signal.ts'
import { CounterLimit, counter, newCommand, subjectOfCounter } from './testing/counter.ts'
import { type FakeArchiver, fakeArchiver } from './testing/fake-archiver.ts'

let nats: TestNats
let archiver: FakeArchiver
let log: EventLog
let reading: AbortController
beforeEach(async () => {
  nats = await testNats({ isGuarded: false })
  archiver = await fakeArchiver(nats)
  await archiver.approve()
  log = await nats.open('network')
  await writable()
  reading = new AbortController()
})
afterEach(async () => {
  reading.abort()
  archiver.stop()
  await nats.close()
})

const add = { type: 'Add', by: 1 } as const
const writable = () => expect.poll(() => log.status().isWritable, { timeout: 5_000 }).toBe(true)
const closed = () => expect.poll(() => log.status().isWritable, { timeout: 5_000 }).toBe(false)
const head = async () => BigInt((await nats.admin.link.api.streamInfo(nats.stream)).state.last_seq)

/** Sequences as a reader gets them. */
function follow(from: EventLog = log): bigint[] {
  const seen: bigint[] = []
  from
    .subscribe({ from: 1n, name: 'test', signal: reading.signal }, (commits) => {
      seen.push(...commits.map(({ sequence }) => sequence))
    })
    .catch(() => seen.push(-1n))
  return seen
}

/** Whether the answer is there, and which. */
function watched<T>(answer: Promise<T>) {
  const state: { value?: T; code?: string; isSettled: boolean } = { isSettled: false }
  answer.then(
    (value) => Object.assign(state, { value, isSettled: true }),
    (error: { code?: string }) => Object.assign(state, { code: error.code, isSettled: true }),
  )
  return state
}

/** By then whatever was to arrive has arrived: a commit and a signal after it went the same ways. */
async function settled(): Promise<void> {
  const { sequence } = archiver.archived > 0n ? { sequence: archiver.archived } : { sequence: 0n }
  archiver.say()
  await nats.admin.link.connection.flush()
  await expect.poll(() => log.safe.current()).toBe(sequence)
}

test('nobody sees a commit before the archive has it', async () => {
  const seen = follow()
  const answers = Array.from({ length: 3 }, () =>
    watched(log.execute(counter, randomUUID(), add, newCommand())),
  )
  await expect.poll(head).toBe(3n)
  await settled()
  expect(seen).toEqual([])
  expect(answers.some(({ isSettled }) => isSettled)).toBe(false)
  archiver.archived = 2n
  await expect.poll(() => seen).toEqual([1n, 2n])
  await expect.poll(() => answers.filter(({ isSettled }) => isSettled)).toHaveLength(2)
  archiver.archived = 3n
  await expect.poll(() => seen).toEqual([1n, 2n, 3n])
})

describe('an answer waits for the archive', () => {
  test('also when it is a refusal, or says that nothing changed', async () => {
    const id = randomUUID()
    const stored = watched(
      log.durable(async () => {
        const { sequence } = await log.execute(counter, id, add, newCommand())
        return sequence
      }),
    )
    await expect.poll(head).toBe(1n)
    const refused = watched(
      log.durable(() => log.execute(counter, id, { type: 'Add', by: 2e6 }, newCommand())),
    )
    const unchanged = watched(
      log.durable(() => log.execute(counter, id, { type: 'Touch' }, newCommand())),
    )
    const read = watched(log.durable(() => log.fold(counter, id)))
    const other = await log.durable(() => log.fold(counter, randomUUID()))
    expect(other.revision).toBe(0n)
    await settled()
    for (const answer of [stored, refused, unchanged, read]) expect(answer.isSettled).toBe(false)
    archiver.archived = 1n
    await expect.poll(() => stored.value).toBe(1n)
    await expect.poll(() => refused.code).toBe(CounterLimit.code)
    await expect.poll(() => unchanged.value?.revision).toBe(1n)
    await expect.poll(() => read.value?.revision).toBe(1n)
  })

  test('while the queue of the aggregate moves on', async () => {
    const id = randomUUID()
    const first = watched(log.execute(counter, id, add, newCommand()))
    await expect.poll(head).toBe(1n)
    // Several steps in one answer, and further commands, go on at the log's acknowledgement.
    const steps = watched(
      log.durable(async () => {
        await log.execute(counter, id, add, newCommand())
        const { revision, state } = await log.fold(counter, id)
        return { revision, total: state.total }
      }),
    )
    await expect.poll(head).toBe(2n)
    const peeked = log.peek(counter, id)
    expect(peeked).toMatchObject({ revision: 2n, isSafe: false })
    await settled()
    expect([first.isSettled, steps.isSettled]).toEqual([false, false])
    archiver.archived = 2n
    await expect.poll(() => steps.value).toEqual({ revision: 2n, total: 2 })
    expect(first.isSettled).toBe(true)
    expect(log.peek(counter, id)?.isSafe).toBe(true)
  })

  test('5 s at most: then the outcome is unknown, and the same key finds the commit later', async () => {
    const id = randomUUID()
    const command = newCommand({ isKeyed: true })
    const answer = log.durable(() => log.execute(counter, id, add, command))
    await expect(answer).rejects.toMatchObject({
      code: OutcomeUnknown.code,
      details: { commandId: command.commandId },
    })
    archiver.archived = await head()
    expect(archiver.archived).toBe(1n)
    const again = await log.durable(() => log.execute(counter, id, add, command))
    expect(again).toMatchObject({ sequence: 1n, isRepeated: true })
    expect(await head()).toBe(1n)
  }, 20_000)
})

describe('changes are refused before anything is stored, and reads go on', () => {
  const id = randomUUID()
  const command = () => log.execute(counter, id, add, newCommand())
  const stored = async () => {
    const first = command()
    await expect.poll(head).toBe(1n)
    archiver.archived = 1n
    await first
  }
  const isRead = async () => expect((await log.fold(counter, id)).state.total).toBe(1)

  test('when the archiver is silent', async () => {
    await stored()
    archiver.isHeard = false
    await closed()
    await expect(command()).rejects.toMatchObject({
      code: LogUnavailable.code,
      message: expect.stringContaining('archiver'),
    })
    await isRead()
    expect(await log.safeHead()).toBe(1n)
    expect(await head()).toBe(1n)
    archiver.isHeard = true
    const waiting = command()
    await expect.poll(head).toBe(2n)
    archiver.archived = 2n
    await waiting
  }, 20_000)

  test.each([
    ['exhausted', LogExhausted.code],
    ['frozen', LogUnavailable.code],
  ] as const)('when it is %s', async (writes, code) => {
    await stored()
    Object.assign(archiver, { writes, reason: 'for a reason' })
    await closed()
    await expect(command()).rejects.toMatchObject({
      code,
      message: expect.stringContaining('for a reason'),
    })
    await isRead()
    expect(await head()).toBe(1n)
    Object.assign(archiver, { writes: 'open', reason: '' })
    await writable()
  })

  test('when the guard keeps the log closed, and whoever starts then can read as well', async () => {
    await stored()
    const seen = follow()
    await expect.poll(() => seen).toEqual([1n])
    Object.assign(archiver, { writes: 'frozen', reason: 'commit 1 differs' })
    await archiver.refuse({ code: 'log.frozen', reason: 'commit 1 differs', firstBadSequence: 1n })
    const late = await nats.open('network')
    for (const opened of [log, late]) {
      await expect
        .poll(() => opened.status())
        .toEqual({ isWritable: false, isRefused: true, reason: 'commit 1 differs' })
      expect((await opened.fold(counter, id)).state.total).toBe(1)
      expect(opened.safe.current()).toBe(0n)
      const answer = opened.durable(() => opened.execute(counter, id, add, newCommand()))
      await expect(answer).rejects.toMatchObject({ code: LogUnavailable.code })
    }
    expect(await head()).toBe(1n)
    Object.assign(archiver, { writes: 'open', reason: '' })
    await archiver.approve()
    await writable()
    const waiting = command()
    await expect.poll(head).toBe(2n)
    archiver.archived = 2n
    await waiting
    await expect.poll(() => seen).toEqual([1n, 2n])
  })
})

describe('a server that comes back without commits the archive did not have', () => {
  /** As a crash leaves it: the same stream, cut. */
  async function cutTo(sequence: bigint): Promise<void> {
    const { api } = nats.admin.link
    const { config } = await api.streamInfo(nats.stream)
    const kept = sequence === 0n ? [] : await api.messagesFrom(nats.stream, 1n)
    await archiver.refuse({ code: 'log.checking', reason: 'it is put back together' })
    await closed()
    await api.call(`STREAM.DELETE.${nats.stream}`)
    await api.call(`STREAM.CREATE.${nats.stream}`, config)
    for (const { sequence: at, subject, commitId, bytes } of kept)
      if (at <= sequence) await republished(subject, commitId, bytes)
  }

  async function republished(subject: string, commitId: string, bytes: Uint8Array): Promise<void> {
    const { republish } = await import('./admin/index.ts')
    const lastSequence = await head()
    await republish(
      nats.admin,
      [{ sequence: lastSequence + 1n, subject, messageId: commitId, payload: bytes }],
      {
        ingest: nats.identities.ingest,
        stream: nats.stream,
        allowsBatches: false,
        lastSequence,
      },
    )
  }

  test('has shown them to nobody: readers go on, and answers say that they do not know', async () => {
    const id = randomUUID()
    const seen: Commit[] = []
    const followed = log.subscribe(
      { from: 1n, name: 'test', signal: reading.signal },
      (commits) => {
        seen.push(...commits)
      },
    )
    const first = log.execute(counter, id, add, newCommand())
    await expect.poll(head).toBe(1n)
    archiver.archived = 1n
    await first
    const lost = newCommand({ isKeyed: true })
    const losing = expect(
      log.durable(() => log.execute(counter, id, add, lost)),
    ).rejects.toMatchObject({ code: OutcomeUnknown.code })
    await expect.poll(head).toBe(2n)
    await cutTo(1n)
    await archiver.approve(1n)
    await losing
    await writable()

    // The sequence goes to somebody else, and the lost command is carried out when it comes again.
    const other = watched(log.execute(counter, randomUUID(), add, newCommand()))
    await expect.poll(head).toBe(2n)
    const again = watched(log.execute(counter, id, add, lost))
    await expect.poll(head).toBe(3n)
    archiver.archived = 3n
    await expect.poll(() => other.value?.sequence).toBe(2n)
    await expect.poll(() => again.value).toMatchObject({ sequence: 3n, isRepeated: false })
    await expect.poll(() => seen.map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n])
    expect(seen[2]?.commandId).toBe(lost.commandId)
    expect((await log.fold(counter, id)).state.total).toBe(2)
    reading.abort()
    await followed
  })
})

test('a signal forged by way of a server’s answer, or by who may not, changes nothing', async () => {
  const first = log.execute(counter, randomUUID(), add, newCommand())
  await expect.poll(head).toBe(1n)
  archiver.archived = 1n
  await first
  const waiting = watched(log.execute(counter, randomUUID(), add, newCommand()))
  await expect.poll(head).toBe(2n)

  const { ingest } = nats.identities
  const forged = encodeSafeSignal({
    stream: nats.stream,
    sequence: 999n,
    writes: 'open',
    reason: '',
  })
  const services = safeSubject(ingest, 'services')
  const network = await connect({
    servers: nats.url,
    authenticator: credsAuthenticator(await readFile(nats.identities.credentialsFile('network'))),
    inboxPrefix: '_INBOX_network',
    reconnect: false,
  })
  // Straight there: not allowed.
  for (const subject of [services, safeSubject(ingest, 'nodes')]) network.publish(subject, forged)
  // Stored under a subject of one's own, and then asked for with the answer to be sent there.
  const own = subjectOfCounter(randomUUID())
  await network.request(ingestSubject(ingest.token('network'), own), forged)
  const sequence = Number(await head())
  const direct = `$JS.API.DIRECT.GET.${nats.stream}`
  network.publish(direct, JSON.stringify({ seq: sequence }), { reply: services })
  network.publish(`${direct}.${own}`, '', { reply: services })
  const config = { name: 'thief', ack_policy: 'none', deliver_policy: 'all', filter_subject: own }
  const create = `$JS.API.CONSUMER.CREATE.${nats.stream}`
  await network.request(
    `${create}.thief.${own}`,
    JSON.stringify({ stream_name: nats.stream, config }),
  )
  network.publish(`$JS.API.CONSUMER.MSG.NEXT.${nats.stream}.thief`, '1', { reply: services })
  await network.request(
    `${create}.pushy.${own}`,
    JSON.stringify({
      stream_name: nats.stream,
      config: { ...config, name: 'pushy', deliver_subject: services },
    }),
  )
  await network.flush()
  await settled()
  expect(log.safe.current()).toBe(1n)
  expect(waiting.isSettled).toBe(false)
  await network.close()
  archiver.archived = 2n
  await expect.poll(() => waiting.isSettled).toBe(true)
})
