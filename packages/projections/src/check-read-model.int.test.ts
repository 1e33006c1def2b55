import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Postgres, relation, sql } from '@holdfast/postgres'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestPostgres, testPostgres } from '@holdfast/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NotProjecting, openProjections, type Projections } from './index.ts'
import { appendItem, itemId, items } from './items.fixture.ts'
import { MemoryLog } from './memory-log.fixture.ts'

const name = 'network.items'
let kit: TestPostgres
let postgres: Postgres
let log: MemoryLog
const opened: Projections[] = []

beforeEach(async () => {
  kit = await testPostgres({ services: ['network'] })
  postgres = kit.open('network', { max: 8 })
  log = new MemoryLog()
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.stop()))
  await kit.close()
})

async function open(commits = 0): Promise<Projections> {
  const one = await openProjections({
    log,
    postgres,
    telemetry: createTelemetry('network', { level: process.env['LOG'] ?? 'silent' }),
    service: 'network',
    projections: [items],
  })
  opened.push(one)
  for (let n = 0; n < commits; n++) appendItem(log)
  await one.reached(log.seen())
  return one
}

const schemas = async (): Promise<readonly string[]> =>
  (
    await postgres.query<{ name: string }>(sql`
      select nspname as name from pg_namespace where starts_with(nspname, 'network_') order by 1`)
  ).map((row) => row.name)

test('rows nobody touched equal a replay, and nothing is left of it', async () => {
  const projections = await open(500)
  const before = await schemas()
  const seen: bigint[] = []
  const result = await projections.check(name, undefined, ({ sequence, goal }) => {
    expect(goal).toBe(500n)
    seen.push(sequence)
  })
  expect(result).toEqual({ name, version: 1, sequence: 500n, seconds: expect.any(Number) })
  expect(seen.at(-1)).toBe(500n)
  expect(await projections.check('network.commands')).not.toHaveProperty('difference')
  expect(await schemas()).toEqual(before)
  expect(await postgres.query(sql`select state from network.projections`)).toEqual([
    { state: 'live' },
    { state: 'live' },
  ])
})

test('an empty log equals its empty read models', async () => {
  expect(await (await open()).check(name)).toMatchObject({ sequence: 0n })
})

test('a row somebody changed, added or took away is found, by table and key, its values unsaid', async () => {
  const projections = await open(400)
  const [live] = await postgres.query<{ id: string; name: string }>(
    sql`select id, name from network.items order by id limit 1`,
  )
  if (!live) throw new Error('no row')
  const { id } = live
  const tampered = async (change: ReturnType<typeof sql>, undo: ReturnType<typeof sql>) => {
    expect(await postgres.execute(change)).toBe(1)
    const { difference } = await projections.check(name)
    await postgres.execute(undo)
    return difference
  }
  const table = sql`network_items_v1_1.items`
  expect(
    await tampered(
      sql`update ${table} set secret = 'forged' where id = ${id}`,
      sql`update ${table} set secret = 'hush' where id = ${id}`,
    ),
  ).toEqual({ table: 'items', key: { id }, kind: 'changed', columns: ['secret'], rows: 1n })
  const stranger = 'ffffffff-ffff-7fff-8fff-ffffffffffff'
  expect(
    await tampered(
      sql`insert into ${table} values (${stranger}, 'x', 'x', 1)`,
      sql`delete from ${table} where id = ${stranger}`,
    ),
  ).toMatchObject({ table: 'items', key: { id: stranger }, kind: 'unexpected', columns: [] })
  expect(
    await tampered(
      sql`delete from network_items_v1_1.renames where id = ${id}`,
      sql`insert into network_items_v1_1.renames select id, 0 from ${table} where id = ${id}`,
    ),
  ).toMatchObject({ table: 'renames', key: { id }, kind: 'missing' })
  // What was is compared as well.
  const past = sql`network_items_v1_1.items__past`
  expect(
    await tampered(
      sql`update ${past} set name = '' where (id, valid_to) = (${id},
        (select min(valid_to) from ${past} where id = ${id}))`,
      sql`update network_items_v1_1.renames set count = count where id = ${id}`,
    ),
  ).toMatchObject({ table: 'items__past', key: { id }, kind: 'changed', columns: ['name'] })
})

test('reads and writes go on meanwhile, and what they write is compared too', async () => {
  const projections = await open(3_000)
  let isChecking = true
  const longest = { ms: 0 }
  const writing = (async () => {
    while (isChecking) {
      const begin = performance.now()
      await projections.reached(appendItem(log))
      const at = log.seen() / 2n
      await postgres.read({ organizations: '*' }, (tx) =>
        tx.query(sql`select * from ${relation('network', 'items', at)}`),
      )
      longest.ms = Math.max(longest.ms, performance.now() - begin)
    }
  })()
  const results = []
  for (let round = 0; round < 5; round++) results.push(await projections.check(name))
  isChecking = false
  await writing
  expect(results.map(({ difference }) => difference)).toEqual(results.map(() => undefined))
  expect(results.at(-1)?.sequence).toBeGreaterThan(3_000n)
  expect(longest.ms).toBeLessThan(2_000)
  expect(projections.isReady()).toBe(true)
})

test('checks and rebuilds take turns; who does not keep the rows refuses', async () => {
  const first = await open(300)
  const second = await open()
  await expect(second.check(name)).rejects.toSatisfy(NotProjecting.is)
  const all = await Promise.all([first.check(name), first.rebuild(name), first.check(name)])
  expect(all.map((one) => one?.difference)).toEqual([undefined, undefined, undefined])
})

test('given up, it takes away what it made', async () => {
  const projections = await open(2_000)
  const before = await schemas()
  const giveUp = new AbortController()
  const checking = projections.check(name, giveUp.signal, () => giveUp.abort(new Error('enough')))
  await expect(checking).rejects.toThrow('enough')
  expect(await schemas()).toEqual(before)
})

test('killed half way, nothing is left of it after the next start', async () => {
  const projections = await open(2_000)
  await projections.stop()
  const before = await schemas()
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--conditions=@holdfast/source',
      fileURLToPath(new URL('check-killed.fixture.ts', import.meta.url)),
    ],
    {
      env: {
        PATH: process.env['PATH'],
        POSTGRES_URL: kit.url('network').reveal(),
        COMMITS: '2000',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const exited = once(child, 'close')
  const heard: string[] = []
  child.stdout.on('data', (data: Buffer) => heard.push(data.toString()))
  await expect.poll(() => heard.join('').includes('\n1000\n'), { timeout: 20_000 }).toBe(true)
  child.kill('SIGKILL')
  await exited
  const left = (await schemas()).filter((schema) => !before.includes(schema))
  expect(left).toEqual(['network_items_v1_2'])

  const again = await open()
  expect(await schemas()).toEqual(before)
  expect(await again.check(name)).not.toHaveProperty('difference')
  expect(await postgres.query(sql`select name from network.items where id = ${itemId(1)}`)).toEqual(
    await postgres.query(
      sql`select name from ${relation('network', 'items', log.seen())} where id = ${itemId(1)}`,
    ),
  )
}, 60_000)
