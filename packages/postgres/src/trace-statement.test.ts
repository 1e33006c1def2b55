import { expect, test } from 'vitest'
import { sql } from './sql.ts'
import { databaseAttributes, summaryOf } from './trace-statement.ts'

test.each([
  ['select * from network.peers where name = $1', 'select network.peers'],
  [
    '\n      select a from "network"."peers" p join network.nodes n on true',
    'select network.peers network.nodes',
  ],
  ['insert into t (a) select * from unnest($1::text[])', 'insert t'],
  ['update auth.sessions set a = $1', 'update auth.sessions'],
  ['delete from only x', 'delete x'],
  ['copy "a"."b" ("c") from stdin', 'copy a.b'],
  ['with old as (select 1 from a) select * from old', 'with a old'],
  ["select extract(epoch from now()), substring('x' from 2)", 'select'],
  ['select 1', 'select'],
  ['select * from a, b where c in (select d from e) for update skip locked', 'select a e'],
  ['', 'statement'],
])('%s is told as %s', (text, summary) => {
  expect(summaryOf(text)).toBe(summary)
})

test('a value is never part of it', () => {
  const secret = 'from hunter2'
  expect(summaryOf(sql`select * from users where password = ${secret}`.text)).toBe('select users')
  expect(summaryOf(`select * from users where password = 'it is hunter2'`)).not.toContain('hunter2')
})

test('of an address neither user nor password is told', () => {
  expect(databaseAttributes('postgres://joe:hunter2@127.0.0.1:5433/holdfast')).toEqual({
    'db.system.name': 'postgresql',
    'db.namespace': 'holdfast',
    'server.address': '127.0.0.1',
    'server.port': 5433,
  })
  const socket = databaseAttributes('postgres://joe:hunter2@localhost/holdfast?host=/run/pg')
  expect(socket['server.address']).toBe('/run/pg')
  expect(JSON.stringify(socket)).not.toMatch(/hunter2|joe/)
})
