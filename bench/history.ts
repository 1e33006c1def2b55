// What questions about history take on a grown log: blame, history, an object at a moment, and what differs over a
// tiny span, a day and everything. Rows and versions are made by the projection and the runner themselves, of commits
// a generator gives them; then the handlers are asked as gRPC asks them. A commit is taken to last 86 ms, so that a
// million make a day: the day's span is a tenth of the log, so that it grows with it. Beyond 50,000 commits the rows
// are multiplied in the database, objects and sequences apart: the questions are what is measured.
//
//   npx tsx bench/history.ts [commits,…] [rounds]      (default 10000,100000,1000000 and 60)
import { createHash, randomBytes } from 'node:crypto'
import { newId } from '@holdfast/domain'
import type { Commit, EventLog, StoredEvent, SubscribeOptions } from '@holdfast/event-log'
import { type Postgres, sql } from '@holdfast/postgres'
import { openProjections } from '@holdfast/projections'
import { holdfast } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import { testPostgres } from '@holdfast/testkit'
import { composeHistory } from '../services/audit/src/compose-history.ts'
import { changesOfMany } from '../services/audit/src/objects/changes.ts'
import { objects } from '../services/audit/src/projections/objects.ts'
import { historyRequests } from '../services/audit/src/testing/history-suite.ts'

const sizes = (process.argv[2] ?? '10000,100000,1000000').split(',').map(Number)
const rounds = Number(process.argv[3] ?? 60)
const {
  network,
  rules,
  log: sealing,
} = {
  network: holdfast.network.v1,
  rules: holdfast.rules.v1,
  log: holdfast.log.v1,
}
const random = (n: number): number => Math.floor(Math.random() * n)
const organizations = Array.from({ length: 20 }, () => newId<string>())

/** Commits of 400 interfaces and 20 rule sets: a quarter adds a peer or a rule, the others change or remove one. */
class Generated {
  readonly peers: string[] = []
  readonly #places = Array.from({ length: 400 }, (_, n) => ({
    id: `${newId<string>()}.${newId<string>()}`,
    organizationId: organizations[n % organizations.length] ?? '',
    peers: [] as string[],
  }))
  readonly #rules = organizations.map(() => [] as string[])
  readonly head: bigint
  last: Commit | undefined
  /** Some, from all over. */
  readonly kept: Commit[] = []

  constructor(commits: number) {
    this.head = BigInt(commits)
  }

  #next(sequence: bigint): Commit {
    const place = this.#places[random(this.#places.length)]
    if (!place) throw new Error('no place')
    const turn = random(100)
    const event = turn < 90 ? this.#peerEvent(place, turn) : undefined
    const n = random(organizations.length)
    const rule = event ?? this.#ruleEvent(n)
    const [context, aggregateType, aggregateId, organizationId] = event
      ? (['network', 'interface', place.id, place.organizationId] as const)
      : (['rules', 'rule_set', organizations[n] ?? '', organizations[n] ?? ''] as const)
    const id = newId<string>()
    const ms = 1_790_000_000_000 + Number(sequence) * 86
    const commit: Commit = {
      sequence,
      subject: `evt.${context}.${aggregateType}.${aggregateId}`,
      ...{ context, aggregateType, aggregateId, organizationId },
      commitId: id,
      lineageId: lineage,
      generation: 1,
      aggregateVersion: sequence,
      actor: { kind: 'user', id: author, method: 'password' },
      commandId: id,
      correlationId: id,
      causationId: undefined,
      requestHash: undefined,
      timeUnixUs: BigInt(ms) * 1000n,
      timeUnixMs: ms,
      reason: '',
      events: [rule],
      bytes: createHash('sha256').update(id).digest(),
    }
    this.last = commit
    if (random(Number(this.head)) < 5_000) this.kept.push(commit)
    return commit
  }

  #peerEvent(place: { readonly peers: string[] }, turn: number): StoredEvent {
    const at = random(place.peers.length)
    const peerId = turn < 25 ? undefined : place.peers[at]
    const settings = {
      name: `peer-${random(1_000_000)}`,
      addresses: [`10.${random(256)}.${random(256)}.${random(256)}`],
      clientAllowedIps: ['0.0.0.0/0'],
      keepaliveSeconds: random(3) * 25,
      isEnabled: random(2) === 0,
      description: 'made by a benchmark',
    }
    const keys = () => ({
      publicKey: randomBytes(32),
      privateKey: new sealing.Sealed({
        keyId: 'k',
        nonce: randomBytes(12),
        ciphertext: randomBytes(48),
      }),
    })
    const stored = (type: string, data: Uint8Array) => ({ type, schema: 1, data })
    if (peerId === undefined) {
      const made = newId<string>()
      place.peers.push(made)
      this.peers.push(made)
      return stored(
        'PeerAdded',
        network.PeerAdded.encode({ peerId: made, settings, ...keys() }).finish(),
      )
    }
    if (turn < 30) {
      place.peers.splice(at, 1)
      return stored('PeerRemoved', network.PeerRemoved.encode({ peerId }).finish())
    }
    if (turn < 35) {
      return stored('PeerKeyRotated', network.PeerKeyRotated.encode({ peerId, ...keys() }).finish())
    }
    return stored('PeerUpdated', network.PeerUpdated.encode({ peerId, settings }).finish())
  }

  #ruleEvent(n: number): StoredEvent {
    const known = this.#rules[n] ?? []
    const ruleId = known.length > 0 && random(4) > 0 ? known[random(known.length)] : undefined
    const settings = {
      name: `rule-${random(1_000_000)}`,
      action: 2 as const,
      direction: 1 as const,
      protocol: 2 as const,
      source: '198.51.100.0/24',
      priority: random(1000),
      target: { kind: 1 as const },
    }
    if (ruleId !== undefined) {
      const data = rules.RuleUpdated.encode({ ruleId, settings }).finish()
      return { type: 'RuleUpdated', schema: 1, data }
    }
    const made = newId<string>()
    known.push(made)
    const data = rules.RuleCreated.encode({ ruleId: made, settings }).finish()
    return { type: 'RuleCreated', schema: 1, data }
  }

  /** The reading half of a log, once from its beginning. */
  reader(): Pick<EventLog, 'subscribe' | 'read' | 'head' | 'seen' | 'safe' | 'status'> {
    return {
      head: () => Promise.resolve(this.head),
      seen: () => this.head,
      safe: { current: () => this.head, onAdvance: () => () => undefined },
      status: () => ({ isWritable: true }),
      read: (sequence) => Promise.resolve(sequence === this.head ? this.last : undefined),
      subscribe: async ({ from, signal }: SubscribeOptions, onBatch) => {
        for (let next = from; next <= this.head && !signal.aborted; ) {
          const batch: Commit[] = []
          while (batch.length < 5_000 && next <= this.head) batch.push(this.#next(next++))
          await onBatch(batch)
        }
        if (signal.aborted) return
        await new Promise<void>((done) =>
          signal.addEventListener('abort', () => done(), { once: true }),
        )
      },
    }
  }
}

