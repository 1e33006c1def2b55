import { testPostgres } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Postgres, PostgresUnavailable, sql, unnest } from './index.ts'

const organization = '0190f5e0-0000-7000-8000-000000000001'
const other = '0190f5e0-0000-7000-8000-000000000002'

let postgres: Postgres
let close: () => Promise<void>

beforeAll(async () => {
  const kit = await testPostgres({ services: ['network', 'auth'] })
  postgres = kit.open('network', { max: 2 })
  close = () => kit.close()
})
afterAll(() => close())

test('64-bit numbers come as bigint, bytes as bytes, times as dates', async () => {
  const [row] = await postgres.query(sql`
    select 9007199254740993::bigint as big, '{1,2}'::bigint[] as bigs, '\\x00ff'::bytea as bytes,
           '2026-01-02T03:04:05.678Z'::timestamptz as at, ${'a'}::text as text`)
  expect(row).toEqual({
    big: 9007199254740993n,
    bigs: [1n, 2n],
    bytes: Buffer.from([0, 255]),
    at: new Date('2026-01-02T03:04:05.678Z'),
    text: 'a',
  })
})

const columns = {
  id: 'uuid',
  name: 'text',
  count: 'bigint',
  isOn: 'boolean',
  data: 'bytea',
  at: 'timestamptz',
  more: 'jsonb',
  names: 'text[]',
  prefixes: 'cidr[]',
  ratio: 'double precision',
} as const
const awkward = {
  id: organization,
  name: 'a "quoted" \\ back\tslash\nline, {brace} NULL',
  count: -5n,
  isOn: true,
  data: Buffer.from([0, 1, 92, 255]),
  at: 1_767_323_045_678_901n,
  more: { a: ['"', '\\', null, 1.5] },
  names: ['', 'NULL', 'a,b', '"', '\\', 'ä\n'],
  prefixes: ['10.0.0.0/8', 'fd00::/64'],
  ratio: 0.1,
}
const nothing = { id: other }

test('unnest and COPY write the same rows, whatever is in them', async () => {
  const names = sql.join(Object.keys(columns).map((name) => sql.identifier(name)))
  const types = Object.entries(columns).map(
    ([name, type]) => sql`${sql.identifier(name)} ${sql.raw(type)}`,
  )
  await postgres.tx(async (tx) => {
    for (const table of ['one', 'two']) {
      await tx.execute(sql`create table ${sql.identifier(table)} (${sql.join(types)})`)
    }
    await tx.execute(sql`
      insert into one (${names}) select ${names} from ${unnest(columns, [awkward, nothing])} as u`)
    expect(await tx.copyIn(sql.identifier('two'), columns, [awkward, nothing])).toBe(2)
  })
  const rows = await postgres.query(sql`select *, "at"::text as at_text from one order by id`)
  expect(rows).toEqual(
    await postgres.query(sql`select *, "at"::text as at_text from two order by id`),
  )
  const { at: _, ...rest } = awkward
  expect(rows[0]).toMatchObject(rest)
  expect(rows[0]).toMatchObject({ at_text: '2026-01-02 03:04:05.678901+00' })
  expect(rows[1]).toMatchObject({ id: other, name: null, names: null, more: null })
})

test('a failed transaction leaves nothing behind, and the connection works on', async () => {
  await postgres.execute(sql`create table kept (n integer)`)
  await expect(
    postgres.tx(async (tx) => {
      await tx.execute(sql`insert into kept values (1)`)
      throw new Error('changed my mind')
    }),
  ).rejects.toThrow('changed my mind')
  expect(await postgres.query(sql`select * from kept`)).toEqual([])
})

test('an abort stops the statement on the server and rises as its reason', async () => {
  const abort = new AbortController()
  const slow = postgres.query(sql`select pg_sleep(60)`, { signal: abort.signal })
  const running = sql`select 1 from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()`
  await expect.poll(() => postgres.query(running)).toHaveLength(1)
  abort.abort(new Error('no longer wanted'))
  await expect(slow).rejects.toThrow('no longer wanted')
  await expect.poll(() => postgres.query(sql`${running} and state = 'active'`)).toHaveLength(0)
})

test('a scoped read runs as the reader, sees its organizations and cannot write', async () => {
  await postgres.tx((tx) =>
    tx.script(`
      create table things (organization_id uuid, name text);
      alter table things enable row level security;
      create policy scope on things to holdfast_network_reader using (
        organization_id::text = any (string_to_array(current_setting('holdfast.organizations'), ',')));
      grant select on things to holdfast_network_reader;
      insert into things values ('${organization}', 'mine'), ('${other}', 'theirs')`),
  )
  const names = (organizations: readonly string[]) =>
    postgres.read({ organizations }, (tx) => tx.query(sql`select name from things order by name`))
  expect(await names([organization])).toEqual([{ name: 'mine' }])
  expect(await names([])).toEqual([])
  await expect(names(["' or true --"])).rejects.toThrow('organization ids only')
  await expect(
    postgres.read({ organizations: [organization] }, (tx) => tx.execute(sql`delete from things`)),
  ).rejects.toThrow(/permission denied|read-only/)
  // The role goes with the transaction: the next user of the connection is the owner again.
  expect(await postgres.query(sql`select current_user::text as user`)).toEqual([
    { user: 'holdfast_network' },
  ])
})

test('a service cannot read another one’s schema', async () => {
  const kit = await testPostgres({ services: ['network', 'auth'] })
  const auth = kit.open('auth')
  const network = kit.open('network')
  await auth.execute(sql`create table auth.secrets (word text)`)
  await expect(network.query(sql`select * from auth.secrets`)).rejects.toThrow('permission denied')
  await expect(network.query(sql`create table auth.mine (n integer)`)).rejects.toThrow(
    'permission denied',
  )
  await kit.close()
})

test('a connection that is cut is unavailable, and the pool recovers', async () => {
  const cut = postgres.query(sql`select pg_terminate_backend(pg_backend_pid())`)
  await expect(cut).rejects.toSatisfy(PostgresUnavailable.is)
  expect(await postgres.query(sql`select 1 as one`)).toEqual([{ one: 1 }])
})
