import { type Postgres, sql } from '@holdfast/postgres'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestPostgres, testPostgres } from '@holdfast/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  defineProjection,
  dropReadModels,
  Lagging,
  openProjections,
  type Projection,
  ProjectionPoisoned,
  type Projections,
} from './index.ts'
import { idOf, jsonCodec, MemoryLog } from './memory-log.fixture.ts'

type PeerEvent =
  | { type: 'PeerAdded'; id: string; interfaceId: string; organizationId?: string; name: string }
  | { type: 'PeerRenamed'; id: string; name: string }
  | { type: 'PeerCounted'; id: string }
  | { type: 'PeerRemoved'; id: string }
  | { type: 'InterfaceRemoved'; interfaceId: string }

const peersAt = (version: number, suffix = ''): Projection =>
  defineProjection<PeerEvent>({
    name: 'network.peers',
    version,
    context: 'network',
    codecs: { interface: jsonCodec },
    tables: [
      {
        name: 'peers',
        columns: {
          peer_id: 'uuid',
          interface_id: 'uuid',
          organization_id: 'uuid',
          name: 'text',
          renames: 'bigint',
          added_at: 'timestamptz',
        },
        key: ['peer_id'],
        organizationColumn: 'organization_id',
        indexes: ['(interface_id, name)'],
      },
    ],
    on: {
      PeerAdded: (event, commit) => [
        {
          op: 'put',
          table: 'peers',
          row: {
            peer_id: event.id,
            interface_id: event.interfaceId,
            organization_id: event.organizationId ?? commit.organizationId,
            name: event.name + suffix,
            added_at: commit.timeUnixUs,
          },
        },
      ],
      PeerRenamed: (event) => [
        { op: 'patch', table: 'peers', key: { peer_id: event.id }, set: { name: event.name } },
      ],
      PeerCounted: (event) => [
        { op: 'add', table: 'peers', key: { peer_id: event.id }, column: 'renames', by: 1 },
      ],
      PeerRemoved: (event) => [{ op: 'remove', table: 'peers', key: { peer_id: event.id } }],
      InterfaceRemoved: (event) => [
        { op: 'removeWhere', table: 'peers', where: { interface_id: event.interfaceId } },
      ],
    },
  })

const peers = peersAt(1)

let kit: TestPostgres
let postgres: Postgres
let log: MemoryLog
const opened: Projections[] = []

beforeEach(async () => {
  kit = await testPostgres({ services: ['network'] })
  postgres = kit.open('network', { max: 6 })
  log = new MemoryLog()
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.stop()))
  await kit.close()
})

async function open(...projections: Projection[]): Promise<Projections> {
  const one = await openProjections({
    log,
    postgres,
    telemetry: createTelemetry('network', { level: process.env['LOG'] ?? 'silent' }),
    service: 'network',
    projections: projections.length > 0 ? projections : [peers],
  })
  opened.push(one)
  return one
}

const peer = (n: number, more: Partial<Extract<PeerEvent, { type: 'PeerAdded' }>> = {}) => ({
  type: 'PeerAdded' as const,
  id: idOf(`peer ${n}`),
  interfaceId: idOf(`interface ${n % 5}`),
  name: `peer ${n}`,
  ...more,
})

/** Adds, renames, counts and removals, so that every kind of change is in it. */
function someHistory(commits: number): void {
  for (let n = 0; n < commits; n++) {
    const events: PeerEvent[] = [peer(n)]
    if (n % 3 === 0)
      events.push({ type: 'PeerRenamed', id: idOf(`peer ${n / 3}`), name: `re ${n}` })
    if (n % 4 === 0) events.push({ type: 'PeerCounted', id: idOf(`peer ${n >> 1}`) })
    if (n % 7 === 0) events.push({ type: 'PeerRemoved', id: idOf(`peer ${n - 3}`) })
    if (n % 50 === 49) events.push({ type: 'InterfaceRemoved', interfaceId: idOf('interface 2') })
    log.append(events)
  }
}

const names = (): Promise<{ name: string }[]> =>
  postgres.query(sql`select name from network.peers order by name`)

test('a read that waits for its own write finds it', async () => {
  const projections = await open()
  for (let n = 0; n < 20; n++) {
    const { sequence } = log.append([peer(n)])
    await projections.reached(sequence)
    expect(await names()).toHaveLength(n + 1)
  }
  expect(projections.isReady()).toBe(true)
  expect(projections.status()).toContainEqual({
    name: 'network.peers',
    version: 1,
    state: 'live',
    checkpoint: 20n,
  })
})

