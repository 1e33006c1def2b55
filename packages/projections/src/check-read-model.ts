import { type Postgres, type Queryable, type Sql, sql, type Transaction } from '@holdfast/postgres'
import { type BuildOptions, buildForComparison, poisoned, readLog } from './build-read-models.ts'
import { inKeyOrder, printAlike } from './content-hash.ts'
import { UnknownProjection } from './errors.ts'
import { foldCommits, writeFolded } from './fold.ts'
import { type Build, usableBuilds } from './ledger.ts'
import { discardBuild, storedTables } from './schema.ts'
import type { CheckedReadModel, CheckProgress, Difference, Projection, TableSpec } from './types.ts'

/**
 * Replays the log beside the live rows and compares the two at one sequence. Neither readers nor the live build
 * notice; what it made is gone when it returns.
 */
export async function checkReadModel(
  deps: BuildOptions,
  projection: Projection,
  signal: AbortSignal,
  onProgress: (progress: CheckProgress) => void,
): Promise<CheckedReadModel> {
  const begin = performance.now()
  const { postgres, service } = deps
  const { name, version } = projection
  const goal = (await liveBuild(postgres, service, projection)).checkpoint.sequence
  const replayed = await buildForComparison(deps, projection, goal, signal, (sequence) =>
    onProgress({ name, sequence: sequence < goal ? sequence : goal, goal }),
  )
  try {
    // One snapshot: the live rows stay at one sequence, and the replayed ones are taken to it in here.
    return await postgres.tx(
      async (tx) => {
        const live = await liveBuild(tx, service, projection)
        const sequence = live.checkpoint.sequence
        if (sequence > goal) await catchUp(deps, tx, projection, replayed, sequence, signal)
        onProgress({ name, sequence, goal: sequence })
        await printAlike(tx)
        const difference = await firstDifference(tx, projection, live, replayed)
        const seconds = (performance.now() - begin) / 1000
        return { name, version, sequence, seconds, ...(difference ? { difference } : {}) }
      },
      { isolation: 'repeatable read', statementTimeoutMs: 0, signal },
    )
  } finally {
    await discardReplayed(postgres, service, replayed)
  }
}

async function liveBuild(tx: Queryable, service: string, projection: Projection): Promise<Build> {
  const builds = await usableBuilds(tx, service, projection)
  const live = builds.find(({ state }) => state === 'live')
  if (!live) throw UnknownProjection({ name: projection.name })
  return live
}

async function catchUp(
  { log }: BuildOptions,
  tx: Transaction,
  projection: Projection,
  build: Build,
  until: bigint,
  signal: AbortSignal,
): Promise<void> {
  const from = build.checkpoint.sequence + 1n
  await readLog(log, { from, until, name: 'comparison', signal }, async (commits) => {
    const wanted = commits.filter(({ sequence }) => sequence <= until)
    const folded = foldCommits(projection, wanted)
    if (folded.poison) throw poisoned(projection, folded.poison)
    await writeFolded(tx, build.schema, folded)
  })
}

/** With the database away it stays behind, and the next start finds it. */
const discardReplayed = (postgres: Postgres, service: string, build: Build): Promise<void> =>
  postgres.tx((tx) => discardBuild(tx, service, build)).catch(() => undefined)

/** By table, then by key. */
async function firstDifference(
  tx: Transaction,
  projection: Projection,
  live: Build,
  replayed: Build,
): Promise<Difference | undefined> {
  for (const table of projection.tables.flatMap(storedTables)) {
    await tx.execute(sql`analyze ${sql.identifier(replayed.schema, table.name)}`)
    const found = await differenceOf(tx, table, live.schema, replayed.schema)
    if (found) return found
  }
  return undefined
}

interface Row {
  readonly key: string[]
  readonly is_live: boolean
  readonly is_replayed: boolean
  readonly columns: string[]
  readonly count: bigint
}

/**
 * Rows are told apart by how they print, as the content hash does, which is only looked at when their bytes differ
 * (`*<>`): printing is twenty times the work. Of values only the key leaves the database.
 */
async function differenceOf(
  tx: Transaction,
  table: TableSpec,
  live: string,
  replayed: string,
): Promise<Difference | undefined> {
  const columns = Object.keys(table.columns)
  const record = (alias: string): Sql =>
    sql`row(${sql.join(columns.map((column) => sql.identifier(alias, column)))})::record`
  const key = table.key.map(
    (column) =>
      sql`coalesce(${sql.identifier('l', column)}, ${sql.identifier('r', column)}) as ${sql.identifier(column)}`,
  )
  const [somewhere = ''] = table.key
  const differing = columns.map(
    (column) => sql`case when ${sql.identifier('l', column)}::text
      is distinct from ${sql.identifier('r', column)}::text then ${column}::text end`,
  )
  const [row] = await tx.query<Row>(sql`
    select array[${sql.join(table.key.map((column) => sql`d.${sql.identifier(column)}::text`))}] as key,
      d.is_live, d.is_replayed, d.columns, count(*) over () as count
    from (
      select ${sql.join(key)}, l.${sql.identifier(somewhere)} is not null as is_live,
        r.${sql.identifier(somewhere)} is not null as is_replayed,
        array_remove(array[${sql.join(differing)}], null) as columns
      from ${sql.identifier(live, table.name)} l
      full join ${sql.identifier(replayed, table.name)} r
        using (${sql.join(table.key.map((column) => sql.identifier(column)))})
      where case when ${record('l')} *<> ${record('r')}
        then ${record('l')}::text is distinct from ${record('r')}::text else false end
    ) d
    order by ${inKeyOrder(table)} limit 1`)
  if (!row) return undefined
  return {
    table: table.name,
    key: Object.fromEntries(table.key.map((column, i) => [column, row.key[i] ?? ''])),
    kind: !row.is_live ? 'missing' : !row.is_replayed ? 'unexpected' : 'changed',
    columns: row.is_live && row.is_replayed ? row.columns : [],
    rows: row.count,
  }
}
