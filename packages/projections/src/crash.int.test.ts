import { type CommandId, type Decider, newId } from '@holdfast/domain'
import type { Aggregate, EventLog } from '@holdfast/event-log'
import { type Postgres, sql } from '@holdfast/postgres'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestNats, type TestPostgres, testNats, testPostgres } from '@holdfast/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineProjection, openProjections, type Projections } from './index.ts'

/** The real log, the real database, and both of them killed. */

interface Counted {
  readonly type: 'Counted'
  readonly by: number
}

const codec = {
  encode: (event: Counted) => ({ type: 'Counted', schema: 1, data: Uint8Array.of(event.by) }),
  decode: ({ data }: { readonly data: Uint8Array }): Counted => ({
    type: 'Counted',
    by: data[0] ?? 0,
  }),
}
const counting: Decider<number, Counted, number> = {
  initial: () => 0,
  decide: (by) => [{ type: 'Counted', by }],
  evolve: (sum, { by }) => sum + by,
}
const counter: Aggregate<number, Counted, number> = {
  context: 'network',
  type: 'counter',
  decider: counting,
  codec,
}
const counters = defineProjection<Counted>({
  name: 'network.counters',
  version: 1,
  context: 'network',
  codecs: { counter: codec },
  tables: [
    { name: 'counters', columns: { id: 'uuid', sum: 'bigint' }, key: ['id'] },
    { name: 'counts', columns: { sequence: 'bigint', by: 'integer' }, key: ['sequence'] },
  ],
  on: {
    Counted: ({ by }, commit) => [
      // The first commit of an aggregate makes its row; the others add to it.
      commit.aggregateVersion === 1n
        ? { op: 'put', table: 'counters', row: { id: commit.aggregateId, sum: by } }
        : { op: 'add', table: 'counters', key: { id: commit.aggregateId }, column: 'sum', by },
      { op: 'put', table: 'counts', row: { sequence: commit.sequence, by } },
    ],
  },
})

let nats: TestNats
let kit: TestPostgres
let postgres: Postgres
let log: EventLog
let projections: Projections

beforeEach(async () => {
  nats = await testNats()
  kit = await testPostgres({ services: ['network'], isOwn: true })
  postgres = kit.open('network')
  log = await nats.open('network')
  projections = await openProjections({
    log,
    postgres,
    telemetry: createTelemetry('network', { level: process.env['LOG'] ?? 'silent' }),
    service: 'network',
    projections: [counters],
  })
  log.useCommands(projections.commands)
})
afterEach(async () => {
  await projections.stop()
  await log.close()
  await kit.close()
  await nats.close()
})

const ids = Array.from({ length: 5 }, () => newId<string>())

/** Counts until it is told to stop, whatever happens on the way, and returns how often it did. */
async function countOn(id: string, isOver: () => boolean): Promise<number> {
  let acknowledged = 0
  while (!isOver()) {
    const command = {
      commandId: newId<CommandId>(),
      isKeyed: false,
      actor: { kind: 'service', id: 'network' },
      correlationId: newId<string>(),
    } as const
    for (;;) {
      const done = await log.execute(counter, id, 1, command).then(
        () => true,
        () => false, // unavailable, or the outcome unknown: the same command again
      )
      if (done) break
    }
    acknowledged++
  }
  return acknowledged
}

const reached = (sequence: bigint) =>
  projections.reached(sequence).then(
    () => true,
    () => false,
  )

test('Postgres and NATS killed under load: rows equal a replay from zero, nothing counted twice', async () => {
  let isOver = false
  const writers = ids.map((id) => countOn(id, () => isOver))
  const written = async (more: bigint) => {
    const from = log.seen()
    await expect.poll(() => log.seen() >= from + more, { timeout: 30_000 }).toBe(true)
  }
  for (let round = 0; round < 3; round++) {
    await written(100n)
    await kit.crash()
    await written(100n)
    await nats.restart({ isKilled: true })
  }
  await written(50n)
  isOver = true
  const counts = await Promise.all(writers)

  const head = await log.head()
  await expect.poll(() => reached(head), { timeout: 30_000 }).toBe(true)
  const rows = await postgres.query<{ id: string; sum: bigint }>(
    sql`select id, sum from network.counters`,
  )
  const sums = new Map(rows.map(({ id, sum }) => [id, Number(sum)]))
  expect(ids.map((id) => sums.get(id))).toEqual(counts)
  const live = await projections.hash('network.counters')
  const commands = await projections.hash('network.commands')
  await projections.rebuild('network.counters')
  await projections.rebuild('network.commands')
  expect(await projections.hash('network.counters')).toBe(live)
  expect(await projections.hash('network.commands')).toBe(commands)
  expect(projections.isReady()).toBe(true)
}, 120_000)
