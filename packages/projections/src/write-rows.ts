import {
  type EncodedRow,
  type PgType,
  type Sql,
  sql,
  type Transaction,
  unnest,
} from '@holdfast/postgres'
import type { Patch, PendingRows } from './pending-rows.ts'
import type { TableShape, Where } from './table-shape.ts'

/** From here on COPY into a temporary table and a merge beat arrays (research/perf-ceilings.md §4). */
export const copyFromRows = 5_000

/** Writes what is pending over a table that is there, in few statements whatever the number of rows. */
export async function writeRows(tx: Transaction, schema: string, rows: PendingRows): Promise<void> {
  const { shape } = rows
  const table = sql.identifier(schema, shape.table.name)
  for (const wheres of groupBy(rows.wheres, whereShape)) {
    const { from, where } = matching(shape, wheres)
    const using = from ? sql`using ${from}` : sql.empty
    await tx.execute(sql`delete from ${table} t ${using} where ${where}`)
  }
  if (rows.gone.size > 0) await deleteKeys(tx, table, rows)
  if (rows.puts.size >= copyFromRows) await merge(tx, table, rows)
  else if (rows.puts.size > 0) {
    await upsert(tx, table, shape, unnest(shape.table.columns, [...rows.puts.values()]))
  }
  for (const patches of groupBy([...rows.patches.values()], patchShape)) {
    await update(tx, table, shape, patches)
  }
}

export function groupBy<T>(
  items: readonly T[],
  shapeOf: (item: T) => string,
): readonly (readonly T[])[] {
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
export const whereShape = (where: Where): string =>
  where.map(([column, value]) => `${column}${value === null ? '0' : ''}`).join()

/** Rows `t` that match one of these conditions, which are of one shape. */
export function matching(
  shape: TableShape,
  wheres: readonly Where[],
): { readonly from: Sql | undefined; readonly where: Sql } {
  const [first = []] = wheres
  const isNull = first.filter(([, value]) => value === null).map(([column]) => column)
  const equal = first.filter(([, value]) => value !== null).map(([column]) => column)
  const nulls = isNull.map((column) => sql`t.${name(shape, column)} is null`)
  if (equal.length === 0) return { from: undefined, where: sql.join(nulls, and) }
  const values = wheres.map((where) =>
    where.filter(([, value]) => value !== null).map(([, value]) => value),
  )
  const same = equal.map((column) => sql`t.${name(shape, column)} = u.${name(shape, column)}`)
  return {
    from: sql`${unnest(pick(shape, equal), values)} u`,
    where: sql.join([...same, ...nulls], and),
  }
}

async function deleteKeys(tx: Transaction, table: Sql, rows: PendingRows): Promise<void> {
  const { shape } = rows
  const keys = unnest(pick(shape, shape.keyColumns), [...rows.gone.values()])
  await tx.execute(sql`delete from ${table} t using ${keys} u where ${sameKey(shape)}`)
}

async function merge(tx: Transaction, table: Sql, rows: PendingRows): Promise<void> {
  const { shape } = rows
  const staged = sql.identifier('pg_temp', `staged_${shape.table.name}`)
  await tx.execute(sql`create temporary table ${sql.identifier(`staged_${shape.table.name}`)}
    (like ${table}) on commit drop`)
  await tx.copyIn(staged, shape.table.columns, rows.puts.values())
  await upsert(tx, table, shape, staged)
  await tx.execute(sql`drop table ${staged}`) // a second flush of this transaction makes its own
}

async function upsert(tx: Transaction, table: Sql, shape: TableShape, source: Sql): Promise<void> {
  const columns = sql.join(shape.columns.map((column) => sql.identifier(column)))
  const key = sql.join(shape.table.key.map((column) => sql.identifier(column)))
  const others = shape.columns.filter((column) => !shape.table.key.includes(column))
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
  shape: TableShape,
  patches: readonly Patch[],
): Promise<void> {
  const [first] = patches
  if (!first) return
  const marks = patchShape(first)
  const set = columnsThat(marks, '=')
  const add = columnsThat(marks, '+')
  if (set.length + add.length === 0) return
  const values = patches.map((patch): EncodedRow => {
    const row = [...patch.key]
    for (const column of set) row.push(patch.set[column] ?? null)
    for (const column of add) row.push(patch.add[column]?.toString() ?? null)
    return row
  })
  const source = unnest(pick(shape, [...shape.keyColumns, ...set, ...add]), values)
  const changes = [
    ...set.map((column) => sql`${name(shape, column)} = u.${name(shape, column)}`),
    ...add.map(
      (column) =>
        sql`${name(shape, column)} = coalesce(t.${name(shape, column)}, 0) + u.${name(shape, column)}`,
    ),
  ]
  await tx.execute(sql`
    update ${table} t set ${sql.join(changes)} from ${source} u where ${sameKey(shape)}`)
}

export const and = sql.raw(' and ')

export const name = (shape: TableShape, column: number): Sql =>
  sql.identifier(shape.columns[column] ?? '')

export const sameKey = (shape: TableShape): Sql =>
  sql.join(
    shape.keyColumns.map((column) => sql`t.${name(shape, column)} = u.${name(shape, column)}`),
    and,
  )

export function pick(
  shape: TableShape,
  columns: readonly number[],
): Readonly<Record<string, PgType>> {
  return Object.fromEntries(
    columns.map((column) => [shape.columns[column] ?? '', shape.types[column] ?? 'text']),
  )
}
