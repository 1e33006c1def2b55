import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPostgres, type Postgres, sql } from '@holdfast/postgres'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestPostgres, testPostgres } from '@holdfast/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { tableHandlers } from './operational-tables.ts'
import { loadRestoredTables } from './restored-tables.ts'
import type { Call } from './types.ts'

const { log } = createTelemetry('auth', { level: 'silent' })
const call = { signal: new AbortController().signal } as Call
const tables = {
  kept: ['owners', 'things', 'sessions'],
  left: {},
  notRestored: { sessions: 'a restore revives no session' },
}

let server: TestPostgres
let postgres: Postgres
let directory = ''

beforeAll(async () => {
  server = await testPostgres({ services: ['auth'] })
  postgres = openPostgres({
    url: server.url('auth'),
    max: 2,
    telemetry: createTelemetry('auth', { level: 'silent' }),
    name: 'auth',
  })
  await postgres.tx((tx) =>
    tx.script(`
      create schema if not exists auth;
      create table auth.migrations (file text primary key);
      insert into auth.migrations values ('0003_x.sql');
      create table auth.owners (id integer primary key);
      create table auth.things (
        place bigint generated always as identity primary key, owner integer references auth.owners,
        hash bytea, at timestamptz, list text[], doc jsonb,
        twice integer generated always as (owner * 2) stored, added text not null default 'since');
      create table auth.sessions (id integer primary key);`),
  )
})
afterAll(async () => {
  await postgres.close()
  await server.close()
})
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-restored-'))
  mkdirSync(join(directory, 'tables'))
  await postgres.tx((tx) =>
    tx.script('truncate auth.things, auth.owners, auth.sessions restart identity cascade'),
  )
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const put = (table: string, ...rows: readonly string[]): void =>
  writeFileSync(join(directory, 'tables', `${table}.jsonl`), rows.map((row) => `${row}\n`).join(''))
const statement = (change: object = {}): void =>
  writeFileSync(
    join(directory, 'restored.json'),
    JSON.stringify({
      ...{ format: 1, generation: 2 },
      tables: [{ name: 'auth.things', migration: 2 }],
      ...change,
    }),
  )
const load = (generation = 2) =>
  loadRestoredTables(postgres, { generation }, { directory, schema: 'auth', tables }, log)
const count = async (table: string): Promise<number> =>
  Number(
    (
      await postgres.query<{ n: bigint }>(
        sql`select count(*) as n from ${sql.identifier('auth', table)}`,
      )
    )[0]?.n,
  )

test('rows come back as they were told, those of sessions do not, and the files go', async () => {
  await postgres.tx((tx) =>
    tx.script(
      `
      insert into auth.owners values (7);
      insert into auth.things (owner, hash, at, list, doc)
        select 7, sha256(n::text::bytea), timestamptz '2026-01-01' + n * interval '1 µs'::interval, array['a', null], '{"n": 1.10}'
        from generate_series(1, 2500) n;`.replace(
        "interval '1 µs'::interval",
        "interval '1 microsecond'",
      ),
    ),
  )
  const told: string[] = []
  for (let cursor = ''; ; ) {
    const page = await tableHandlers(postgres, 'auth', tables).readTable(
      { table: 'things', cursor, limit: 0 } as never,
      call,
    )
    told.push(...(page.rows ?? []))
    cursor = page.nextCursor ?? ''
    if (cursor === '') break
  }
  await postgres.tx((tx) => tx.script('truncate auth.things, auth.owners restart identity cascade'))
  put('auth.things', ...told)
  put('auth.owners', '{"id":7,"gone":"of an earlier release"}')
  put('auth.sessions', '{"id":1}')
  put('notify.mails', '{"id":1}')
  statement()
  await load()
  expect(await count('things')).toBe(2500)
  expect(await count('sessions')).toBe(0)
  const again = await tableHandlers(postgres, 'auth', tables).readTable(
    { table: 'things', cursor: '', limit: 5 } as never,
    call,
  )
  expect(again.rows).toEqual(told.slice(0, 5))
  // What is added now goes on behind them.
  const [added] = await postgres.query<{ place: bigint }>(
    sql`insert into auth.things (owner) values (7) returning place`,
  )
  expect(added?.place).toBe(2501n)
  expect(existsSync(join(directory, 'tables/auth.things.jsonl'))).toBe(false)
  expect(existsSync(join(directory, 'tables/auth.sessions.jsonl'))).toBe(false)
  // Those of another service are its own to take.
  expect(existsSync(join(directory, 'tables/notify.mails.jsonl'))).toBe(true)
  await load()
  expect(await count('things')).toBe(2501)
})

test('a crash before the files are removed repeats it, and the last one to come tidies up', async () => {
  put('auth.owners', '{"id":7}', '{"id":8}')
  statement()
  await postgres.query(sql`insert into auth.owners values (7)`)
  await load()
  expect(await count('owners')).toBe(2)
  expect(existsSync(directory)).toBe(false)
})

test.each([
  ['a line that is no row', () => put('auth.things', '{"owner":7}', '[1]'), /no row/],
  ['half a line', () => put('auth.things', '{"owner":7}', '{"own'), /no JSON/],
  ['rows of something else', () => put('auth.things', '{"x":1}'), /no column/],
  ['another generation', () => statement({ generation: 3 }), /of generation 3, and the log of 2/],
  [
    'a later release',
    () => statement({ tables: [{ name: 'auth.things', migration: 9 }] }),
    /migration 9/,
  ],
  ['no statement', () => rmSync(join(directory, 'restored.json')), /cannot be read/],
])('%s is refused, and nothing of the rest is taken in', async (_, spoil, why) => {
  put('auth.owners', '{"id":7}')
  put('auth.things', '{"owner":7}')
  statement()
  spoil()
  await expect(load()).rejects.toThrow(why)
  expect(await count('owners')).toBe(0)
  expect(existsSync(join(directory, 'tables/auth.owners.jsonl'))).toBe(true)
})

test('without anything left by a restore nothing happens', async () => {
  await load()
  rmSync(directory, { recursive: true })
  await load()
})
