// Questions to the audit trail as it grows: 10 k, 100 k and 1 M entries, a tenth of them records of ACCESS, folded from
// synthetic commits straight into the read model. Actors, organizations, actions and objects are skewed as in life.
// Prints p50 and p99 of each filter and of combinations, the room rows and indexes take, and what an export costs.
//
//   npx tsx bench/audit.ts [sizes, by commas] [questions of each filter]      (default 10000,100000,1000000 and 60)
import { fileURLToPath } from 'node:url'
import { newId } from '@holdfast/domain'
import type { Commit } from '@holdfast/event-log'
import { migrate, sql } from '@holdfast/postgres'
import { openProjections } from '@holdfast/projections'
import { holdfast } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import { testNats, testPostgres } from '@holdfast/testkit'
import { readRecord } from '../services/audit/src/access/read-record.ts'
import { entries } from '../services/audit/src/projections/entries.ts'
import { findEntries } from '../services/audit/src/queries/entries.ts'
import type { EntryFilter } from '../services/audit/src/queries/entry-filter.ts'

const sizes = (process.argv[2] ?? '10000,100000,1000000').split(',').map(Number)
const rounds = Number(process.argv[3] ?? 60)
const network = holdfast.network.v1
const { signal } = new AbortController()

let seed = 42
/** The same trail every time. */
function random(): number {
  seed = (seed * 1_664_525 + 1_013_904_223) % 4_294_967_296
  return seed / 4_294_967_296
}
const pick = <T>(from: readonly T[], skew = 3): T => {
  const found = from[Math.floor(from.length * random() ** skew)]
  if (found === undefined) throw new Error('nothing to pick from')
  return found
}
const ids = (count: number) => Array.from({ length: count }, () => newId<string>())
const organizations = ids(20)
const users = ids(200)
const sessions = ids(5_000)
const peers = ids(50_000)
const tags = Array.from({ length: 2_000 }, (_, n) => Buffer.from(String(n).padStart(16, '0')))
const first = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace']
const things = ['laptop', 'phone', 'gateway', 'printer', 'server', 'tablet']
const start = Date.UTC(2026, 0, 1)

function commitAt(n: number, total: number): Commit {
  const peerId = pick(peers, 1.5)
  const name = `${pick(first)}-${pick(things)}-${Math.floor(random() * 5_000)}`
  const kind = random()
  const event =
    kind < 0.55
      ? { type: 'PeerUpdated', data: network.PeerUpdated.encode({ peerId, settings: { name } }) }
      : kind < 0.85
        ? { type: 'PeerAdded', data: network.PeerAdded.encode({ peerId, settings: { name } }) }
        : kind < 0.999
          ? { type: 'PeerRemoved', data: network.PeerRemoved.encode({ peerId }) }
          : { type: 'InterfaceKeyRotated', data: network.InterfaceKeyRotated.encode({}) }
  const stored = { type: event.type, schema: 1, data: event.data.finish() }
  const more = random() < 0.02 ? Array.from({ length: 5 }, () => stored) : []
  const isService = random() < 0.1
  const timeUnixMs = start + Math.floor((n / total) * 300 * 86_400_000)
  return {
    sequence: BigInt(n + 1),
    subject: 'evt.network.interface',
    context: 'network',
    commitId: newId(),
    lineageId: newId(),
    generation: 1,
    aggregateType: 'interface',
    aggregateId: `${pick(organizations)}.${pick(peers, 4)}`,
    aggregateVersion: 1n,
    organizationId: random() < 0.05 ? undefined : pick(organizations),
    actor: isService
      ? { kind: 'service', id: 'network', method: 'certificate' }
      : { kind: 'user', id: pick(users), method: 'password', sessionId: pick(sessions) },
    commandId: newId(),
    correlationId: newId(),
    causationId: undefined,
    requestHash: undefined,
    timeUnixUs: BigInt(timeUnixMs) * 1_000n,
    timeUnixMs,
    reason: random() < 0.2 ? `ticket ${Math.floor(random() * 20_000)}` : '',
    events: [stored, ...more],
    bytes: new Uint8Array(),
  }
}

function recordAt(n: number, total: number) {
  const isFailure = random() < 0.3
  const data = holdfast.access.v1.AccessRecord.encode({
    id: Buffer.from(newId<string>().replaceAll('-', ''), 'hex'),
    atUnixMs: start + Math.floor((n / total) * 300 * 86_400_000),
    action: isFailure ? pick(['login', 'denied'], 1) : pick(['refresh', 'login', 'logout']),
    result: isFailure ? 2 : 1,
    code: isFailure ? pick(['auth.invalid_credentials', 'access.denied'], 1) : '',
    userId: Buffer.from(pick(users).replaceAll('-', ''), 'hex'),
    sourceTag: pick(tags),
    count: 1,
  }).finish()
  return readRecord({ sequence: BigInt(n + 1), subject: 'access.auth', data, storedAtUnixMs: 0 })
}

