import { randomUUID } from 'node:crypto'
import { type TestNats, testNats } from '@holdfast/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LogMismatch } from '../errors.ts'
import { flowStream, probeServer, provisionFlows, provisionLog } from './index.ts'

let nats: TestNats
beforeEach(async () => {
  nats = await testNats({ isGuarded: false })
})
afterEach(() => nats.close())

describe('provisioning', () => {
  test('may be repeated and changes nothing', async () => {
    expect(await provisionLog(nats.admin, nats.spec)).toMatchObject({ isNew: false, drift: [] })
  })

  test('never takes over the log of somebody else', async () => {
    const other = { ...nats.spec, lineageId: randomUUID() }
    await expect(provisionLog(nats.admin, other)).rejects.toMatchObject({ code: LogMismatch.code })
    const next = { ...nats.spec, generation: 2 }
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

test('the probe leaves nothing behind', async () => {
  const report = await probeServer(nats.admin)
  expect(report).toMatchObject({ checksExpectations: true, serverId: nats.server.serverId })
  const { streams } = await nats.admin.link.api.call<{ streams: string[] }>('STREAM.NAMES', {})
  expect([...streams].sort()).toEqual(['ACCESS', 'EVT_1', 'FLOWS', 'GUARD'])
})
