import {
  type EncodedRow,
  type PgType,
  type Sql,
  sql,
  type Transaction,
  unnest,
} from '@holdfast/postgres'
import type { Patch, PendingRows, Where } from './pending-rows.ts'

/** From here on COPY into a temporary table and a merge beat arrays (research/perf-ceilings.md §4). */
const copyFromRows = 5_000

/** Writes what is pending over a table that is there, in few statements whatever the number of rows. */
export async function writeRows(tx: Transaction, schema: string, rows: PendingRows): Promise<void> {
  const table = sql.identifier(schema, rows.table.name)
  for (const wheres of groupBy(rows.wheres, whereShape)) await deleteWhere(tx, table, rows, wheres)
  if (rows.gone.size > 0) await deleteKeys(tx, table, rows)
  if (rows.puts.size >= copyFromRows) await merge(tx, table, rows)
  else if (rows.puts.size > 0) {
    await upsert(tx, table, rows, unnest(rows.table.columns, [...rows.puts.values()]))
  }
  for (const patches of groupBy([...rows.patches.values()], patchShape)) {
    await update(tx, table, rows, patches)
  }
}

function groupBy<T>(items: readonly T[], shapeOf: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const shape = shapeOf(item)
    const group = groups.get(shape)
    if (group) group.push(item)
    else groups.set(shape, [item])
  }
  return [...groups.values()]
}

/** `=` finds no nulls and `is not distinct from` uses no index, so conditions are grouped by where their nulls are. */
const whereShape = (where: Where): string =>
  where.map(([column, value]) => `${column}${value === null ? '0' : ''}`).join()

async function deleteWhere(
  tx: Transaction,
  table: Sql,
  rows: PendingRows,
  wheres: readonly Where[],
): Promise<void> {
  const [first = []] = wheres
  const isNull = first.filter(([, value]) => value === null).map(([column]) => column)
  const equal = first.filter(([, value]) => value !== null).map(([column]) => column)
  const nulls = isNull.map((column) => sql`t.${name(rows, column)} is null`)
  if (equal.length === 0) {
    await tx.execute(sql`delete from ${table} t where ${sql.join(nulls, and)}`)
    return
  }
  const values = wheres.map((where) =>
    where.filter(([, value]) => value !== null).map(([, value]) => value),
  )
  const same = equal.map((column) => sql`t.${name(rows, column)} = u.${name(rows, column)}`)
  await tx.execute(sql`
    delete from ${table} t using ${unnest(pick(rows, equal), values)} u
    where ${sql.join([...same, ...nulls], and)}`)
}

async function deleteKeys(tx: Transaction, table: Sql, rows: PendingRows): Promise<void> {
  const keys = unnest(pick(rows, rows.keyColumns), [...rows.gone.values()])
  await tx.execute(sql`delete from ${table} t using ${keys} u where ${sameKey(rows)}`)
}

async function merge(tx: Transaction, table: Sql, rows: PendingRows): Promise<void> {
  const staged = sql.identifier('pg_temp', `staged_${rows.table.name}`)
  await tx.execute(sql`create temporary table ${sql.identifier(`staged_${rows.table.name}`)}
    (like ${table}) on commit drop`)
  await tx.copyIn(staged, rows.table.columns, rows.puts.values())
  await upsert(tx, table, rows, staged)
  await tx.execute(sql`drop table ${staged}`) // a second flush of this transaction makes its own
}

async function upsert(tx: Transaction, table: Sql, rows: PendingRows, source: Sql): Promise<void> {
  const columns = sql.join(rows.columns.map((column) => sql.identifier(column)))
  const key = sql.join(rows.table.key.map((column) => sql.identifier(column)))
  const others = rows.columns.filter((column) => !rows.table.key.includes(column))
  const changes = others.map(
    (column) => sql`${sql.identifier(column)} = excluded.${sql.identifier(column)}`,
  )
  const action = changes.length === 0 ? sql`do nothing` : sql`do update set ${sql.join(changes)}`
  await tx.execute(sql`
    insert into ${table} (${columns}) select ${columns} from ${source} u
    on conflict (${key}) ${action}`)
}

function patchShape({ set, add }: Patch): string {
  let shape = ''
  for (let column = 0; column < set.length; column++) {
    if (set[column] !== undefined) shape += '='
    else shape += add[column] === undefined ? '-' : '+'
  }
  return shape
}

const columnsThat = (shape: string, mark: string): readonly number[] =>
  [...shape].flatMap((one, column) => (one === mark ? [column] : []))

async function update(
  tx: Transaction,
  table: Sql,
  rows: PendingRows,
  patches: readonly Patch[],
): Promise<void> {
  const [first] = patches
  if (!first) return
  const shape = patchShape(first)
  const set = columnsThat(shape, '=')
  const add = columnsThat(shape, '+')
  if (set.length + add.length === 0) return
  const values = patches.map((patch): EncodedRow => {
    const row = [...patch.key]
    for (const column of set) row.push(patch.set[column] ?? null)
    for (const column of add) row.push(patch.add[column]?.toString() ?? null)
    return row
  })
  const source = unnest(pick(rows, [...rows.keyColumns, ...set, ...add]), values)
  const changes = [
    ...set.map((column) => sql`${name(rows, column)} = u.${name(rows, column)}`),
    ...add.map(
      (column) =>
        sql`${name(rows, column)} = coalesce(t.${name(rows, column)}, 0) + u.${name(rows, column)}`,
    ),
  ]
  await tx.execute(sql`
    update ${table} t set ${sql.join(changes)} from ${source} u where ${sameKey(rows)}`)
}

const and = sql.raw(' and ')

const name = (rows: PendingRows, column: number): Sql => sql.identifier(rows.columns[column] ?? '')

const sameKey = (rows: PendingRows): Sql =>
  sql.join(
    rows.keyColumns.map((column) => sql`t.${name(rows, column)} = u.${name(rows, column)}`),
    and,
  )

function pick(rows: PendingRows, columns: readonly number[]): Readonly<Record<string, PgType>> {
  return Object.fromEntries(
    columns.map((column) => [rows.columns[column] ?? '', rows.types[column] ?? 'text']),
  )
}
