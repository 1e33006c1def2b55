import { type Postgres, type Sql, sql } from '@holdfast/postgres'
import { wordsVector } from '../projections/entries.ts'

/** Positions, from an inclusive one to an exclusive one. */
export interface Range {
  readonly from: bigint
  readonly to: bigint
}

/** Rows of a table found by an index on (column, position), newest or oldest first. */
export interface Source {
  readonly table: Sql
  readonly column: string
  readonly type: 'uuid' | 'text' | 'bytea'
  /** Any of them; each is read in order by itself. */
  readonly values: readonly (string | Uint8Array)[]
}

/** One condition of a question. */
export interface Condition {
  /** Of a row `e`. */
  readonly where: Sql
  /** Where all its rows are found in order; together they may name a position twice. Absent: no index helps. */
  readonly sources?: readonly Source[]
  /** As `where`, by an index that has no order; for when there is nothing better. */
  readonly unordered?: Sql
  /** A `tsquery`: words, found by the index over them and by no other. */
  readonly words?: string
}

export interface Search {
  readonly table: Sql
  readonly conditions: readonly Condition[]
  readonly range: Range
  readonly limit: number
  readonly isAscending: boolean
  readonly sizes?: SearchSizes
}

/** What a search may look at, in rows. Measured: bench/audit.ts. */
export interface SearchSizes {
  /** What is looked at first, for each row wanted: most questions end here. */
  readonly glance: number
  /** A condition of more values than these is glanced at only when the newest of everything do not hold a page. */
  readonly many: number
  /** Up to this many rows of one condition are all looked at. */
  readonly few: number
  /** What is looked at in order before it is worth thinking about something better; more than a page. */
  readonly firstWindow: number
  /** The windows after it; behind them comes all the rest at once. */
  readonly furtherWindows: readonly number[]
}
const usualSizes: SearchSizes = {
  glance: 4,
  many: 32,
  few: 2_000,
  firstWindow: 4_000,
  furtherWindows: [32_000, 256_000],
}

/**
 * Positions of the rows that meet all conditions, in order, at most `limit`. The planner of Postgres cannot know
 * whether the newest of what is common meets the other conditions within a page or never, so the way is chosen here:
 *
 * 0. The first rows of one condition are glanced at: mostly they hold a page.
 * 1. A condition few rows meet: all of these are looked at.
 * 2. Otherwise the newest rows of one condition are looked at in order; where matches are not rare, that is a page.
 * 3. Otherwise matches are rare among what is common: the indexes are intersected as bitmaps, over windows that grow.
 */
export async function findPositions(
  postgres: Postgres,
  search: Search,
  signal: AbortSignal,
): Promise<readonly bigint[]> {
  const { conditions, limit, sizes = usualSizes } = search
  const { few, firstWindow, glance, many } = sizes
  const how = { signal }
  const ordered = conditions.filter(({ sources }) => sources !== undefined)
  const [front] = ordered
  // Each value is read by itself, and who may look into hundreds of organizations sees most of what there is.
  if (front && valuesOf(front) > many) {
    const newest = await look(postgres, search, undefined, glance * limit, signal)
    if (newest.isEnough) return newest.found
  }
  const glimpse = await look(postgres, search, front, glance * limit, signal)
  if (glimpse.isEnough) return glimpse.found

  const counts = await countUpTo(postgres, search, ordered, few, signal)
  const smallest = Math.min(...counts)
  if (smallest < few) {
    const driver = ordered[counts.indexOf(smallest)]
    if (smallest === 0 || !driver) return []
    const rows = await postgres.query<{ position: bigint }>(
      among(search, positionsOf(driver.sources ?? [], search, search.range, few), driver),
      how,
    )
    return rows.map(({ position }) => position)
  }
  // Words not met at a glance: few rows meet the rest, or else the words are rare enough to ask the index over them.
  if (glimpse.found.length === 0 && glimpse.edge !== null && asksForWords(search)) {
    return await searchWords(postgres, search, glimpse.edge, limit, signal)
  }
  const window = await look(postgres, search, front, firstWindow, signal)
  if (window.isEnough || window.edge === null) return window.found
  const rest = await searchFurther(
    postgres,
    search,
    window.edge,
    limit - window.found.length,
    signal,
  )
  return [...window.found, ...rest]
}

const valuesOf = ({ sources = [] }: Condition): number =>
  sources.reduce((sum, { values }) => sum + values.length, 0)

