import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { EventLog } from '@holdfast/event-log'
import { type ArchivedCommit, readRaw, republish } from '@holdfast/event-log/admin'
import { type TestNats, testNats } from '@holdfast/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { NothingToRepair, RepairStale } from './errors.ts'
import { newCommand, tally } from './testing/tally.ts'

let nats: TestNats
afterEach(() => nats.close())

async function fill(log: EventLog, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await log.execute(tally, randomUUID(), { by: 1 }, newCommand())
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

describe('what a human has to decide', () => {
  /** Puts other commits where the log had some, as nobody but an administrator of the server can. */
  async function rewrite(from: bigint): Promise<void> {
    const { admin, spec, stream } = nats
    const commits: ArchivedCommit[] = []
    for await (const batch of readRaw(admin, { stream, from: 1n }))
      for (const { sequence, subject, messageId, payload } of batch)
        commits.push({
          sequence,
          subject,
          messageId,
          payload: sequence < from ? new Uint8Array(payload) : Buffer.from('something else'),
        })
    const { api } = admin.link
    const { config } = await api.streamInfo(stream)
    await api.call(`STREAM.DELETE.${stream}`)
    await api.call(`STREAM.CREATE.${stream}`, config)
    await republish(admin, commits, { ...spec, lastSequence: 0n, allowsBatches: true })
  }

  const frozenAt = (firstBadSequence: bigint) =>
    expect
      .poll(() => keeperOf(nats).state(), { timeout: 15_000 })
      .toMatchObject({ writes: 'frozen', firstBadSequence })

  async function rewritten(): Promise<{ log: EventLog; before: readonly string[] }> {
    nats = await testNats()
    const log = await nats.open('network')
    await fill(log, 12)
    await expect.poll(() => keeperOf(nats).state().archivedSequence).toBe(12n)
    const before = await stored()
    await rewrite(8n)
    await expect.poll(() => keeperOf(nats).state().writes, { timeout: 15_000 }).toBe('frozen')
    await nats.restart()
    await frozenAt(8n)
    return { log, before }
  }

  test('a rewritten log is refused by its first bad sequence, and put right from the archive', async () => {
    const { log, before } = await rewritten()
    const { reason, incidents } = keeperOf(nats).state()
    expect(reason).toContain('different commits at sequence 8')
    expect(incidents[0]).toMatchObject({ kind: 'frozen', firstSequence: 8n })
    await expect
      .poll(() => log.status())
      .toMatchObject({ isWritable: false, reason: expect.stringContaining('sequence 8') })
    await expect(fill(log, 1)).rejects.toMatchObject({ code: 'log.unavailable' })
    expect(await keeperOf(nats).verify()).toMatchObject({ isEqual: false, firstBadSequence: 8n })

    const wrong = { firstBad: 7n, trusted: 'archive' } as const
    await expect(keeperOf(nats).repair(wrong)).rejects.toMatchObject({ code: RepairStale.code })
    const state = await keeperOf(nats).repair({ firstBad: 8n, trusted: 'archive' })
    expect(state).toMatchObject({ writes: 'open', archivedSequence: 12n })
    expect(await stored()).toEqual(before)
    await expect.poll(() => log.status().isWritable).toBe(true)
    await fill(log, 2)
    expect(await keeperOf(nats).verify()).toMatchObject({ isEqual: true, compared: 14n })
    const again = { firstBad: 8n, trusted: 'log' } as const
    await expect(keeperOf(nats).repair(again)).rejects.toMatchObject({ code: NothingToRepair.code })
  })

  test('or the archive follows the log, and keeps what it had aside', async () => {
    const { before } = await rewritten()
    const state = await keeperOf(nats).repair({ firstBad: 8n, trusted: 'log' })
    expect(state).toMatchObject({ writes: 'open', archivedSequence: 12n })
    expect((await stored()).slice(0, 7)).toEqual(before.slice(0, 7))
    expect((await stored()).slice(7)).not.toEqual(before.slice(7))
    expect(await keeperOf(nats).verify()).toMatchObject({ isEqual: true, compared: 12n })
    const files = await readdir(nats.archiveDirectory, { recursive: true })
    expect(files.filter((name) => name.includes('.damaged-'))).not.toEqual([])
  })

  test('a log lost on both sides is not begun again, unless a human says so', async () => {
    nats = await testNats()
    const log = await nats.open('network')
    await fill(log, 5)
    await expect.poll(() => keeperOf(nats).state().archivedSequence).toBe(5n)
    await nats.restart({
      isKilled: true,
      async whileDown() {
        await rm(join(nats.storeDirectory, 'jetstream'), { recursive: true })
        for (const name of await readdir(nats.archiveDirectory))
          await rm(join(nats.archiveDirectory, name), { recursive: true })
      },
    })
    await frozenAt(1n)
    expect(keeperOf(nats).state().reason).toContain('both end before commit 1')
    const state = await keeperOf(nats).repair({ firstBad: 1n, trusted: 'archive' })
    expect(state).toMatchObject({ writes: 'open', reason: '', archivedSequence: 0n })
  })

  test('a stream that was deleted at run time comes back from the archive', async () => {
    nats = await testNats()
    const log = await nats.open('network')
    await fill(log, 5)
    await expect.poll(() => keeperOf(nats).state().archivedSequence).toBe(5n)
    const before = await stored()
    await nats.admin.link.api.call(`STREAM.DELETE.${nats.stream}`)
    await frozenAt(1n)
    await keeperOf(nats).repair({ firstBad: 1n, trusted: 'archive' })
    expect(keeperOf(nats).state().writes).toBe('open')
    expect(await stored()).toEqual(before)
  })
})

test('changed settings close the log until they are set back', async () => {
  nats = await testNats()
  const log = await nats.open('network')
  await fill(log, 3)
  const change = async (settings: Record<string, unknown>): Promise<void> => {
    const { api } = nats.admin.link
    const { config } = await api.streamInfo(nats.stream)
    await api.call(`STREAM.UPDATE.${nats.stream}`, { ...config, ...settings })
  }
  await change({ max_age: 3_600_000_000_000 })
  await expect.poll(() => keeperOf(nats).state().writes, { timeout: 15_000 }).toBe('frozen')
  const { reason, incidents } = keeperOf(nats).state()
  expect(reason).toContain('max_age')
  expect(incidents[0]).toMatchObject({ kind: 'drift' })
  await expect(fill(log, 1)).rejects.toMatchObject({ code: 'log.unavailable' })
  expect(await log.read(1n)).toBeDefined()
  await change({ max_age: 0 })
  await expect.poll(() => keeperOf(nats).state().writes, { timeout: 15_000 }).toBe('open')
  await expect.poll(() => log.status().isWritable).toBe(true)
  await fill(log, 1)
})

test('under `log` the archive follows, and a lost tail of the log is healed too', async () => {
  nats = await testNats({ durability: 'log' })
  const log = await nats.open('network')
  await fill(log, 10)
  await expect.poll(() => keeperOf(nats).state().archivedSequence).toBe(10n)
  await nats.restart({
    isKilled: true,
    whileDown: () => rm(join(nats.storeDirectory, 'jetstream'), { recursive: true }),
  })
  await expect.poll(() => keeperOf(nats).state().writes, { timeout: 15_000 }).toBe('open')
  expect(await stored()).toHaveLength(10)
})