test('waiting for what is not there ends after two seconds as unavailable', async () => {
  const projections = await open()
  await expect(projections.reached(7n)).rejects.toSatisfy(Lagging.is)
})

test('events no handler names, other aggregates and other contexts move only the checkpoint', async () => {
  const projections = await open()
  log.append([{ type: 'SomethingElse' }])
  log.append([peer(1)], { aggregateType: 'node' })
  log.append([peer(2)], { context: 'auth' })
  const { sequence } = log.append([peer(3)])
  await projections.reached(sequence)
  expect(await names()).toEqual([{ name: 'peer 3' }])
})

test('rows written live equal rows rebuilt from the log, by hash', async () => {
  const projections = await open()
  log.batch = 37
  someHistory(1_000)
  await projections.reached(1_000n)
  const [live, commands] = [
    await projections.hash('network.peers'),
    await projections.hash('network.commands'),
  ]
  await projections.rebuild('network.peers')
  await projections.rebuild('network.commands')
  expect(await projections.hash('network.peers')).toBe(live)
  expect(await projections.hash('network.commands')).toBe(commands)

  log.append([peer(5_000)])
  await projections.reached(1_001n)
  expect(await projections.hash('network.peers')).not.toBe(live)
})

test('all read models dropped, the next start makes the same ones again', async () => {
  const first = await open()
  someHistory(500)
  await first.reached(500n)
  const before = await first.hash('network.peers')
  await first.stop()
  await dropReadModels(postgres, 'network')
  const second = await open()
  expect(await second.hash('network.peers')).toBe(before)
  await second.reached(500n)
})

test('rows of a log that is closed are shown as they are, and go on when it opens', async () => {
  const first = await open()
  someHistory(20)
  await first.reached(20n)
  await first.stop()
  const before = await names()

  // What it says meanwhile proves nothing: here it has lost its end.
  const lost = log.commits.splice(15)
  log.closedBecause = 'commit 16 is missing'
  const second = await open()
  expect(second.isReady()).toBe(true)
  expect(second.status()).toContainEqual({
    name: 'network.peers',
    version: 1,
    state: 'standby',
    checkpoint: 20n,
    reason: 'commit 16 is missing',
  })
  expect(await names()).toEqual(before)
  await second.reached(20n)

  log.commits.push(...lost)
  log.closedBecause = undefined
  const { sequence } = log.append([peer(2_000)])
  await second.reached(sequence)
  expect(await names()).toHaveLength(before.length + 1)
  await expect.poll(() => second.status().every(({ state }) => state === 'live')).toBe(true)
})

test('schemas somebody dropped by hand are made again, the others are kept', async () => {
  const first = await open()
  someHistory(50)
  await first.reached(50n)
  const before = await first.hash('network.peers')
  await first.stop()
  await postgres.execute(sql`drop schema network_peers_v1_1 cascade`)
  const second = await open()
  expect(await second.hash('network.peers')).toBe(before)
})

test('a start goes on where the last one stopped', async () => {
  const first = await open()
  someHistory(30)
  await first.reached(30n)
  await first.stop()
  someHistory(30)
  const second = await open()
  await second.reached(60n)
  const live = await second.hash('network.peers')
  await second.rebuild('network.peers')
  expect(await second.hash('network.peers')).toBe(live)
})

test('readers see no failure and no step back while a rebuild switches', async () => {
  const projections = await open()
  someHistory(400)
  await projections.reached(400n)
  const counts: bigint[] = []
  let isReading = true
  const readers = Array.from({ length: 3 }, async () => {
    while (isReading) {
      const [row] = await postgres.read({ organizations: '*' }, (tx) =>
        tx.query<{ n: bigint }>(sql`select count(*) as n from network.commands`),
      )
      counts.push(row?.n ?? -1n)
    }
  })
  for (let round = 0; round < 3; round++) {
    const writing = (async () => {
      for (let n = 0; n < 50; n++) {
        const { sequence } = log.append([peer(10_000 + round * 50 + n)])
        await projections.reached(sequence)
      }
    })()
    await Promise.all([projections.rebuild('network.commands'), writing])
  }
  isReading = false
  await Promise.all(readers)
  expect(counts.length).toBeGreaterThan(10)
  expect(Math.min(...counts.map(Number))).toBeGreaterThanOrEqual(400)
  expect(await postgres.query(sql`select count(*) as n from network.commands`)).toEqual([
    { n: 550n },
  ])
  const [shown] = await postgres.query<{ schemas: string[] }>(sql`
    select array_agg(schema_name order by build) as schemas from network.projections
    where name = 'network.commands'`)
  expect(shown?.schemas).toEqual(['network_commands_v1_3', 'network_commands_v1_4'])
})

