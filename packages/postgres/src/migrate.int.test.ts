import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testPostgres } from '@holdfast/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MigrationEdited, MigrationMissing, migrate, type Postgres, sql } from './index.ts'

let postgres: Postgres
let directory: string
let close: () => Promise<void>

const file = (name: string, text: string) => writeFile(join(directory, name), text)
const run = () => migrate(postgres, directory, { schema: 'network' })

beforeEach(async () => {
  const kit = await testPostgres({ services: ['network'] })
  postgres = kit.open('network', { max: 8 })
  directory = await mkdtemp(join(tmpdir(), 'holdfast-migrations-'))
  close = () => kit.close()
  await file('0001_first.sql', 'create table first (n integer);')
  await file('0002_second.sql', '--! breaking\nalter table first add column m integer;')
})
afterEach(async () => {
  await close()
  await rm(directory, { recursive: true })
})

test('files run once, in order, and the breaking ones are named', async () => {
  expect(await run()).toEqual({
    applied: ['0001_first.sql', '0002_second.sql'],
    breaking: ['0002_second.sql'],
  })
  expect(await run()).toEqual({ applied: [], breaking: [] })
  await file('0003_third.sql', 'alter table first add column o integer;')
  expect(await run()).toEqual({ applied: ['0003_third.sql'], breaking: [] })
  expect(await postgres.query(sql`select n, m, o from network.first`)).toEqual([])
})

test('an edited file stops the start and says which', async () => {
  await run()
  await file('0001_first.sql', 'create table first (n bigint);')
  await expect(run()).rejects.toSatisfy(MigrationEdited.is)
  await expect(run()).rejects.toThrow('0001_first.sql')
})

test('a file that is gone stops the start: this is an older release', async () => {
  await run()
  await rm(join(directory, '0002_second.sql'))
  await expect(run()).rejects.toSatisfy(MigrationMissing.is)
})

test('a failing file changes nothing and stays to be run', async () => {
  await run()
  await file('0003_third.sql', 'create table third (n integer); select 1/0;')
  await expect(run()).rejects.toThrow('division by zero')
  await file('0003_third.sql', 'create table third (n integer);')
  expect(await run()).toEqual({ applied: ['0003_third.sql'], breaking: [] })
})

test('instances that start together migrate once', async () => {
  const results = await Promise.all([run(), run(), run(), run()])
  expect(results.flatMap(({ applied }) => applied).sort()).toEqual([
    '0001_first.sql',
    '0002_second.sql',
  ])
})
