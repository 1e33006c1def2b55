import { randomUUID } from 'node:crypto'
import { type TestNats, testNats } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { flowStream, provisionFlows } from './admin/index.ts'
import type { EventLog, TelemetryMessage, TelemetryPosition } from './index.ts'

let nats: TestNats
let log: EventLog
const subject = `tlm.node.${randomUUID()}.flows`

beforeAll(async () => {
  nats = await testNats()
  log = await nats.open('audit')
})
afterAll(() => nats.close())

/** The stream acknowledges nothing: what was sent is there when the stream has grown. */
async function publish(...texts: readonly string[]): Promise<void> {
  const { api, requests } = nats.admin.link
  const lastSequence = async () => (await api.streamInfo(flowStream)).state.last_seq
  const wanted = (await lastSequence()) + texts.length
  for (const text of texts) requests.tell(subject, Buffer.from(text))
  while ((await lastSequence()) < wanted);
}

const textOf = ({ data }: TelemetryMessage): string => Buffer.from(data).toString()

/** Reads until a message with this text has come. */
async function readUntil(text: string, after?: TelemetryPosition) {
  const stopping = new AbortController()
  const found: { texts: string[]; missed: bigint; position?: TelemetryPosition; times: number[] } =
    { texts: [], missed: 0n, times: [] }
  const options = { stream: flowStream, name: 'test', signal: stopping.signal }
  await log.follow({ ...options, ...(after ? { after } : {}) }, async (batch) => {
    found.texts.push(...batch.messages.map(textOf))
    found.times.push(...batch.messages.map(({ storedAtUnixMs }) => storedAtUnixMs))
    found.missed += batch.missed
    found.position = batch.position
    if (found.texts.includes(text)) stopping.abort()
  })
  return found
}

const many = Array.from({ length: 300 }, (_, i) => `m${i}`)

test('delivers what is there, then what comes, each once and in order', async () => {
  await publish(...many)
  const first = await readUntil('m299')
  expect(first.texts).toEqual(many)
  expect(first.missed).toBe(0n)
  expect([...first.times].sort((a, b) => a - b)).toEqual(first.times)
  const reading = readUntil('two', first.position)
  await publish('one', 'two')
  expect((await reading).texts).toEqual(['one', 'two'])
})

test('goes on after the server was restarted, without repeating or leaving out', async () => {
  const { position } = await readUntil('two')
  const reading = readUntil('after', position)
  await publish('before')
  await nats.restart()
  await nats.admin.connectedTo(nats.server.serverId, AbortSignal.timeout(30_000))
  await publish('after')
  expect((await reading).texts).toEqual(['before', 'after'])
})

test('tells how many messages went before they were read', async () => {
  const { position } = await readUntil('after')
  await publish('gone 1', 'gone 2', 'gone 3', 'kept')
  const { api } = nats.admin.link
  const { config } = await api.streamInfo(flowStream)
  await api.call(`STREAM.UPDATE.${flowStream}`, { ...config, max_msgs_per_subject: 1 })
  const { texts, missed } = await readUntil('kept', position)
  expect(texts).toEqual(['kept'])
  expect(missed).toBe(3n)
  await api.call(`STREAM.UPDATE.${flowStream}`, config)
})

test('a server that lost the end of the stream gives its sequences to others, and those are read', async () => {
  const { position } = await readUntil('kept')
  expect(position).toBeDefined()
  if (!position) return
  const ahead = { ...position, sequence: position.sequence + 1000n }
  const reading = readUntil('fresh', ahead)
  await publish('fresh')
  const { texts, missed } = await reading
  expect(texts.at(-1)).toBe('fresh')
  expect(missed).toBe(0n)
})

test('a stream made anew is read from its beginning', async () => {
  const { position } = await readUntil('fresh')
  const { api } = nats.admin.link
  await api.call(`STREAM.DELETE.${flowStream}`)
  const reading = readUntil('anew', position)
  await provisionFlows(nats.admin, { maxBytes: 1024 * 1024 })
  await publish('anew')
  expect(await reading).toMatchObject({ texts: ['anew'], missed: 0n })
})

test('what the reader throws ends the reading', async () => {
  const { signal } = new AbortController()
  const reading = log.follow({ stream: flowStream, name: 'test', signal }, async () => {
    throw new Error('no room')
  })
  await expect(reading).rejects.toThrow('no room')
})