test('a raised version is built before it is shown, and the way back is short', async () => {
  const first = await open()
  log.append([peer(1)])
  await first.reached(1n)
  await first.stop()
  const second = await open(peersAt(2, '!'))
  expect(await names()).toEqual([{ name: 'peer 1!' }])
  log.append([peer(2)])
  await second.reached(2n)
  await second.stop()
  await open(peersAt(1))
  expect(await names()).toEqual([{ name: 'peer 1' }, { name: 'peer 2' }])
})

test('an event that cannot be applied halts its projection with the sequence; the others go on', async () => {
  const projections = await open()
  log.append([peer(1)])
  log.append([peer(2, { name: 'broken\0name' })])
  log.append([peer(3)])
  await projections.commands.reached(3n)
  const status = projections.status().find(({ name }) => name === 'network.peers')
  expect(status).toMatchObject({ state: 'halted', checkpoint: 1n })
  expect(status?.reason).toContain('sequence 2')
  expect(projections.isReady()).toBe(false)
  expect(await names()).toEqual([{ name: 'peer 1' }])
  await expect(projections.rebuild('network.peers')).rejects.toSatisfy(ProjectionPoisoned.is)
})

/** Postgres refuses what does not fit an integer; folding does not notice. */
const sizes = defineProjection<{ type: 'Sized'; id: string; size: number }>({
  name: 'network.sizes',
  version: 1,
  context: 'network',
  codecs: { interface: jsonCodec },
  tables: [{ name: 'sizes', columns: { id: 'uuid', size: 'integer' }, key: ['id'] }],
  on: {
    Sized: ({ id, size }) => [{ op: 'put', table: 'sizes', row: { id, size } }],
  },
})

test('data only Postgres refuses halts at the right commit too', async () => {
  const projections = await open(sizes)
  for (let n = 1; n <= 9; n++) {
    log.append([{ type: 'Sized', id: idOf(`${n}`), size: n === 6 ? 2 ** 40 : n }])
  }
  await projections.commands.reached(9n)
  expect(projections.status().find(({ name }) => name === 'network.sizes')).toMatchObject({
    state: 'halted',
    checkpoint: 5n,
  })
  expect(await postgres.query(sql`select count(*) as n from network.sizes`)).toEqual([{ n: 5n }])
})

test('data Postgres refuses in a long queue halts its own projection, the others go on', async () => {
  const projections = await open(peers, sizes)
  await projections.stop()
  // Whole batches wait, so the next one is folded while the refused one is written.
  const total = 6_500
  for (let n = 1; n <= total; n++) {
    log.append(
      n === 5
        ? [{ type: 'Sized', id: idOf(`${n}`), size: 2 ** 40 }]
        : n % 100 === 0
          ? [peer(n)]
          : [],
    )
  }
  log.batch = total
  const again = await open(peers, sizes)
  const stateOf = (name: string) => again.status().find((one) => one.name === name)
  await expect
    .poll(() => stateOf('network.peers'), { timeout: 20_000 })
    .toMatchObject({ checkpoint: BigInt(total), state: 'live' })
  expect(stateOf('network.sizes')).toMatchObject({ state: 'halted', checkpoint: 4n })
  expect(await names()).toHaveLength(total / 100)
})

test('a gap in the log freezes everything, and readiness says so', async () => {
  const projections = await open()
  log.append([peer(1)])
  await projections.reached(1n)
  log.append([peer(2)], { sequence: 3n })
  await expect.poll(() => projections.isReady()).toBe(false)
  expect(projections.status().every(({ state }) => state === 'halted')).toBe(true)
  expect(await names()).toEqual([{ name: 'peer 1' }])
})

test('a log that is not the one the rows were made of freezes the start', async () => {
  const first = await open()
  someHistory(3)
  await first.reached(3n)
  await first.stop()
  log.commits.length = 1
  const second = await open()
  expect(second.isReady()).toBe(false)
  expect(second.status()[0]?.state).toBe('halted')
})

test('a log with another commit at the checkpoint freezes the start', async () => {
  const first = await open()
  someHistory(3)
  await first.reached(3n)
  await first.stop()
  log.commits.length = 2
  log.append([peer(77)])
  const second = await open()
  expect(second.isReady()).toBe(false)
  expect(second.status()[0]?.reason).toContain('another commit at sequence 3')
})

