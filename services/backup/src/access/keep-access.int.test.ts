import { randomUUID } from 'node:crypto'
import { accessStore } from '@holdfast/event-log'
import { accessReader } from '@holdfast/event-log/admin'
import { type TestNats, testNats } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let nats: TestNats
beforeAll(async () => {
  nats = await testNats({ isGuarded: false })
})
afterAll(() => nats.close())

const as = (name: string) => ({
  url: nats.url,
  name,
  credentialsFile: nats.identities.credentialsFile(name),
})

async function knock(count: number): Promise<readonly string[]> {
  const store = accessStore(as('auth'))
  const ids = Array.from({ length: count }, () => randomUUID())
  for (const id of ids) await store.store(id, Buffer.from(`record ${id}`))
  await store.close()
  return ids
}

test('backup reads ACCESS as it is stored, also after the server was killed', async () => {
  const reader = accessReader(as('backup'))
  expect(await reader.state()).toMatchObject({ first: 1n, last: 0n })
  expect(await reader.nextFrom(1n)).toBeUndefined()
  const ids = await knock(5)
  const { created } = await reader.state()
  const read = async (from: bigint, to: bigint) => {
    const found: string[] = []
    for await (const messages of reader.read(from, to))
      for (const { messageId, payload, header } of messages) {
        expect(Buffer.from(payload).toString()).toBe(`record ${messageId}`)
        expect(Buffer.from(header).toString()).toContain(`Nats-Msg-Id: ${messageId}`)
        found.push(messageId)
      }
    return found
  }
  expect(await read(2n, 4n)).toEqual(ids.slice(1, 4))
  expect((await reader.record(3n))?.messageId).toBe(ids[2])
  expect(await reader.record(9n)).toBeUndefined()
  await nats.restart({ isKilled: true })
  await expect
    .poll(() => reader.state().catch(() => undefined), { timeout: 20_000 })
    .toMatchObject({ created, first: 1n, last: 5n })
  expect(await read(1n, 5n)).toEqual(ids)
  await reader.close()
})

test('backup cannot write ACCESS, nor change it', async () => {
  await expect(accessStore(as('backup')).store(randomUUID(), Buffer.from('x'))).rejects.toThrow()
  expect((await accessReaderState()).last).toBe(5n)
})

async function accessReaderState() {
  const reader = accessReader(as('backup'))
  try {
    return await reader.state()
  } finally {
    await reader.close()
  }
}