const lineage = newId<string>()
const author = newId<string>()

/** Milliseconds of the median and the slowest hundredth. */
async function timed(work: (round: number) => Promise<unknown>, count = rounds): Promise<string> {
  const times: number[] = []
  for (let round = 0; round < count; round++) {
    const begin = performance.now()
    await work(round)
    times.push(performance.now() - begin)
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => (times[Math.ceil(times.length * share) - 1] ?? 0).toFixed(1)
  return `p50 ${at(0.5).padStart(7)} ms   p99 ${at(0.99).padStart(7)} ms`
}

const mostBuilt = 50_000

/** Every object `times` times, each under ids of its own, their commits one after the other. */
async function multiply(postgres: Postgres, times: number): Promise<void> {
  const [live] = await postgres.query<{ schema: string }>(sql`
    select table_schema as schema from information_schema.view_table_usage
    where view_schema = 'audit' and view_name = 'objects'`)
  const schema = live?.schema ?? ''
  const copies = sql`generate_series(1, ${times - 1}) k`
  const forever = sql`9223372036854775807`
  const id = (column: string) => sql`md5(${sql.identifier(column)}::text || k)::uuid`
  const said = sql`name, name_key, facts, settings, keys, more, state, action`
  const past = sql.identifier(schema, 'objects__past')
  const commits = sql.identifier(schema, 'object_commits')
  await postgres.tx(
    async (tx) => {
      await tx.execute(sql`
        create temporary table seed on commit drop as select object_id, kind, organization_id, parent_id, ${said},
          changed_sequence * ${times} as changed_sequence, valid_from * ${times} as valid_from,
          case when valid_to = ${forever} then valid_to else valid_to * ${times} end as valid_to
        from ${past}`)
      await tx.execute(sql`truncate ${past}`)
      const columns = sql`object_id, kind, organization_id, parent_id, ${said}, changed_sequence, valid_from, valid_to`
      await tx.execute(sql`
        insert into ${past} (${columns}) select * from seed union all
        select ${id('object_id')}, kind, organization_id, ${id('parent_id')}, ${said}, changed_sequence - k,
          valid_from - k, case when valid_to = ${forever} then valid_to else valid_to - k end
        from seed, ${copies}`)
      await tx.execute(sql`
        create temporary table authors on commit drop as select * from ${commits}`)
      await tx.execute(sql`truncate ${commits}`)
      await tx.execute(sql`
        insert into ${commits} select sequence * ${times} - k, organization_id, committed_at, actor_kind, actor_id,
          method, session_id, correlation_id, reason, actions
        from authors, generate_series(0, ${times - 1}) k`)
    },
    { statementTimeoutMs: 0 },
  )
  await postgres.execute(sql`vacuum analyze ${past}`)
}

for (const size of sizes) {
  const pg = await testPostgres({ services: ['audit'], isOwn: true })
  const postgres = pg.open('audit', { max: 4 })
  const times = Math.max(1, Math.round(size / mostBuilt))
  const generated = new Generated(Math.min(size, mostBuilt))
  const log = generated.reader()
  const began = performance.now()
  const projections = await openProjections({
    log,
    postgres,
    telemetry: createTelemetry('audit', { level: 'warn' }),
    service: 'audit',
    projections: [objects],
  })
  while (projections.status().some(({ checkpoint }) => checkpoint < generated.head)) {
    await projections.reached(generated.head).catch(() => undefined)
  }
  const built = (performance.now() - began) / 1000
  if (times > 1) await multiply(postgres, times)
  const [room] = await postgres.query<{ bytes: bigint; versions: bigint }>(sql`
    select (select sum(pg_total_relation_size(c.oid))::bigint from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            where n.nspname like 'audit_objects%' and c.relkind = 'r') as bytes,
      (select count(*) from audit.objects_versions) as versions`)
  console.log(
    `\n${size} commits: ${generated.head} built in ${built.toFixed(1)} s (${Math.round(Number(generated.head) / built)} commits/s), ` +
      `${room?.versions} versions in ${(Number(room?.bytes ?? 0) / 1024 / 1024).toFixed(0)} MiB`,
  )
  const { history } = composeHistory({
    log: { safeHead: () => Promise.resolve(BigInt(size)) },
    postgres,
    projections: () => ({ reached: () => Promise.resolve() }),
    recorder: { record: () => undefined },
  })
  const ask = historyRequests(history)
  const peer = () => generated.peers[random(generated.peers.length)] ?? ''
  const anyMoment = () => BigInt(1 + random(size))
  const blame = (at?: bigint) =>
    ask.getBlame({ object: peer() }, at === undefined ? {} : { at }).catch((error: unknown) => {
      if (at === undefined) throw error // it may not be there yet
    })
  const diff = (fromSequence: number, toSequence: number) =>
    ask.diffObjects({ fromSequence, toSequence })
  await diff(0, size)
  await blame()
  const middle = Math.floor(size / 2)
  const tenth = Math.floor(size / 10)
  const lines: [string, (round: number) => Promise<unknown>, number?][] = [
    ['blame, now', () => blame()],
    ['blame, at a moment', () => blame(anyMoment())],
    ['history', () => ask.listVersions({ object: peer() })],
    ['found by name', () => ask.getBlame({ object: 'nobody' }).catch(() => undefined)],
    [
      'diff of 5 commits',
      () => {
        const from = random(size - 5)
        return diff(from, from + 5)
      },
    ],
    [
      'diff of a tenth',
      () => {
        const from = random(size - tenth)
        return diff(from, from + tenth)
      },
      12,
    ],
    ['diff of everything', () => diff(0, size), 12],
    ['diff of all but the first', () => diff(1, size), 12],
    ['diff of the second half', () => diff(middle, size), 12],
    ['diff of the first half', () => diff(0, middle), 12],
    ['diff of the third quarter', () => diff(middle, middle + size / 4), 12],
    [
      'diff of everything, one organization',
      () => ask.diffObjects({ toSequence: size, organizationId: organizations[3] ?? '' }),
      12,
    ],
    ['changes of 500 commits', () => changesOfMany(postgres, generated.kept.slice(0, 500)), 12],
  ]
  for (const [name, work, count] of lines) {
    console.log(`  ${name.padEnd(38)} ${await timed(work, count)}`)
  }
  const whole = await diff(middle, size)
  console.log(
    `  the second half: ${whole.counts
      .map((one) => `${one.kind} +${one.created} ~${one.changed} -${one.deleted}`)
      .join(', ')}${whole.isCut ? ' (cut)' : ''}`,
  )
  await projections.stop()
  await pg.close()
}