/** The first rows of a condition, and which of them meet the others. */
async function look(
  postgres: Postgres,
  search: Search,
  driver: Condition | undefined,
  rows: number,
  signal: AbortSignal,
): Promise<{
  readonly found: readonly bigint[]
  /** A page, or all there is. */
  readonly isEnough: boolean
  /** Where the rows looked at end; null without any. */
  readonly edge: bigint | null
}> {
  const sources = driver?.sources ?? [wholeTable(search.table)]
  const [row] = await postgres.query<{ found: bigint[]; seen: bigint; edge: bigint | null }>(
    sql`
    with d as materialized (${positionsOf(sources, search, search.range, rows)}),
      found as (${among(search, sql`select position from d`, driver)})
    select array(select position from found) as found, (select count(*) from d) as seen,
      (select ${edgeOf(search)}(position) from d) as edge`,
    { signal },
  )
  const { found = [], seen = 0n, edge = null } = row ?? {}
  return { found, edge, isEnough: found.length >= search.limit || seen < rows }
}

/** How many rows each condition has in the range, counted up to a bound: as many index entries are read. */
async function countUpTo(
  postgres: Postgres,
  search: Search,
  conditions: readonly Condition[],
  bound: number,
  signal: AbortSignal,
): Promise<readonly number[]> {
  if (conditions.length === 0) return []
  const counts = conditions.map(
    ({ sources = [] }) =>
      sql`(select count(*) from (${positionsOf(sources, search, search.range, bound, false)}) p)`,
  )
  const [row] = await postgres.query<{ counts: bigint[] }>(
    sql`select array[${sql.join(counts)}] as counts`,
    { signal },
  )
  return (row?.counts ?? []).map(Number)
}

/** Windows behind what was looked at, each intersected by itself. */
async function searchFurther(
  postgres: Postgres,
  search: Search,
  edge: bigint,
  wanted: number,
  signal: AbortSignal,
): Promise<readonly bigint[]> {
  if (asksForWords(search)) {
    return await searchWords(postgres, search, edge, wanted, signal)
  }
  const found: bigint[] = []
  let rest = beyond(search, edge)
  for (const rows of [...(search.sizes ?? usualSizes).furtherWindows, undefined]) {
    const stop =
      rows === undefined ? undefined : await positionAfter(postgres, search, rest, rows, signal)
    const range = stop === undefined ? rest : upTo(search, rest, stop)
    const more = await postgres.tx(
      async (tx) => {
        // In order is what was tried already; the statistics of one column say nothing of two.
        await tx.script('set local enable_indexscan = off; set local enable_seqscan = off')
        return await tx.query<{ position: bigint }>(sql`
          select e.position from ${search.table} e
          where ${inRange(range)} and ${all(search.conditions.map((c) => c.unordered ?? c.where))}
          order by e.position ${order(search)} limit ${wanted - found.length}`)
      },
      { readOnly: true, signal },
    )
    for (const { position } of more) found.push(position)
    if (stop === undefined || found.length >= wanted) break
    rest = beyond(search, stop)
  }
  return found
}

const asksForWords = ({ conditions }: Search): boolean =>
  conditions.some(({ words }) => words !== undefined)

/** Rows whose words may be computed one by one. */
const fewBesideWords = 4_000

/** Rows that meet everything but the words, when they are few; their words are looked at one by one. */
async function searchBesideWords(
  postgres: Postgres,
  search: Search,
  edge: bigint,
  wanted: number,
  signal: AbortSignal,
): Promise<readonly bigint[] | undefined> {
  const others = search.conditions.filter(({ words }) => words === undefined)
  if (others.length === 0) return undefined
  const said = search.conditions.filter(({ words }) => words !== undefined)
  const [row] = await postgres.tx(
    async (tx) => {
      await tx.script('set local enable_indexscan = off; set local enable_seqscan = off')
      return await tx.query<{ seen: bigint; found: bigint[] }>(sql`
        with c as materialized (
          select * from ${search.table} e
          where ${inRange(beyond(search, edge))}
            and ${all(others.map((c) => c.unordered ?? c.where))}
          limit ${fewBesideWords + 1}),
        seen as materialized (select count(*) as seen from c)
        select (select seen from seen) as seen, array(
          select e.position from c e
          where (select seen from seen) <= ${fewBesideWords} and ${all(said.map(({ where }) => where))}
          order by e.position ${order(search)} limit ${wanted}) as found`)
    },
    { readOnly: true, signal },
  )
  return row && row.seen <= BigInt(fewBesideWords) ? row.found : undefined
}

