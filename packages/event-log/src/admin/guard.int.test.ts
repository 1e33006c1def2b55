import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { type TestNats, testNats } from '@holdfast/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LogMismatch } from '../errors.ts'
import { counter, newCommand } from '../testing/counter.ts'
import {
  approveServer,
  type ConfigDrift,
  expectedConfig,
  flowStream,
  GuardRefused,
  probeServer,
  provisionFlows,
  provisionLog,
  vouch,
  watchDrift,
} from './index.ts'

let nats: TestNats
beforeEach(async () => {
  nats = await testNats({ isGuarded: false })
})
afterEach(() => nats.close())

const refusedFor = (reason: string) =>
  expect(approveServer(nats.admin, nats.guard)).rejects.toMatchObject({
    code: GuardRefused.code,
    message: expect.stringContaining(reason),
  })

async function fill(count: number): Promise<void> {
  const log = await nats.open('network')
  await expect.poll(() => log.status().isWritable).toBe(true)
  for (let i = 0; i < count; i++)
    await log.execute(counter, randomUUID(), { type: 'Add', by: 1 }, newCommand())
}

const change = async (settings: Record<string, unknown>): Promise<void> => {
  const { api } = nats.admin.link
  const { config } = await api.streamInfo(nats.stream)
  await api.call(`STREAM.UPDATE.${nats.stream}`, { ...config, ...settings })
}

describe('provisioning', () => {
  test('may be repeated and changes nothing', async () => {
    expect(await provisionLog(nats.admin, nats.guard)).toMatchObject({ isNew: false, drift: [] })
  })

  test('never takes over the log of somebody else', async () => {
    const other = { ...nats.guard, lineageId: randomUUID() }
    await expect(provisionLog(nats.admin, other)).rejects.toMatchObject({ code: LogMismatch.code })
    const next = { ...nats.guard, generation: 2 }
    await expect(provisionLog(nats.admin, next)).rejects.toMatchObject({ code: LogMismatch.code })
  })
})

test('flow records have the bound that is set now, and keep what is there', async () => {
  const { api } = nats.admin.link
  const maxBytes = async (): Promise<unknown> =>
    (await api.streamInfo(flowStream)).config['max_bytes']
  nats.admin.link.connection.publish(`tlm.node.${randomUUID()}.flows`, 'flows')
  const count = async () => (await api.streamInfo(flowStream)).state.messages
  await expect.poll(count).toBe(1)
  for (const bytes of [20_000_000, 30_000_000, 30_000_000]) {
    await provisionFlows(nats.admin, { maxBytes: bytes })
    expect(await maxBytes()).toBe(bytes)
  }
  expect(await count()).toBe(1)
})

describe('the guard', () => {
  test('refuses a stream whose limits were changed, by name', async () => {
    await change({ max_msgs: 1, discard: 'old' })
    await refusedFor('max_msgs')
  })

  test('refuses other bytes at the vouched position', async () => {
    await approveServer(nats.admin, nats.guard)
    await fill(3)
    expect(await vouch(nats.admin, nats.guard)).toBe(3n)
    const text = await readFile(nats.guard.vouchFile, 'utf8')
    const { hash } = JSON.parse(text) as { hash: string }
    await writeFile(nats.guard.vouchFile, text.replace(hash, hash.split('').reverse().join('')))
    await refusedFor('commit 3 is not the one it was')
  })

  test('refuses when its own memory is damaged or of another log', async () => {
    await approveServer(nats.admin, nats.guard)
    const text = await readFile(nats.guard.vouchFile, 'utf8')
    await writeFile(nats.guard.vouchFile, text.replace('EVT_1', 'EVT_9'))
    await refusedFor('the vouched position is that of another log')
    await writeFile(nats.guard.vouchFile, '{"stream":"EVT_1"}')
    await expect(approveServer(nats.admin, nats.guard)).rejects.toThrow('is damaged')
  })

  test('vouches for what was added, and never backwards', async () => {
    await approveServer(nats.admin, nats.guard)
    await fill(5)
    expect(await vouch(nats.admin, nats.guard)).toBe(5n)
    expect(await vouch(nats.admin, nats.guard)).toBe(5n)
    const text = await readFile(nats.guard.vouchFile, 'utf8')
    await writeFile(nats.guard.vouchFile, text.replace('"sequence":"5"', '"sequence":"9"'))
    await expect(vouch(nats.admin, nats.guard)).rejects.toMatchObject({ code: GuardRefused.code })
  })
})

test('drift of the configuration is noticed, and its end too', async () => {
  const seen: (readonly ConfigDrift[])[] = []
  const stopping = new AbortController()
  const expected = await expectedConfig(nats.admin, nats.guard)
  const watching = watchDrift(
    nats.admin,
    { expected, intervalMs: 20, signal: stopping.signal },
    (drift) => seen.push(drift),
  )
  await change({ max_age: 3_600_000_000_000 })
  await expect.poll(() => seen.at(-1)?.map(({ setting }) => setting)).toEqual(['max_age'])
  await change({ max_age: 0 })
  await expect.poll(() => seen.at(-1)).toEqual([])
  await nats.admin.link.api.call(`STREAM.DELETE.${nats.stream}`)
  await expect.poll(() => seen.at(-1)?.map(({ setting }) => setting)).toEqual(['name'])
  stopping.abort()
  await watching
})

test('the probe leaves nothing behind', async () => {
  const report = await probeServer(nats.admin)
  expect(report).toMatchObject({ checksExpectations: true, serverId: nats.server.serverId })
  const { streams } = await nats.admin.link.api.call<{ streams: string[] }>('STREAM.NAMES', {})
  expect([...streams].sort()).toEqual(['ACCESS', 'EVT_1', 'FLOWS', 'GUARD'])
})
