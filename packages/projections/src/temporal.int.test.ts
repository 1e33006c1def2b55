import { type Postgres, relation, sql } from '@holdfast/postgres'
import { testPostgres } from '@holdfast/testkit'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildReadModels } from './build-read-models.ts'
import { contentHash } from './content-hash.ts'
import { foldCommits, writeFolded } from './fold.ts'
import { type Build, prepareLedger } from './ledger.ts'
import { MemoryLog } from './memory-log.fixture.ts'
import { change, historyOf, type Thing, things } from './row-changes.fixture.ts'
import { discardBuild, showViews } from './schema.ts'
import type { Projection, RowChange } from './types.ts'

/** Commits carry row changes as they are. */
const changesBySequence = new Map<bigint, readonly RowChange[]>()
const projection: Projection = {
  name: 'network.things',
  version: 1,
  context: 'network',
  tables: [
    {
      ...things,
      isTemporal: true,
      indexes: ['(owner, (lower(note)))', '(count) where count is not null'],
    },
  ],
  changes: ({ sequence }) => changesBySequence.get(sequence) ?? [],
}
const signal = new AbortController().signal

let postgres: Postgres
let close: () => Promise<void>

beforeAll(async () => {
  const kit = await testPostgres({ services: ['network'] })
  postgres = kit.open('network', { max: 2 })
  close = () => kit.close()
  await postgres.tx((tx) => prepareLedger(tx, 'network'))
})
afterAll(() => close())

interface Way {
  /** Commits that are folded in memory before the rest is written over the tables. */
  readonly rebuilt: number
  /** Where a batch ends. */
  readonly ends: readonly boolean[]
  readonly limits?: { readonly rows: number; readonly versions: number }
}

/** Makes the read model in that way, and reads it as of every sequence. */
async function made(commits: readonly (readonly RowChange[])[], way: Way) {
  const log = new MemoryLog()
  log.batch = 3
  changesBySequence.clear()
  const append = (changes: readonly RowChange[]) => {
    const commit = log.append([])
    changesBySequence.set(commit.sequence, changes)
    return commit
  }
  for (const changes of commits.slice(0, way.rebuilt)) append(changes)
  const [built] = await buildReadModels(
    { log, postgres, service: 'network', ...(way.limits ? { limits: way.limits } : {}) },
    [projection],
    signal,
  )
  if (!built || built.poison) throw new Error('not built')
  const rest = commits.slice(way.rebuilt).map(append)
  let begin = 0
  for (let end = 1; end <= rest.length; end++) {
    if (end < rest.length && !way.ends[end]) continue
    const folded = foldCommits(projection, rest.slice(begin, end))
    await postgres.tx((tx) => writeFolded(tx, built.build.schema, folded))
    begin = end
  }
  await postgres.tx((tx) => showViews(tx, 'network', projection, built.build, postgres.readerRole))
  const read = async (at?: bigint) =>
    postgres.query<Thing>(
      sql`select * from ${relation('network', 'things', at)} order by zone collate "C", id`,
    )
  const states: Thing[][] = []
  for (let at = 1n; at <= commits.length; at++) states.push(await read(at))
  const now = await read()
  expect(await read(0n)).toEqual([])
  await expectWhole(built.build)
  const hash = await contentHash(postgres, projection, built.build)
  await postgres.tx((tx) => discardBuild(tx, 'network', built.build))
  return { states, now, hash }
}

/** No version is empty, none overlaps another, and the last ones are the rows. */
async function expectWhole({ schema }: Build): Promise<void> {
  const versions = sql.identifier(schema, 'things__past')
  expect(
    await postgres.query(sql`
      select 1 from ${versions} a
      where valid_from >= valid_to or exists (
        select 1 from ${versions} b where (a.zone, a.id) = (b.zone, b.id)
          and a.valid_from < b.valid_from and a.valid_to > b.valid_from)`),
  ).toEqual([])
}

const commits = fc.array(fc.array(change, { minLength: 0, maxLength: 4 }), {
  minLength: 1,
  maxLength: 14,
})
const ends = fc.array(fc.boolean(), { minLength: 14, maxLength: 14 })

test('as of every sequence, rows equal a replay up to it, however they came to be', async () => {
  await fc.assert(
    fc.asyncProperty(commits, ends, fc.nat(), async (some, batches, split) => {
      const expected = historyOf(some)
      const live = await made(some, { rebuilt: 0, ends: batches })
      expect(live.states).toEqual(expected)
      expect(live.now).toEqual(expected.at(-1))
      const ways: Way[] = [
        { rebuilt: some.length, ends: [] },
        { rebuilt: some.length, ends: [], limits: { rows: 1_000, versions: 1 } },
        { rebuilt: some.length, ends: [], limits: { rows: 2, versions: 1 } },
        { rebuilt: split % some.length, ends: batches },
        { rebuilt: 0, ends: batches.map(() => true) },
      ]
      for (const way of ways) expect(await made(some, way)).toEqual(live)
    }),
    { numRuns: 40 },
  )
}, 120_000)

test('a reader’s query as of a sequence meets the indexes of the versions, under row-level security', async () => {
  const organizations = ['a', 'b'].map((letter) => letter.repeat(8))
  const ids = organizations.map((hex) => `${hex}-0000-7000-8000-000000000000`)
  const model: Projection = {
    ...projection,
    name: 'network.owned',
    tables: [
      {
        name: 'owned',
        columns: { id: 'integer', organization_id: 'uuid', name: 'text', size: 'bigint' },
        key: ['id'],
        organizationColumn: 'organization_id',
        indexes: ['(name, id)', '(organization_id, size)'],
        isTemporal: true,
      },
    ],
    changes: ({ sequence }) => {
      const id = Number(sequence) % 2_000
      const row = { id, organization_id: ids[id % 2], name: `name ${id}`, size: sequence }
      return [{ op: 'put', table: 'owned', row }]
    },
  }
  const log = new MemoryLog()
  for (let n = 0; n < 10_000; n++) log.append([])
  const [built] = await buildReadModels({ log, postgres, service: 'network' }, [model], signal)
  if (!built) throw new Error('not built')
  await postgres.tx((tx) => showViews(tx, 'network', model, built.build, postgres.readerRole))

  const owned = relation('network', 'owned', 5_000n)
  const scope = { organizations: ids.slice(0, 1) }
  const seen = await postgres.read(scope, (tx) =>
    tx.query(sql`select count(*) as n, min(size) as least, max(size) as most from ${owned}`),
  )
  expect(seen).toEqual([{ n: 1_000n, least: 3_002n, most: 5_000n }])
  expect(
    await postgres.read(scope, (tx) => tx.query(sql`select size from ${owned} where id = 6`)),
  ).toEqual([{ size: 4_006n }])

  const planOf = (statement: ReturnType<typeof sql>) =>
    postgres.read(scope, async (tx) => {
      const lines = await tx.query<Record<string, string>>(sql`explain ${statement}`)
      return lines.map((line) => line['QUERY PLAN']).join('\n')
    })
  const one = await planOf(sql`select * from ${owned} where id = 6`)
  expect(one).toMatch(/Index Scan.*owned__past_pkey/)
  expect(one).toMatch(/Index Cond: .*id = 6.*valid_to > .*valid_from <= /)
  const page = await planOf(sql`
    select id from ${owned} where name > 'name 1' order by name, id limit 50`)
  expect(page).toMatch(/Index.* Scan using owned__past_name_id_/)
  expect(page).not.toMatch(/Sort|Function Scan/)
  await postgres.tx((tx) => discardBuild(tx, 'network', built.build))
})
