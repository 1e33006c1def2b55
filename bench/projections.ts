// What it costs to keep read models: the peers projection and the command registry of `network`, real codecs,
// real Postgres and NATS, fsync on.
//
//   naive      one transaction a commit: a plain statement a row, then the checkpoint
//   live       the projector, less than 10,000 commits behind: batches of 2,000, arrays
//   catch-up   the projector, further behind: batches of 10,000, COPY and merge
//   rebuild    `rebuild` of the peers alone: fold in memory, COPY, indexes, switch; compared with naive peers alone
//   from zero  all read models dropped, then a start
//   bare COPY  the rebuilt rows, serialised beforehand, into a fresh table, then key and indexes
//
// From zero, rebuild, live and catch-up are measured twice: for tables as they are (plain), and for tables that keep
// every version of every row (temporal). `one at a time` is how long a commit that changes a peer takes from the log
// to its row, when nothing else goes on. `check` compares the peers with a replay.
//
// Every way is given the same commits and must end with the same rows (compared by content hash).
//
//   npx tsx bench/projections.ts [commits] [rounds]
import { type Decider, newId, type OrganizationId } from '@holdfast/domain'
import type { Aggregate, EventLog } from '@holdfast/event-log'
import { encodeValue, type Postgres, type Row, type Sql, sql } from '@holdfast/postgres'
import {
  dropReadModels,
  openProjections,
  type Projection,
  type Projections,
  type RowChange,
  type TableSpec,
} from '@holdfast/projections'
import { createTelemetry } from '@holdfast/telemetry'
import { testNats, testPostgres } from '@holdfast/testkit'
import { commandsProjection } from '../packages/projections/src/commands.ts'
import { interfaceCodec } from '../services/network/src/codecs/interface-codec.ts'
import type { InterfaceEvent } from '../services/network/src/domain/interface-state.ts'
import { peers } from '../services/network/src/projections/peers.ts'

const commits = Number(process.argv[2] ?? 40_000)
const rounds = Number(process.argv[3] ?? 3)
const naiveCommits = Math.min(1_500, commits)
const interfaces = 200
const singles = 300
/** `valid_to` of what still holds. */
const forever = 2n ** 63n - 1n
const telemetry = createTelemetry('network', { level: 'warn' })
const registry = commandsProjection('network')
const as = (isTemporal: boolean): Projection => ({
  ...peers,
  tables: peers.tables.map(({ isTemporal: _, ...table }) =>
    isTemporal ? { ...table, isTemporal } : table,
  ),
})
const variants = { plain: as(false), temporal: as(true) }
const models = [registry, variants.plain]

