import { randomUUID } from 'node:crypto'
import { type TestNats, testNats } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MessageUnreadable, RestoreRefused } from '../errors.ts'
import { counter, newCommand } from '../testing/counter.ts'
import {
  type AdminConnection,
  type ArchivedCommit,
  connectAdmin,
  expectedConfig,
  followRaw,
  type RawMessage,
  readRaw,
  republish,
} from './index.ts'

let nats: TestNats
let guard: AdminConnection
beforeAll(async () => {
  nats = await testNats()
  // With the rights the guard has, and no more.
  guard = await connectAdmin({
    url: nats.url,
    name: 'log-guard',
    credentialsFile: nats.identities.credentialsFile('log-guard'),
  })
  const log = await nats.open('network')
  await Promise.all(Array.from({ length: 300 }, () => add(log)))
})
afterAll(async () => {
  await guard.close()
  await nats.close()
})

const add = (log: Awaited<ReturnType<TestNats['open']>>) =>
  log.execute(counter, randomUUID(), { type: 'Add', by: 1 }, newCommand())

/** A copy: a raw message is good for one turn only. */
const copy = (message: RawMessage): RawMessage => ({
  ...message,
  header: Uint8Array.from(message.header),
  payload: Uint8Array.from(message.payload),
})

async function all(from = 1n, to?: bigint): Promise<RawMessage[]> {
  const found: RawMessage[] = []
  const options = { stream: nats.stream, from, ...(to === undefined ? {} : { to }) }
  for await (const messages of readRaw(guard, options)) found.push(...messages.map(copy))
  return found
}

test('every stored message is read as it is stored, in order', async () => {
  const messages = await all()
  expect(messages.map(({ sequence }) => Number(sequence))).toEqual(
    Array.from({ length: 300 }, (_, index) => index + 1),
  )
  for (const { sequence, subject, header, messageId, payload, storedAtUnixNs } of messages) {
    const { message } = await nats.admin.link.api.call<{
      message: { subject: string; hdrs: string; data: string; time: string }
    }>(`STREAM.MSG.GET.${nats.stream}`, { seq: Number(sequence) })
    expect(subject).toBe(message.subject)
    expect(Buffer.from(header).toString('base64')).toBe(message.hdrs)
    expect(Buffer.from(payload).toString('base64')).toBe(message.data)
    expect(storedAtUnixNs / 1_000_000n).toBe(BigInt(Date.parse(message.time)))
    expect(Buffer.from(header).toString()).toContain(`Nats-Msg-Id: ${messageId}\r\n`)
  }
  expect((await all(100n, 102n)).map(({ sequence }) => sequence)).toEqual([100n, 101n, 102n])
  expect(await all(301n)).toEqual([])
})

test('what is added is handed over, and the callback holds the reader back', async () => {
  const log = await nats.open('network')
  const stopping = new AbortController()
  const from = (await log.head()) + 1n
  const seen: bigint[] = []
  let isBusy = false
  const following = followRaw(
    guard,
    { stream: nats.stream, from, signal: stopping.signal },
    async (messages) => {
      expect(isBusy).toBe(false)
      isBusy = true
      await new Promise((resolve) => setImmediate(resolve))
      seen.push(...messages.map(({ sequence }) => sequence))
      isBusy = false
      if (seen.length === 50) stopping.abort()
    },
  )
  for (let round = 0; round < 5; round++)
    await Promise.all(Array.from({ length: 10 }, () => add(log)))
  await following
  expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => from + BigInt(index)))
})

test('a lost log is put back with the same sequences, bytes and message ids', async () => {
  const before = await all()
  const { api } = guard.link
  const config = await expectedConfig(guard, nats.spec)
  const options = { ...nats.spec, allowsBatches: true }
  await api.call(`STREAM.DELETE.${nats.stream}`)
  await api.call(`STREAM.CREATE.${nats.stream}`, config)
  const archived: readonly ArchivedCommit[] = before
  expect(await republish(guard, archived.slice(0, 120), { ...options, lastSequence: 0n })).toBe(
    120n,
  )
  // One by one, as on a server without batches.
  const singly = { ...options, allowsBatches: false, lastSequence: 120n }
  expect(await republish(guard, archived.slice(120), singly)).toBe(BigInt(before.length))
  const after = await all()
  const known = (messages: readonly RawMessage[]) =>
    messages.map(({ sequence, subject, messageId, payload }) => ({
      sequence,
      subject,
      messageId,
      payload: Buffer.from(payload).toString('base64'),
    }))
  expect(known(after)).toEqual(known(before))

  // Nothing goes anywhere but to its place.
  for (const allowsBatches of [true, false])
    await expect(
      republish(guard, archived.slice(10, 20), { ...options, allowsBatches, lastSequence: 10n }),
    ).rejects.toMatchObject({ code: RestoreRefused.code, details: { sequence: '11' } })
  await expect(
    republish(guard, archived.slice(3), { ...options, lastSequence: 0n }),
  ).rejects.toMatchObject({ code: RestoreRefused.code })
  expect((await api.streamInfo(nats.stream)).state.last_seq).toBe(before.length)
})

test('a hole is named', async () => {
  const name = 'HOLE'
  const { api } = nats.admin.link
  await api.call(`STREAM.CREATE.${name}`, { name, subjects: ['hole'], storage: 'file' })
  for (let i = 0; i < 5; i++)
    await nats.admin.link.requests.ask('hole', Buffer.from('x'), { timeoutMs: 5_000 })
  await api.call(`STREAM.MSG.DELETE.${name}`, { seq: 3, no_erase: true })
  const read = async () => {
    for await (const _ of readRaw(nats.admin, { stream: name, from: 1n }));
  }
  await expect(read()).rejects.toMatchObject({
    code: MessageUnreadable.code,
    details: { sequence: '3' },
  })
})
