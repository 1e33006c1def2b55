import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { type TestNats, testNats } from '@holdfast/testkit'
import { afterEach, expect, test } from 'vitest'
import { LogUnavailable, OutcomeUnknown } from './errors.ts'
import type { Commit } from './index.ts'
import { counter, newCommand } from './testing/counter.ts'

let nats: TestNats
afterEach(() => nats.close())

/** A stopped process may still have threads at work for a moment. */
async function areThreadsStopped(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`)
  const states = await Promise.all(
    threads.map(async (id) => await readFile(`/proc/${pid}/task/${id}/stat`, 'utf8')),
  )
  return states.every((text) => /\) T /.test(text))
}

const add = { type: 'Add', by: 1 } as const

test.each([
  ['many aggregates', counter, 24],
  ['one aggregate, in chains', { ...counter, mayFollow: () => true }, 1],
] as const)(
  'SIGKILL under parallel appends to %s loses nothing and repeats nothing',
  async (_, aggregate, count) => {
    nats = await testNats()
    const log = await nats.open('network', { group: { minimum: 5 } })
    const reader = await nats.open('gateway')
    const delivered: Commit[] = []
    const reading = new AbortController()
    const read = reader.subscribe({ from: 1n, name: 'test', signal: reading.signal }, (commits) => {
      delivered.push(...commits)
    })
    const aggregateIds = Array.from({ length: count }, () => randomUUID())
    const ids = Array.from({ length: 24 }, (_, i) => aggregateIds[i % count] ?? '')
    const acknowledged = new Map<string, bigint>()
    let isWriting = true
    const write = async (id: string): Promise<void> => {
      while (isWriting) {
        const command = newCommand()
        const { sequence, isRepeated } = await log.execute(aggregate, id, add, command)
        expect(isRepeated).toBe(false)
        acknowledged.set(command.commandId, sequence)
      }
    }
    const writers = ids.map(write)
    for (let round = 0; round < 3; round++) {
      const before = acknowledged.size
      await expect.poll(() => acknowledged.size, { timeout: 20_000 }).toBeGreaterThan(before + 100)
      await nats.restart({ isKilled: true })
    }
    const before = acknowledged.size
    await expect.poll(() => acknowledged.size, { timeout: 20_000 }).toBeGreaterThan(before + 100)
    isWriting = false
    await Promise.all(writers)

    const head = await log.head()
    await expect.poll(() => delivered.length, { timeout: 10_000 }).toBe(Number(head))
    reading.abort()
    await read
    expect(delivered.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: Number(head) }, (_, i) => BigInt(i + 1)),
    )
    const stored = new Map(delivered.map(({ commandId, sequence }) => [commandId, sequence]))
    expect(stored.size).toBe(delivered.length)
    for (const [command, sequence] of acknowledged) expect(stored.get(command)).toBe(sequence)
  },
)

test('nobody appends to a server the guard has not approved', async () => {
  nats = await testNats({ isGuarded: false })
  await nats.approve()
  const log = await nats.open('network')
  await expect.poll(() => log.status().isWritable).toBe(true)
  await log.execute(counter, randomUUID(), add, newCommand())

  const first = nats.server.serverId
  await nats.restart()
  expect(nats.server.serverId).not.toBe(first)
  await expect.poll(() => log.status().isWritable).toBe(false)
  const delivered: Commit[] = []
  const reading = new AbortController()
  const read = log.subscribe({ from: 1n, name: 'test', signal: reading.signal }, (commits) => {
    delivered.push(...commits)
  })
  const early = log.execute(counter, randomUUID(), add, newCommand())
  await expect(early).rejects.toMatchObject({ code: LogUnavailable.code })
  const waiting = log.execute(counter, randomUUID(), add, newCommand())
  await expect.poll(() => nats.admin.serverId()).toBe(nats.server.serverId)
  expect(delivered).toHaveLength(0)
  await nats.approve()
  await waiting
  await expect.poll(() => delivered.length).toBe(2)
  reading.abort()
  await read
})

test('the caller who stops waiting learns that the outcome is not known', async () => {
  nats = await testNats()
  const log = await nats.open('network', { appendTimeoutMs: 400, group: false })
  const id = randomUUID()
  await log.execute(counter, id, add, newCommand())
  process.kill(nats.server.pid, 'SIGSTOP')
  try {
    await expect.poll(() => areThreadsStopped(nats.server.pid)).toBe(true)
    const command = newCommand()
    await expect(log.execute(counter, id, add, command)).rejects.toMatchObject({
      code: OutcomeUnknown.code,
      kind: 'unavailable',
    })
  } finally {
    process.kill(nats.server.pid, 'SIGCONT')
  }
})