const [pg, nats] = await Promise.all([
  testPostgres({ services: ['audit'], isOwn: true }),
  testNats(),
])
const postgres = pg.open('audit', { max: 4 })
await migrate(postgres, fileURLToPath(new URL('../services/audit/migrations', import.meta.url)), {
  schema: 'audit',
})

const projections = await openProjections({
  log: await nats.open('audit'),
  postgres,
  telemetry: createTelemetry('audit', { level: 'silent' }),
  service: 'audit',
  projections: [entries],
})
await projections.stop()
const [home] = await postgres.query<{ schema: string }>(sql`
  select nspname as schema from pg_namespace where nspname like 'audit_entries_v%'`)
if (!home) throw new Error('there is no read model')

/** Rows go in without indexes, which are made again behind them. */
async function fill(from: number, to: number, total: number): Promise<void> {
  const indexes = await postgres.query<{ schema: string; name: string; made: string }>(sql`
    select schemaname as schema, indexname as name, indexdef as made from pg_indexes
    where (schemaname = ${home?.schema ?? ''} or tablename = 'access_entries')
      and indexname not like '%_pkey'`)
  for (const { schema, name } of indexes) {
    await postgres.execute(sql`drop index ${sql.identifier(schema, name)}`)
  }
  await fillRows(from, to, total)
  await postgres.tx(
    async (tx) => {
      await tx.script("set local maintenance_work_mem = '512MB'")
      for (const { made } of indexes) await tx.script(made)
    },
    { statementTimeoutMs: 0 },
  )
}

async function fillRows(from: number, to: number, total: number): Promise<void> {
  const chunk = 20_000
  for (let n = from; n < to; n += chunk) {
    const end = Math.min(to, n + chunk)
    const changes = Array.from({ length: end - n }, (_, i) =>
      entries.changes(commitAt(n + i, total)),
    ).flat()
    await postgres.tx(async (tx) => {
      for (const table of entries.tables) {
        const rows = changes.flatMap((change) =>
          change.op === 'put' && change.table === table.name ? [change.row] : [],
        )
        await tx.copyIn(sql.identifier(home?.schema ?? '', table.name), table.columns, rows)
      }
    })
  }
  const records = Array.from({ length: Math.floor((to - from) / 9) }, (_, i) =>
    recordAt(from + i * 9, total),
  ).flatMap((row) => row ?? [])
  const columns = {
    record_id: 'uuid',
    sequence: 'bigint',
    position: 'bigint',
    organization_id: 'uuid',
    user_id: 'uuid',
    session_id: 'uuid',
    count: 'bigint',
    window_ms: 'bigint',
    accounts: 'bigint',
    source_tag: 'bytea',
    source_sealed: 'bytea',
    action: 'text',
    result: 'text',
    code: 'text',
    target: 'text',
    words: 'text',
  } as const
  await postgres.tx((tx) => tx.copyIn(sql`audit.access_entries`, columns, records))
}

const nothing: EntryFilter = {
  isOfLog: true,
  isOfAccess: true,
  actions: [],
  result: undefined,
  actorId: '',
  targetId: '',
  targetKind: '',
  organizations: '*',
  source: undefined,
  fromUnixMs: 0,
  toUnixMs: 0,
  words: [],
  correlationId: '',
  sessionId: '',
}
const day = 86_400_000
const common = users[0] ?? ''
const rare = users.at(-1) ?? ''
const address = (n: number) => ({
  tag: tags[n] ?? Buffer.alloc(16),
  sessions: sessions.slice(n * 3, n * 3 + 3),
})
const questions: readonly (readonly [string, () => Partial<EntryFilter>])[] = [
  ['everything', () => ({})],
  ['action, common', () => ({ actions: ['network.peer'] })],
  ['action, rare', () => ({ actions: ['network.interface.key_rotated'] })],
  ['result failure', () => ({ result: 'failure' })],
  ['result denied', () => ({ result: 'denied' })],
  ['actor, common', () => ({ actorId: common })],
  ['actor, any', () => ({ actorId: pick(users, 1) })],
  ['target', () => ({ targetId: pick(peers, 1) })],
  ['kind, rare', () => ({ targetKind: 'interface' })],
  ['organization, any', () => ({ organizations: [pick(organizations, 1)] })],
  ['organizations, five', () => ({ organizations: organizations.slice(10, 15) })],
  ['address, any', () => ({ source: address(Math.floor(random() * 1_600)) })],
  ['session, any', () => ({ sessionId: pick(sessions, 1) })],
  [
    'a day',
    () => ({
      ...((from) => ({ fromUnixMs: from, toUnixMs: from + day }))(
        start + Math.floor(random() * 290) * day,
      ),
    }),
  ],
  ['word, common', () => ({ words: ['laptop'] })],
  ['word, rare', () => ({ words: [String(10_000 + Math.floor(random() * 9_000))] })],
  ['two words', () => ({ words: [pick(first, 1), pick(things, 1)] })],
  [
    'three words, rare',
    () => ({ words: [pick(first, 1), pick(things, 1), String(Math.floor(random() * 5_000))] }),
  ],
  [
    'common actor and common action',
    () => ({ actorId: common, actions: ['network.peer.deleted'] }),
  ],
  [
    'common actor, rare action',
    () => ({ actorId: common, actions: ['network.interface.key_rotated'] }),
  ],
  ['rare actor, common action', () => ({ actorId: rare, actions: ['network.peer.updated'] })],
  [
    'organization and action and week',
    () => ({
      organizations: [pick(organizations, 1)],
      actions: ['network.peer.created'],
      fromUnixMs: start + 100 * day,
      toUnixMs: start + 107 * day,
    }),
  ],
  [
    'common organization, common word',
    () => ({ organizations: [organizations[0] ?? ''], words: ['laptop'] }),
  ],
  [
    'common of all, nothing found',
    () => ({
      isOfAccess: false,
      organizations: [organizations[0] ?? ''],
      actorId: common,
      actions: ['network.peer.updated'],
      words: ['alice', 'zzz'],
    }),
  ],
  [
    'two common words that never meet',
    () => ({ isOfAccess: false, words: ['updated', 'deleted'] }),
  ],
  ['service and its rarest action', () => ({ actorId: 'network', targetKind: 'interface' })],
  [
    'everything at once',
    () => ({
      organizations: [pick(organizations, 1)],
      actorId: pick(users, 2),
      actions: ['network.peer'],
      targetKind: 'peer',
      result: 'success',
      words: [pick(things, 1)],
      fromUnixMs: start,
      toUnixMs: start + 300 * day,
      source: address(1),
    }),
  ],
]

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0

