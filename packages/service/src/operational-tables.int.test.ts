import { openPostgres, type Postgres, sql } from '@holdfast/postgres'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestPostgres, testPostgres } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tableHandlers } from './operational-tables.ts'
import type { Call } from './types.ts'

let server: TestPostgres
let postgres: Postgres
// The handlers look at nothing else of a call.
const call = { signal: new AbortController().signal } as Call

beforeAll(async () => {
  server = await testPostgres({ services: ['notify'] })
  postgres = openPostgres({
    url: server.url('notify'),
    max: 2,
    telemetry: createTelemetry('notify', { level: 'silent' }),
    name: 'notify',
  })
  await postgres.tx((tx) =>
    tx.script(`
      create schema if not exists notify;
      create table notify.migrations (file text primary key);
      insert into notify.migrations values ('0001_start.sql'), ('0007_more.sql');
      create table notify.things (
        owner uuid, at timestamptz, hash bytea, note text, number bigint, list text[], doc jsonb, source inet,
        primary key (owner, at, hash)
      );
      insert into notify.things
        select '00000000-0000-0000-0000-000000000001', timestamptz '2026-01-01' + n * interval '1 microsecond',
          sha256(n::text::bytea), 'ein "Wort"' || E'\\n' || n, 9007199254740993 + n, array['a', null, '{,}'],
          '{"deep": [1.10, null]}', '2001:db8::1/64'
        from generate_series(1, 1234) n;
      create table notify.bodies (id integer primary key, body text);
      insert into notify.bodies select n, repeat('x', 1048576) from generate_series(1, 7) n;
    `),
  )
})
afterAll(async () => {
  await postgres.close()
  await server.close()
})

const handlers = () =>
  tableHandlers(postgres, 'notify', { kept: ['things', 'bodies'], left: { others: 'not these' } })

async function readAll(table: string, limit: number): Promise<string[][]> {
  const pages: string[][] = []
  for (let cursor = ''; ; ) {
    const page = await handlers().readTable({ table, cursor, limit } as never, call)
    pages.push([...(page.rows ?? [])])
    cursor = page.nextCursor ?? ''
    if (cursor === '') return pages
  }
}

test('tables are told with the migration that made them', async () => {
  expect(await handlers().listTables({} as never, call)).toEqual({
    tables: [
      { name: 'things', migration: 7 },
      { name: 'bodies', migration: 7 },
    ],
  })
})

test('every row comes once, in pages, and Postgres makes the same rows of it again', async () => {
  const pages = await readAll('things', 500)
  expect(pages.map((page) => page.length)).toEqual([500, 500, 234])
  const rows = pages.flat()
  expect(new Set(rows).size).toBe(1234)
  await postgres.tx((tx) =>
    tx.script('create table if not exists notify.again (like notify.things including all)'),
  )
  for (const row of rows)
    await postgres.execute(sql`
      insert into notify.again select * from json_populate_record(null::notify.again, ${row}::json)`)
  const [same] = await postgres.query<{ count: bigint }>(
    sql`select count(*) from (select * from notify.things except select * from notify.again) d`,
  )
  expect(same?.count).toBe(0n)
})

test('a page stays small however large its rows are', async () => {
  const pages = await readAll('bodies', 5000)
  expect(pages.map((page) => page.length)).toEqual([4, 3])
})

test('nothing but operational tables is read, and no cursor of somebody else', async () => {
  const read = (table: string, cursor = '') =>
    handlers().readTable({ table, cursor, limit: 1 } as never, call)
  for (const table of ['others', 'migrations', 'pg_class', 'things; drop table x', '']) {
    await expect(read(table)).rejects.toThrow(expect.objectContaining({ code: 'table.not_found' }))
  }
  for (const cursor of ['x', 'W10', Buffer.from('["a"]').toString('base64url')]) {
    await expect(read('things', cursor)).rejects.toThrow(
      expect.objectContaining({ code: 'invalid' }),
    )
  }
})