/** Stores whatever events it is given. */
const anything: Decider<readonly InterfaceEvent[], InterfaceEvent, number> = {
  initial: () => 0,
  decide: (events) => events,
  evolve: (count) => count + 1,
}
const aggregate: Aggregate<readonly InterfaceEvent[], InterfaceEvent, number> = {
  context: 'network',
  type: 'interface',
  decider: anything,
  codec: interfaceCodec,
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

/** CPU this process used for the last `timed` work, in µs. It hardly depends on what else the machine does. */
let cpuMicros = 0

/** Seconds it took. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  cpuMicros = user + system
  return (performance.now() - begin) / 1000
}

const places: string[] = []
const added: string[][] = []

/** A quarter of the commits add a peer, the others change one. */
async function writeHistory(log: EventLog): Promise<void> {
  const node = newId<string>()
  const organizationId = newId<OrganizationId>()
  places.push(...Array.from({ length: interfaces }, () => `${node}.${newId<string>()}`))
  added.push(...places.map(() => []))
  const random = (n: number) => Math.floor(Math.random() * n)
  const key = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
  const sealed = () => ({
    keyId: newId<string>(),
    nonce: crypto.getRandomValues(new Uint8Array(12)),
    ciphertext: crypto.getRandomValues(new Uint8Array(48)),
  })
  const event = (place: number, n: number): InterfaceEvent => {
    const mine = added[place] ?? []
    const settings = {
      name: `peer-${n}`,
      addresses: [`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`],
      allowedIps: [],
      clientAllowedIps: ['0.0.0.0/0'],
      endpoint: '',
      keepaliveSeconds: 25,
      isEnabled: true,
      expiresAtUnixMs: 0,
      dns: [],
      description: 'made by a benchmark',
    }
    const peerId = mine[random(mine.length)]
    // as: these are shaped right, and nobody parses them here
    if (n % 4 === 0 || !peerId) {
      const fresh = newId<string>()
      mine.push(fresh)
      return {
        type: 'PeerAdded',
        peerId: fresh,
        settings,
        publicKey: key(),
        privateKey: sealed(),
        presharedKey: sealed(),
        presharedKeyForNode: undefined,
      } as unknown as InterfaceEvent
    }
    if (n % 4 === 3) {
      return {
        type: 'PeerKeyRotated',
        peerId,
        publicKey: key(),
        privateKey: sealed(),
      } as unknown as InterfaceEvent
    }
    return { type: 'PeerUpdated', peerId, settings } as unknown as InterfaceEvent
  }

  let next = 0
  await Promise.all(
    places.map(async (id, place) => {
      for (let n = next++; n < commits; n = next++) {
        await log.execute(aggregate, id, [event(place, n)], {
          commandId: newId(),
          isKeyed: false,
          organizationId,
          actor: { kind: 'service', id: 'bench' },
          correlationId: newId(),
        })
      }
    }),
  )
}

/** What the log alone costs. */
async function readAll(log: EventLog, until: bigint): Promise<void> {
  const done = new AbortController()
  await log.subscribe({ from: 1n, name: 'bench', signal: done.signal }, (batch) => {
    if ((batch.at(-1)?.sequence ?? 0n) >= until) done.abort()
  })
}

/** The way it is usually done. */
async function naive(
  postgres: Postgres,
  log: EventLog,
  models: readonly Projection[],
  from: bigint,
  until: bigint,
) {
  const done = new AbortController()
  await log.subscribe({ from, name: 'naive', signal: done.signal }, async (batch) => {
    for (const commit of batch) {
      if (commit.sequence > until) return
      await postgres.tx(async (tx) => {
        for (const model of models) {
          for (const statement of statements(model, model.changes(commit))) {
            await tx.execute(statement)
          }
        }
        await tx.execute(sql`update naive.checkpoint set sequence = ${commit.sequence}`)
      })
    }
    if ((batch.at(-1)?.sequence ?? 0n) >= until) done.abort()
  })
}

/** One a row: what patches and adds do to a row goes into one update, as anybody would write it. */
function statements(model: Projection, changes: readonly RowChange[]): Sql[] {
  const updates = new Map<string, { table: TableSpec; key: Row; set: Sql[] }>()
  const others: Sql[] = []
  for (const change of changes) {
    const table = model.tables.find(({ name }) => name === change.table)
    if (!table) continue
    if (change.op === 'put') others.push(upsert(table, change.row))
    else if (change.op === 'remove') others.push(remove(table, change.key))
    else if (change.op === 'removeWhere') others.push(remove(table, change.where))
    else {
      const id = JSON.stringify(change.key)
      const update = updates.get(id) ?? { table, key: change.key, set: [] }
      updates.set(id, update)
      if (change.op === 'add') {
        const column = sql.identifier(change.column)
        update.set.push(sql`${column} = coalesce(${column}, 0) + ${change.by}`)
      } else {
        for (const name of Object.keys(change.set)) {
          update.set.push(sql`${sql.identifier(name)} = ${value(table, change.set, name)}`)
        }
      }
    }
  }
  const set = [...updates.values()].map(
    ({ table, key, set }) =>
      sql`update ${sql.identifier('naive', table.name)} set ${sql.join(set)} where ${same(table, key)}`,
  )
  return [...others, ...set]
}

function upsert(table: TableSpec, row: Row): Sql {
  const names = Object.keys(table.columns)
  const excluded = names.map(
    (name) => sql`${sql.identifier(name)} = excluded.${sql.identifier(name)}`,
  )
  return sql`
    insert into ${sql.identifier('naive', table.name)}
    values (${sql.join(names.map((name) => value(table, row, name)))})
    on conflict (${columnsOf(table.key)}) do update set ${sql.join(excluded)}`
}

const remove = (table: TableSpec, key: Row) =>
  sql`delete from ${sql.identifier('naive', table.name)} where ${same(table, key)}`

const same = (table: TableSpec, key: Row): Sql =>
  sql.join(
    Object.keys(key).map((name) => sql`${sql.identifier(name)} = ${value(table, key, name)}`),
    sql` and `,
  )

const value = (table: TableSpec, row: Row, column: string): Sql =>
  sql`${encoded(table, row, column)}::${sql.raw(table.columns[column] ?? 'text')}`

const encoded = (table: TableSpec, row: Row, column: string) =>
  encodeValue(table.columns[column] ?? 'text', row[column])

/** The tables of the naive way, like those of the live build, with its rows of now. */
async function prepareNaive(postgres: Postgres): Promise<void> {
  await postgres.tx(async (tx) => {
    await tx.script('drop schema if exists naive cascade; create schema naive')
    await tx.script(
      'create table naive.checkpoint as select 0::bigint as sequence; analyze naive.checkpoint',
    )
    for (const { name, key, indexes = [] } of models.flatMap(({ tables }) => tables)) {
      const table = sql.identifier('naive', name).text
      const keys = key.map((column) => sql.identifier(column).text).join()
      await tx.script(`create table ${table} as select * from network.${name};
        alter table ${table} add primary key (${keys})`)
      for (const index of indexes) await tx.script(`create index on ${table} ${index}`)
      await tx.script(`analyze ${table}`)
    }
  })
}

const columnsOf = (columns: readonly string[]): Sql =>
  sql.join(columns.map((name) => sql.identifier(name)))

/** The rows a rebuild makes. */
async function bareCopy(postgres: Postgres) {
  const tables = models.flatMap(({ tables }) => tables)
  const rows = new Map<string, readonly (string | null)[][]>()
  let count = 0
  for (const { name, columns } of tables) {
    const texts = Object.keys(columns).map(
      (column) => sql`${sql.identifier(column)}::text as ${sql.identifier(column)}`,
    )
    const found = await postgres.query<Record<string, string | null>>(
      sql`select ${sql.join(texts)} from network.${sql.identifier(name)}`,
    )
    rows.set(
      name,
      found.map((row) => Object.keys(columns).map((column) => row[column] ?? null)),
    )
    count += found.length
  }
  const seconds = await timed(() =>
    postgres.tx(async (tx) => {
      await tx.script('drop schema if exists bare cascade; create schema bare')
      for (const { name, columns, key, indexes = [] } of tables) {
        const table = sql.identifier('bare', name)
        const types = Object.entries(columns).map(
          ([column, type]) => sql`${sql.identifier(column)} ${sql.raw(type)}`,
        )
        await tx.execute(sql`create table ${table} (${sql.join(types)})`)
        await tx.copyIn(table, columns, rows.get(name) ?? [], { freeze: true })
        await tx.execute(sql`alter table ${table} add primary key (${columnsOf(key)})`)
        for (const index of indexes) {
          await tx.execute(sql`create index on ${table} ${sql.raw(index)}`)
        }
      }
    }),
  )
  await postgres.execute(sql`drop schema bare cascade`)
  return { rows: count, seconds }
}

const nats = await testNats()
const kit = await testPostgres({ services: ['network'] })
const postgres = kit.open('network', { max: 4 })
const log = await nats.open('network')
const writing = await timed(() => writeHistory(log))
const head = await log.head()
console.log(
  `${commits} commits on ${interfaces} interfaces, written in ${writing.toFixed(1)} s (${Math.round(commits / writing)}/s)`,
)

const open = (model: Projection) =>
  openProjections({ log, postgres, telemetry: quiet(), service: 'network', projections: [model] })
/** Metrics register once. */
const quiet = () => ({
  ...telemetry,
  registry: createTelemetry('network', { level: 'warn' }).registry,
})
const hashes = async (projections: Projections) =>
  `${await projections.hash('network.peers')} ${await projections.hash('network.commands')}`

/** Takes away what came after, and sets the checkpoints back: the projector has these commits before it. */
async function setBack(model: Projection, to: bigint): Promise<void> {
  const hash = to === 0n ? '' : Buffer.from(await hashAt(to)).toString('hex')
  await postgres.execute(sql`
    update network.projections set sequence = ${to}, commit_hash = decode(${hash}, 'hex')
    where state = 'live'`)
  const builds = await postgres.query<{ schema: string; name: string }>(sql`
    select schema_name as schema, split_part(name, '.', 2) as name from network.projections
    where state = 'live'`)
  for (const { schema, name } of builds) {
    const spec = model.tables.find((table) => table.name === name)
    const table = sql.identifier(schema, name)
    const past = sql.identifier(schema, `${name}__past`)
    if (to === 0n) await postgres.execute(sql`truncate ${table}`)
    else await forget(table, name, to)
    if (spec?.isTemporal) {
      await postgres.execute(sql`delete from ${past} where valid_from > ${to}`)
      await postgres.execute(sql`
        update ${past} set valid_to = ${forever} where valid_to > ${to}`)
      await postgres.execute(sql`truncate ${table}`)
      const columns = columnsOf(Object.keys(spec.columns))
      await postgres.execute(sql`
        insert into ${table} (${columns}) select ${columns} from ${past} where valid_to = ${forever}`)
      await postgres.execute(sql`vacuum analyze ${past}`)
    }
    await postgres.execute(sql`vacuum analyze ${table}`)
  }
}

const forget = (table: Sql, name: string, after: bigint) =>
  postgres.execute(sql`
    delete from ${table}
    where ${sql.identifier(name === 'peers' ? 'created_sequence' : 'sequence')} > ${after}`)

async function hashAt(sequence: bigint): Promise<Uint8Array> {
  const { commitHash } = await import('@holdfast/event-log')
  const commit = await log.read(sequence)
  if (!commit) throw new Error(`no commit at ${sequence}`)
  return commitHash(commit)
}

async function catchUp(model: Projection) {
  let projections: Projections | undefined
  const seconds = await timed(async () => {
    projections = await open(model)
    for (;;) {
      const done = await projections.reached(head).then(
        () => true,
        () => false,
      )
      if (done) return
    }
  })
  const cpu = cpuMicros
  if (!projections) throw new Error('not opened')
  const all = await hashes(projections)
  await projections.stop()
  return { seconds, cpu, hashes: all }
}

interface Result {
  readonly rates: number[]
  readonly cpu: number[]
}
const results = new Map<string, Result>()
function note(name: string, count: number, seconds: number, cpu = cpuMicros): void {
  const result = results.get(name) ?? { rates: [], cpu: [] }
  results.set(name, result)
  result.rates.push(count / seconds)
  result.cpu.push(cpu / count)
}
const liveCommits = BigInt(Math.min(9_900, commits))

/** Milliseconds from the log's answer to the row, of commits that come alone. */
async function oneAtATime(model: Projection): Promise<readonly number[]> {
  const projections = await open(model)
  const times: number[] = []
  for (let n = 0; n < singles; n++) {
    const place = n % places.length
    const peerId = added[place]?.[0]
    if (!peerId) continue
    // as: shaped right, and nobody parses it here
    const event = {
      type: 'PeerKeyRotated',
      peerId,
      publicKey: Buffer.alloc(32, n).toString('base64'),
      privateKey: undefined,
    } as unknown as InterfaceEvent
    const { sequence } = await log.execute(aggregate, places[place] ?? '', [event], {
      commandId: newId(),
      isKeyed: false,
      organizationId: newId<OrganizationId>(),
      actor: { kind: 'service', id: 'bench' },
      correlationId: newId(),
    })
    const begin = performance.now()
    await projections.reached(sequence)
    times.push(performance.now() - begin)
  }
  await projections.stop()
  return times
}

for (let round = 0; round < rounds; round++) {
  for (const [kind, model] of Object.entries(variants)) {
    const isPlain = kind === 'plain'
    const named = (way: string) => (isPlain ? way : `${way}, ${kind}`)
    await dropReadModels(postgres, 'network')
    const zero = await catchUp(model)
    note(named('from zero'), commits, zero.seconds, zero.cpu)

    const projections = await open(model)
    note(named('rebuild'), commits, await timed(() => projections.rebuild('network.peers')))
    if ((await hashes(projections)) !== zero.hashes) throw new Error('a rebuild changed the rows')
    note(named('check'), commits, await timed(() => projections.check('network.peers')))
    await projections.stop()

    if (isPlain) {
      for (const [name, some] of [
        ['naive', models],
        ['naive, peers alone', [model]],
      ] as const) {
        await prepareNaive(postgres)
        const from = head - BigInt(naiveCommits) + 1n
        for (const table of ['peers', 'commands']) {
          await forget(sql.identifier('naive', table), table, from - 1n)
        }
        note(name, naiveCommits, await timed(() => naive(postgres, log, some, from, head)))
        await postgres.execute(sql`drop schema naive cascade`)
      }
    }

    await setBack(model, head - liveCommits)
    const live = await catchUp(model)
    note(named('live'), Number(liveCommits), live.seconds, live.cpu)
    if (!isPlain && live.hashes !== zero.hashes) throw new Error('live versions differ')

    await setBack(model, 0n)
    const caughtUp = await catchUp(model)
    note(named('catch-up'), commits, caughtUp.seconds, caughtUp.cpu)
    if (caughtUp.hashes !== zero.hashes) throw new Error('rows differ from the rebuilt ones')
    if (!isPlain) continue
    const bare = await bareCopy(postgres)
    note('bare COPY (rows)', bare.rows, bare.seconds)
    note('read only', commits, await timed(() => readAll(log, head)))
  }
}

console.log('\none at a time, ms from the log to the row:')
for (const [kind, model] of Object.entries(variants)) {
  const times = [...(await oneAtATime(model))].sort((a, b) => a - b)
  const at = (share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(2)
  console.log(`  ${kind.padEnd(10)} median ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}`)
}

const rateOf = (name: string) => median(results.get(name)?.rates ?? [])
const baseOf = (name: string) => rateOf(name.startsWith('rebuild') ? 'naive, peers alone' : 'naive')
const column = (text: string | number, width = 12) => text.toString().padStart(width)
console.log(
  `\n${'way'.padEnd(20)}${column('per second')}${column('× naive')}${column('our µs each')}   range`,
)
for (const [name, { rates, cpu }] of results) {
  const rate = median(rates)
  const range = `${Math.round(Math.min(...rates))} – ${Math.round(Math.max(...rates))}`
  console.log(
    `${name.padEnd(20)}${column(Math.round(rate))}${column((rate / baseOf(name)).toFixed(1))}${column(median(cpu).toFixed(1))}   ${range}`,
  )
}
console.log('\ngoals: live ≥ 25 × naive, rebuild ≥ 80 × naive')
await log.close()
await kit.close()
await nats.close()
process.exit(0)