async function ask(filter: EntryFilter): Promise<number> {
  const scope = { organizations: filter.organizations }
  const page = { after: undefined, limit: 50, isAscending: false }
  const begin = performance.now()
  await findEntries(postgres, scope, filter, page, signal)
  return performance.now() - begin
}

const biggest = Math.max(...sizes)
let filled = 0
for (const size of sizes) {
  await fill(filled, size, biggest)
  filled = size
  await postgres.query(sql`analyze audit.access_entries`)
  for (const { name } of entries.tables) {
    await postgres.query(sql`vacuum analyze ${sql.identifier(home.schema, name)}`)
  }
  await postgres.query(sql`vacuum analyze audit.access_entries`)
  const [room] = await postgres.query<{ rows: bigint; indexes: bigint }>(sql`
    select pg_table_size(${`${home.schema}.entries`}::regclass) as rows,
      pg_indexes_size(${`${home.schema}.entries`}::regclass) as indexes`)
  console.log(
    `\n${size} entries: rows ${Math.round(Number(room?.rows) / size)} bytes each, indexes ${Math.round(Number(room?.indexes) / size)}`,
  )
  // How busy the machine is besides: what a statement costs that does nothing.
  const bare: number[] = []
  for (let n = 0; n < rounds; n++) {
    const begin = performance.now()
    await postgres.query(sql`select 1`)
    bare.push(performance.now() - begin)
  }
  bare.sort((a, b) => a - b)
  console.log(
    `  ${'(a bare statement)'.padEnd(34)} p50 ${at(bare, 0.5).toFixed(1).padStart(7)} ms   p99 ${at(bare, 0.99).toFixed(1).padStart(7)} ms`,
  )
  for (const [name, question] of questions) {
    await ask({ ...nothing, ...question() })
    const times: number[] = []
    for (let n = 0; n < rounds; n++) times.push(await ask({ ...nothing, ...question() }))
    times.sort((a, b) => a - b)
    console.log(
      `  ${name.padEnd(34)} p50 ${at(times, 0.5).toFixed(1).padStart(7)} ms   p99 ${at(times, 0.99).toFixed(1).padStart(7)} ms`,
    )
  }
}

// The read model's side of an export: pages of 1,000, oldest first, to the end.
let after: { position: bigint; trail: 'log' | 'access' } | undefined
let exported = 0
const begin = performance.now()
for (;;) {
  const page = { after, limit: 1_000, isAscending: true }
  const { rows, nextCursor } = await findEntries(
    postgres,
    { organizations: '*' },
    nothing,
    page,
    signal,
  )
  exported += rows.length
  const last = rows.at(-1)
  if (nextCursor === '' || !last) break
  after = { position: last.position, trail: last.trail }
}
const seconds = (performance.now() - begin) / 1000
console.log(
  `\nexport: ${exported} entries in ${seconds.toFixed(1)} s, ${Math.round(exported / seconds)} a second, ${Math.round(process.memoryUsage.rss() / 1024 / 1024)} MiB`,
)
await Promise.all([nats.close(), pg.close()])
process.exit(0)
