// Commands through HTTP → gRPC → log → response, serial and 64 at once, beside the ceilings of the same run:
// a bare validated Fastify POST, plain Postgres inserts with fsync, and the whole path without fsync.
//
//   npx tsx bench/commands.ts [rounds] [seconds]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testPostgres } from '@holdfast/testkit'
import pg from 'pg'
import type { Figures } from './load.ts'
import { load, median, row } from './run-load.ts'
import { suiteTarget, type Target } from './suite-target.ts'

const rounds = Number(process.argv[2] ?? 3)
const seconds = Number(process.argv[3] ?? 5)

if (process.send) await serveBare()
else await measure()

/** The least a validated POST can cost: the gateway's framework, a schema in, a schema out. */
async function serveBare(): Promise<void> {
  const gateway = createRequire(new URL('../services/gateway/package.json', import.meta.url))
  const { fastify } = gateway('fastify')
  const app = fastify()
  const text = { type: 'string' }
  app.post(
    '/',
    {
      schema: {
        body: {
          type: 'object',
          required: ['name'],
          additionalProperties: false,
          properties: { name: { ...text, minLength: 1, maxLength: 128 } },
        },
        response: { 200: { type: 'object', properties: { id: text, name: text } } },
      },
    },
    (request: { body: { name: string } }) => ({ id: 'x', name: request.body.name }),
  )
  process.send?.(await app.listen({ port: 0, host: '127.0.0.1' }))
}

/** A stand-in for nats-server that flushes every two minutes instead of at each message: the other durability class. */
function withoutFsync(): { path: string; remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-nofsync-'))
  const path = join(directory, 'nats-server')
  const real = process.env['HOLDFAST_NATS_SERVER'] ?? 'nats-server'
  writeFileSync(
    path,
    `#!/bin/sh
config=; last=
for word in "$@"; do case $last in -c|--config) config=$word ;; esac; case $word in -c=*|--config=*) config=\${word#*=} ;; esac; last=$word; done
case " $* " in *" -t "*) config= ;; esac
if [ -n "$config" ]; then sed -i 's/sync_interval: always/sync_interval: "2m"/' "$config"; fi
exec '${real}' "$@"
`,
  )
  chmodSync(path, 0o755)
  return { path, remove: () => rmSync(directory, { recursive: true }) }
}

/** One row an event, unique by stream and version, fsync before the answer: what a table would do. */
async function postgresTarget(): Promise<Target> {
  const database = await testPostgres()
  const pool = new pg.Pool({ connectionString: database.url('network').reveal(), max: 64 })
  await pool.query(
    'create table events (stream uuid, version bigint, data bytea, primary key (stream, version))',
  )
  const data = Buffer.alloc(376, 7)
  return {
    async run(connections) {
      const end = performance.now() + seconds * 1000
      const times: number[] = []
      await Promise.all(
        Array.from({ length: connections }, async () => {
          const stream = crypto.randomUUID()
          for (let version = 1; performance.now() < end; version += 1) {
            const start = performance.now()
            await pool.query({
              name: 'append',
              text: 'insert into events values ($1, $2, $3)',
              values: [stream, version, data],
            })
            times.push(performance.now() - start)
          }
        }),
      )
      times.sort((a, b) => a - b)
      const at = (q: number) => times[Math.floor(times.length * q)] ?? 0
      return { perSecond: times.length / seconds, p50: at(0.5), p99: at(0.99), failed: 0 }
    },
    async end() {
      await pool.end()
      await database.close()
    },
  }
}

async function measure(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), [], { execArgv: ['--import', 'tsx'] })
  const [bareUrl] = (await once(child, 'message')) as [string]
  const bare: Target = {
    run: (connections, prefix) =>
      load({ url: bareUrl, token: '', connections, seconds, paths: ['/'], prefix }),
    end: async () => void child.kill(),
  }
  const wrapper = withoutFsync()
  const targets: Record<string, Target> = {
    'bare validated Fastify POST': bare,
    'plain Postgres insert, fsync': await postgresTarget(),
    'whole path, fsync before the answer': await suiteTarget({}, seconds),
    'whole path, fsync-less class': await suiteTarget(
      { HOLDFAST_NATS_SERVER: wrapper.path },
      seconds,
    ),
  }
  const results = new Map<string, Figures[]>()
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, target] of Object.entries(targets)) {
      for (const connections of [1, 64]) {
        const figures = await target.run(connections, `r${round}-${connections}`)
        if (round === 0) continue // warm-up
        const key = `${name}, ${connections} at once`
        results.set(key, [...(results.get(key) ?? []), figures])
        console.log(row(key, figures))
      }
    }
  }
  const rate = (key: string): number => median((results.get(key) ?? []).map((f) => f.perSecond))
  const ratio = (a: string, b: string): string => (rate(a) / rate(b)).toFixed(2)
  console.log('\nmedians, as ratios of the same run:')
  for (const at of ['1 at once', '64 at once']) {
    const durable = `whole path, fsync before the answer, ${at}`
    const fast = `whole path, fsync-less class, ${at}`
    console.log(
      `${at}: fsync-less / bare Fastify ${ratio(fast, `bare validated Fastify POST, ${at}`)}`,
    )
    console.log(
      `${at}: fsync / bare Fastify ${ratio(durable, `bare validated Fastify POST, ${at}`)}`,
    )
    console.log(
      `${at}: fsync / plain Postgres with fsync ${ratio(durable, `plain Postgres insert, fsync, ${at}`)}`,
    )
  }
  for (const target of Object.values(targets)) await target.end()
  wrapper.remove()
  process.exit(0)
}