test('cut off again and again in the middle of its work, it loses and repeats nothing', async () => {
  const projections = await open()
  log.batch = 11
  for (let round = 0; round < 12; round++) {
    someHistory(40)
    if (round % 3 === 0) await projections.reached(BigInt(40 * round))
    await postgres
      .query(sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`)
      .catch(() => {}) // the pool may hand out a connection that was cut just now
  }
  await expect
    .poll(
      () =>
        projections.reached(480n).then(
          () => true,
          () => false,
        ),
      { timeout: 15_000 },
    )
    .toBe(true)
  const live = await projections.hash('network.peers')
  await projections.rebuild('network.peers')
  expect(await projections.hash('network.peers')).toBe(live)
})

test('of two instances one projects; the other sees its rows and takes over', async () => {
  const first = await open()
  const second = await open()
  expect(second.status()[0]?.state).toBe('standby')
  expect(second.isReady()).toBe(true)
  const one = log.append([peer(1)])
  await second.reached(one.sequence)
  expect(await names()).toHaveLength(1)
  await first.stop()
  const two = log.append([peer(2)])
  await second.reached(two.sequence)
  expect(second.status()[0]?.state).toBe('live')
})

test('more rows than fit in memory are rebuilt, and caught up with, all the same', async () => {
  for (let n = 0; n < 160; n++) {
    log.append(Array.from({ length: 1_000 }, (_, i) => peer(n * 1_000 + i)))
  }
  log.batch = 20
  log.append([{ type: 'InterfaceRemoved', interfaceId: idOf('interface 3') }])
  log.append([{ type: 'PeerRenamed', id: idOf('peer 4'), name: 'last' }])
  const projections = await open()
  const rebuilt = await projections.hash('network.peers')
  expect(await postgres.query(sql`select count(*) as n from network.peers`)).toEqual([
    { n: 128_000n },
  ])
  await projections.stop()
  await postgres.execute(sql`update network.projections set sequence = 0, commit_hash = ''`)
  await postgres.execute(sql`delete from network_peers_v1_1.peers`)
  const live = await open()
  await expect
    .poll(
      () =>
        live.reached(162n).then(
          () => true,
          () => false,
        ),
      { timeout: 30_000 },
    )
    .toBe(true)
  expect(await live.hash('network.peers')).toBe(rebuilt)
})

test('readers get their organizations’ rows and no others', async () => {
  const projections = await open()
  const [mine, theirs] = [idOf('mine'), idOf('theirs')]
  log.append([peer(1, { organizationId: mine }), peer(2, { organizationId: theirs })])
  await projections.reached(1n)
  const seen = async (organizations: '*' | readonly string[]) =>
    (
      await postgres.read({ organizations }, (tx) =>
        tx.query<{ name: string }>(sql`select name from network.peers order by name`),
      )
    ).map(({ name }) => name)
  expect(await seen([mine])).toEqual(['peer 1'])
  expect(await seen([mine, theirs])).toEqual(['peer 1', 'peer 2'])
  expect(await seen([idOf('third')])).toEqual([])
  expect(await seen([])).toEqual([])
  expect(await seen('*')).toEqual(['peer 1', 'peer 2'])
  // Past the view it is the same: the policy is on the table.
  const behind = await postgres.read({ organizations: [mine] }, (tx) =>
    tx.query(sql`select name from network_peers_v1_1.peers`),
  )
  expect(behind).toEqual([{ name: 'peer 1' }])
  // Without an organization column a table is for readers of everything.
  const commands = await postgres.read({ organizations: [mine] }, (tx) =>
    tx.query(sql`select * from network.commands`),
  )
  expect(commands).toEqual([])
})

test('the registry finds a command by organization and id', async () => {
  const projections = await open()
  const hash = new Uint8Array(32).fill(7)
  const commit = log.append([peer(1)], { requestHash: hash })
  const bare = log.append([peer(2)], { organizationId: undefined, context: 'network' })
  await projections.commands.reached(2n)
  const found = await projections.commands.find(commit.organizationId, commit.commandId)
  expect(found).toMatchObject({ sequence: 1n, subject: commit.subject, actorId: commit.actor.id })
  expect(Buffer.from(found?.requestHash ?? [])).toEqual(Buffer.from(hash))
  expect(await projections.commands.find(idOf('other'), commit.commandId)).toBeUndefined()
  expect(await projections.commands.find(undefined, bare.commandId)).toMatchObject({ sequence: 2n })
})
