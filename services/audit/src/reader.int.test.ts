import { newId } from '@holdfast/domain'
import { openPostgres, type Postgres, sql } from '@holdfast/postgres'
import { createTelemetry } from '@holdfast/telemetry'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aBatch } from './testing/batches.ts'
import { type Suite, startSuite } from './testing/suite.ts'

let suite: Suite
let reader: Postgres

beforeAll(async () => {
  suite = await startSuite()
  const telemetry = createTelemetry('audit', { level: 'silent' })
  // As psql would: nothing is set but what the role brings along.
  reader = openPostgres({ url: suite.pg.url('reader'), name: 'psql', telemetry, max: 1 })
  const [acme, other] = [newId<string>(), newId<string>()]
  const nodes = [await suite.facts.enroll(acme, 'a'), await suite.facts.enroll(other, 'b')]
  for (const node of nodes) suite.send(node, aBatch(node, 1))
  await suite.stored()
})
afterAll(async () => {
  await reader.close()
  await suite.close()
})

test('connection_logs needs no schema before it, and shows what all organizations recorded', async () => {
  const rows = await reader.query<Record<string, unknown>>(
    sql`select * from connection_logs order by node_name`,
  )
  expect(rows).toMatchObject([
    { node_name: 'a', verdict: 'drop', direction: 'ingress', protocol: 'tcp', device: 'wg0' },
    { node_name: 'b', source: '10.10.0.2', destination: '192.0.2.7', destination_port: 443 },
  ])
})

test.each([
  'insert into connection_logs select * from connection_logs',
  'set transaction read write; delete from connection_logs',
  'begin read write; update connection_logs set bytes = 0',
  'truncate connection_logs',
  'create table mine (id int)',
  'create temporary table mine (id int)',
  'select * from audit.flow_sources',
  'select * from audit.flow_slots',
  'select * from audit.nodes',
  'select * from audit.migrations',
  'select pg_read_file(current_setting($$data_directory$$) || $$/PG_VERSION$$)',
  'copy connection_logs to program $$cat$$',
  'set role holdfast_audit',
])('the reader may not: %s', async (text) => {
  await expect(reader.tx((tx) => tx.script(text))).rejects.toThrow(
    /permission denied|must be|read-only/,
  )
})

test('a part of the table cannot be read around its rules', async () => {
  const [part] = await suite.postgres.query<{ name: string }>(
    sql`select inhrelid::regclass::text as name from pg_inherits limit 1`,
  )
  const asked = reader.tx((tx) => tx.script(`select * from audit.${part?.name.split('.').at(-1)}`))
  await expect(asked).rejects.toThrow('permission denied')
})
