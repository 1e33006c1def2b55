import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { EventLog } from '@holdfast/event-log'
import { readRaw } from '@holdfast/event-log/admin'
import { type TestNats, testNats } from '@holdfast/testkit'
import { afterEach, expect, test } from 'vitest'
import { counter, newCommand } from '../../event-log/src/testing/counter.ts'

let nats: TestNats
afterEach(() => nats.close())

async function fill(log: EventLog, count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await log.execute(counter, randomUUID(), { type: 'Add', by: 1 }, newCommand())
}

const keeperOf = ({ keeper }: TestNats) => {
  if (!keeper) throw new Error('not guarded')
  return keeper
}

async function stored(): Promise<readonly string[]> {
  const found: string[] = []
  for await (const batch of readRaw(nats.admin, { stream: nats.stream, from: 1n }))
    for (const { sequence, subject, messageId, payload } of batch)
      found.push(`${sequence} ${subject} ${messageId} ${Buffer.from(payload).toString('hex')}`)
  return found
}

test('a new log opens, and what is written is in the archive', async () => {
  nats = await testNats()
  const log = await nats.open('network')
  await fill(log, 5)
  await expect.poll(() => keeperOf(nats).state().archivedSequence).toBe(5n)
  expect(await keeperOf(nats).verify()).toMatchObject({ isEqual: true, compared: 5n })
})

test('a store that was emptied comes back from the archive, byte for byte', async () => {
  nats = await testNats()
  const log = await nats.open('network')
  await fill(log, 30)
  await expect.poll(() => keeperOf(nats).state().archivedSequence).toBe(30n)
  const before = await stored()
  await nats.restart({
    isKilled: true,
    whileDown: () => rm(join(nats.storeDirectory, 'jetstream'), { recursive: true }),
  })
  await expect.poll(() => keeperOf(nats).state().writes, { timeout: 15_000 }).toBe('open')
  expect(await stored()).toEqual(before)
  expect(
    keeperOf(nats)
      .state()
      .incidents.map(({ kind }) => kind),
  ).toContain('log_healed')
  await fill(log, 1)
})

test('an archive that was lost is written again from the log', async () => {
  nats = await testNats()
  const log = await nats.open('network')
  await fill(log, 30)
  await expect.poll(() => keeperOf(nats).state().archivedSequence).toBe(30n)
  const { archiveDirectory } = nats
  for (const name of await readdir(archiveDirectory))
    await rm(join(archiveDirectory, name), { recursive: true })
  await nats.restart()
  await expect
    .poll(() => keeperOf(nats).state(), { timeout: 15_000 })
    .toMatchObject({ writes: 'open', archivedSequence: 30n })
  await fill(log, 3)
  expect(await keeperOf(nats).verify()).toMatchObject({ isEqual: true, compared: 33n })
})