/**
 * Rows of all these words, wherever they are; what else they have to meet is compared, row by row. Unless few rows meet
 * the rest: then the words of those.
 */
async function searchWords(
  postgres: Postgres,
  search: Search,
  edge: bigint,
  wanted: number,
  signal: AbortSignal,
): Promise<readonly bigint[]> {
  const beside = await searchBesideWords(postgres, search, edge, wanted, signal)
  if (beside) return beside
  const words = search.conditions.flatMap((condition) => condition.words ?? [])
  const others = search.conditions.filter((condition) => condition.words === undefined)
  const rows = await postgres.tx(
    async (tx) => {
      // Whatever else the planner may think of computes the words of row after row.
      await tx.script('set local enable_indexscan = off; set local enable_seqscan = off')
      return await tx.query<{ position: bigint }>(sql`
        with said as materialized (
          select * from ${search.table} where ${sql.raw(wordsVector)} @@ ${words.join(' & ')}::tsquery)
        select e.position from said e
        where ${inRange(beyond(search, edge))} and ${all(others.map(({ where }) => where))}
        order by e.position ${order(search)} limit ${wanted}`)
    },
    { readOnly: true, signal },
  )
  return rows.map(({ position }) => position)
}

/** Where the so-and-so-many-th row of the table stands; undefined when there are not as many. */
async function positionAfter(
  postgres: Postgres,
  search: Search,
  range: Range,
  rows: number,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  const [row] = await postgres.query<{ position: bigint }>(
    sql`
    select position from ${search.table} where ${inRange(range, sql`position`)}
    order by position ${order(search)} offset ${rows} limit 1`,
    { signal },
  )
  return row?.position
}

const beyond = ({ isAscending, range }: Search, edge: bigint): Range =>
  isAscending ? { from: edge + 1n, to: range.to } : { from: range.from, to: edge }

const upTo = ({ isAscending }: Search, range: Range, stop: bigint): Range =>
  isAscending ? { from: range.from, to: stop + 1n } : { from: stop, to: range.to }

/**
 * Of these positions, those that meet the other conditions. Row by row, as its inner limit makes sure: where the planner
 * believes that next to nothing meets them it would look through the whole table first.
 */
const among = (search: Search, positions: Sql, driver: Condition | undefined): Sql => sql`
  select e.position from (select distinct position from (${positions}) p) d
    cross join lateral (select * from ${search.table} t where t.position = d.position limit 1) e
  where ${all(search.conditions.filter((c) => c !== driver).map(({ where }) => where))}
  order by e.position ${order(search)} limit ${search.limit}`

/**
 * The first positions of several sources, merged; each is read no further than the bound. To count them they need not
 * be merged, and then no more than the bound is read of all together.
 */
function positionsOf(
  sources: readonly Source[],
  search: Pick<Search, 'isAscending'>,
  range: Range,
  bound: number,
  isMerged = true,
): Sql {
  const each = sources.map(({ table, column, type, values }) => {
    const name = sql.identifier(column)
    const matches = (value: Sql) => sql`
      select position from ${table} where ${column === '' ? sql`true` : sql`${name} = ${value}`}
        and ${inRange(range, sql`position`)}
      order by position ${order(search)} limit ${bound}`
    const [only] = values
    if (values.length <= 1) return sql`(${matches(sql`${only}::${sql.raw(type)}`)})`
    return sql`(select p.position from unnest(${values}::${sql.raw(`${type}[]`)}) v
      cross join lateral (${matches(sql`v`)}) p)`
  })
  const merged = isMerged ? sql`order by position ${order(search)}` : sql.empty
  return sql`select position from (${sql.join(each, sql.raw(' union all '))}) s
    ${merged} limit ${bound}`
}

const wholeTable = (table: Sql): Source => ({ table, column: '', type: 'text', values: [] })

const inRange = ({ from, to }: Range, column: Sql = sql`e.position`): Sql =>
  sql`${column} >= ${from} and ${column} < ${to}`

export const all = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? sql`true` : sql.join(conditions, sql.raw(' and '))

const order = ({ isAscending }: Pick<Search, 'isAscending'>): Sql =>
  sql.raw(isAscending ? 'asc' : 'desc')

/** The far end of a window. */
const edgeOf = ({ isAscending }: Search): Sql => sql.raw(isAscending ? 'max' : 'min')
