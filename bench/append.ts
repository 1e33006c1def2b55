// Appends a second: our client and its batches against what there is otherwise. Ratios come from one
// run with interleaved rounds; absolute figures belong to the machine.
//
//   npx tsx bench/append.ts [rounds]      (default 3)

import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findNats, freePort } from '@holdfast/embedded'
import { sql } from '@holdfast/postgres'
import { testPostgres } from '@holdfast/testkit'
import { headers, type NatsConnection } from 'nats'
import { connectNats } from '../packages/event-log/src/connection.ts'
import { JetStreamApi } from '../packages/event-log/src/jetstream-api.ts'
import { Requests } from '../packages/event-log/src/requests.ts'
import { Transmitter } from '../packages/event-log/src/transmitter.ts'

const rounds = Number(process.argv[2] ?? 3)
const payload = new Uint8Array(350).fill(7)
const stream = 'BENCH'

interface Server {
  readonly connection: NatsConnection
  readonly requests: Requests
  stop(): Promise<void>
}

async function startServer(binary: string, isSynced: boolean): Promise<Server> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  const port = await freePort()
  const file = join(directory, 'nats.conf')
  await writeFile(
    file,
    `host: 127.0.0.1\nport: ${port}\njetstream: { store_dir: ${JSON.stringify(directory)}${isSynced ? ', sync_interval: always' : ''} }\n`,
  )
  const child: ChildProcess = spawn(binary, ['-c', file], { stdio: 'ignore' })
  const connection = await connectNats({ url: `nats://127.0.0.1:${port}`, name: 'bench' })
  const requests = new Requests(connection, 'bench')
  await new JetStreamApi(requests).call(`STREAM.CREATE.${stream}`, {
    name: stream,
    subjects: ['in.*.>'],
    subject_transform: { src: 'in.*.>', dest: 'evt.>' },
    storage: 'file',
    allow_atomic: true,
    duplicate_window: 120_000_000_000,
  })
  return {
    connection,
    requests,
    async stop() {
      requests.close()
      await connection.close()
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await gone
      await rm(directory, { recursive: true })
    },
  }
}

/** Runs `task` this many times, so many at a time; times a second. */
async function rate(count: number, window: number, task: () => Promise<unknown>): Promise<number> {
  let left = count
  const startedAt = performance.now()
  const worker = async (): Promise<void> => {
    while (left-- > 0) await task()
  }
  await Promise.all(Array.from({ length: window }, worker))
  return count / ((performance.now() - startedAt) / 1000)
}

const subject = (): string => `bench.counter.${randomUUID()}`

const own = (server: Server, group: false | object) => {
  const transmitter = new Transmitter({
    requests: server.requests,
    stream,
    ingestSubject: (name) => `in.t.${name}`,
    group,
    mayPublish: () => true,
  })
  return async (): Promise<void> => {
    const letter = { subject: subject(), commitId: randomUUID(), expected: 0n, bytes: payload }
    const delivery = await transmitter.transmit(letter, false)
    if (delivery.type !== 'stored') throw new Error(delivery.type)
  }
}

const library = (server: Server) => {
  const jetstream = server.connection.jetstream()
  return async (): Promise<void> => {
    const h = headers()
    h.set('Nats-Expected-Last-Subject-Sequence', '0')
    h.set('Nats-Expected-Stream', stream)
    await jetstream.publish(`in.t.${subject()}`, payload, { msgID: randomUUID(), headers: h })
  }
}

const { path } = await findNats({
  dataDir: join(tmpdir(), 'holdfast-bench-nats'),
  env: process.env,
})
const relaxed = await startServer(path, false)
const synced = await startServer(path, true)
const kit = await testPostgres({ services: ['network'] })
const postgres = kit.open('network', { max: 64 })
await postgres.query(
  sql`create table bench_commits (id bigserial primary key, subject text not null, message_id uuid not null unique, payload bytea not null)`,
)
const insert = async (): Promise<void> => {
  await postgres.query(
    sql`insert into bench_commits (subject, message_id, payload) values (${subject()}, ${randomUUID()}, ${Buffer.from(payload)}) returning id`,
  )
}

const cases = {
  'js.publish, window 256, no sync': () => rate(8_000, 256, library(relaxed)),
  'own client, window 256, no sync': () => rate(30_000, 256, own(relaxed, false)),
  'own client, window 1000, no sync': () => rate(30_000, 1000, own(relaxed, false)),
  'js.publish, window 256, sync always': () => rate(3_000, 256, library(synced)),
  'own singles, window 64, sync always': () => rate(3_000, 64, own(synced, false)),
  'own batches, window 64, sync always': () => rate(6_000, 64, own(synced, {})),
  'own singles, window 256, sync always': () => rate(3_000, 256, own(synced, false)),
  'own batches, window 256, sync always': () => rate(12_000, 256, own(synced, {})),
  'Postgres inserts, 64 at once, fsync': () => rate(3_000, 64, insert),
} as const

type Case = keyof typeof cases
const results = new Map<Case, number[]>()
for (let round = 0; round < rounds; round++) {
  for (const name of Object.keys(cases) as Case[]) {
    const result = await cases[name]()
    results.set(name, [...(results.get(name) ?? []), result])
  }
}
const median = (name: Case): number => {
  const values = [...(results.get(name) ?? [])].sort((a, b) => a - b)
  return values[Math.floor(values.length / 2)] ?? 0
}
for (const [name, values] of results) {
  const range = `${Math.round(Math.min(...values))}-${Math.round(Math.max(...values))}`
  console.log(`${name.padEnd(40)} ${String(Math.round(median(name))).padStart(7)}/s  [${range}]`)
}
const ratio = (label: string, above: Case, below: Case, goal: number): void => {
  const value = median(above) / median(below)
  console.log(`${label.padEnd(56)} ${value.toFixed(2)}x  (goal ${goal})`)
}
console.log()
ratio(
  'own client / js.publish, window 256',
  'own client, window 256, no sync',
  'js.publish, window 256, no sync',
  2.5,
)
ratio(
  'batches / singles, window 256, sync always',
  'own batches, window 256, sync always',
  'own singles, window 256, sync always',
  2,
)
ratio(
  'batches / Postgres inserts, both synced, 64 at once',
  'own batches, window 64, sync always',
  'Postgres inserts, 64 at once, fsync',
  1.2,
)
await postgres.query(sql`drop table bench_commits`)
await kit.close()
await relaxed.stop()
await synced.stop()
