import { type EncodedRow, type Sql, sql, type Transaction, unnest } from '@holdfast/postgres'
import type { TableShape } from './table-shape.ts'
import { forever, type Redaction, versionColumns, versionsTable } from './versions.ts'
import { and, copyFromRows, groupBy, name, pick, sameKey } from './write-rows.ts'

/** Ends stored versions, then adds the new ones. */
export async function writeVersions(
  tx: Transaction,
  schema: string,
  shape: TableShape,
  ends: ReadonlyMap<string, bigint>,
  fresh: readonly EncodedRow[],
): Promise<void> {
  const table = sql.identifier(schema, versionsTable(shape.table))
  const ended = ends.size === 0 ? undefined : end(table, shape, ends)
  if (fresh.length === 0 || fresh.length >= copyFromRows) {
    if (ended) await tx.execute(ended)
    if (fresh.length > 0) await tx.copyIn(table, versionColumns(shape.table), fresh)
    return
  }
  const columns = versionColumns(shape.table)
  const names = sql.join(Object.keys(columns).map((column) => sql.identifier(column)))
  const insert = sql`insert into ${table} (${names}) select ${names} from ${unnest(columns, fresh)} u`
  // One round trip. The condition makes the old version end first: both hold forever for a moment otherwise.
  await tx.execute(
    ended
      ? sql`with ended as (${ended} returning 1) ${insert} where (select count(*) from ended) >= 0`
      : insert,
  )
}

function end(table: Sql, shape: TableShape, ends: ReadonlyMap<string, bigint>): Sql {
  const rows = Array.from(ends, ([key, sequence]) => [...shape.keyValues(key), sequence.toString()])
  const source = unnest({ ...pick(shape, shape.keyColumns), valid_to: 'bigint' }, rows)
  return sql`update ${table} t set valid_to = u.valid_to from ${source} u
    where ${sameKey(shape)} and t.valid_to = ${sql.raw(forever.toString())}`
}

/** Ends the versions of rows that have changed, and adds what they are now, if they still are. */
export async function copyToVersions(
  tx: Transaction,
  schema: string,
  shape: TableShape,
  changed: ReadonlyMap<string, bigint>,
): Promise<void> {
  const versions = sql.identifier(schema, versionsTable(shape.table))
  const columns = shape.columns.map((column) => sql.identifier(column))
  const rows = Array.from(changed, ([key, sequence]) => [
    ...shape.keyValues(key),
    sequence.toString(),
  ])
  const source = unnest({ ...pick(shape, shape.keyColumns), valid_from: 'bigint' }, rows)
  // One round trip; the condition is that of writeVersions.
  await tx.execute(sql`
    with changed as materialized (select * from ${source} c), ended as (
      update ${versions} t set valid_to = u.valid_from from changed u
      where ${sameKey(shape)} and t.valid_to = ${sql.raw(forever.toString())} returning 1
    )
    insert into ${versions} (${sql.join(columns)}, valid_from, valid_to)
    select ${sql.join(columns.map((column) => sql`t.${column}`))}, u.valid_from,
      ${sql.raw(forever.toString())}
    from changed u join ${sql.identifier(schema, shape.table.name)} t on ${sameKey(shape)}
    where (select count(*) from ended) >= 0`)
}

/** Writes over what every version from before says; later redactions of a key after earlier ones. */
export async function redactVersions(
  tx: Transaction,
  schema: string,
  shape: TableShape,
  redactions: readonly Redaction[],
): Promise<void> {
  const table = sql.identifier(schema, versionsTable(shape.table))
  for (const { same, items } of runs(redactions)) {
    const columns = same.map(([column]) => column)
    const rows = items.map(({ key, set, before }) => [
      ...shape.keyValues(key),
      ...set.map(([, value]) => value),
      before.toString(),
    ])
    const source = unnest(
      { ...pick(shape, [...shape.keyColumns, ...columns]), valid_from: 'bigint' },
      rows,
    )
    const changes = columns.map((column) => sql`${name(shape, column)} = u.${name(shape, column)}`)
    const differs = columns.map(
      (column) => sql`t.${name(shape, column)} is distinct from u.${name(shape, column)}`,
    )
    await tx.execute(sql`
      update ${table} t set ${sql.join(changes)} from ${source} u
      where ${sql.join([sameKey(shape), sql`t.valid_from < u.valid_from`], and)}
        and (${sql.join(differs, sql.raw(' or '))})`)
  }
}

/** Redactions that one statement can do: of the same columns, no key twice. Their order holds for each key. */
function runs(redactions: readonly Redaction[]) {
  const turns = new Map<string, number>()
  const shapeOf = ({ key, set }: Redaction): string => {
    const turn = (turns.get(key) ?? 0) + 1
    turns.set(key, turn)
    return `${turn.toString().padStart(9, '0')}:${set.map(([column]) => column).join()}`
  }
  const byTurn = redactions.map((redaction) => ({ redaction, shape: shapeOf(redaction) }))
  return groupBy(
    byTurn.sort((a, b) => (a.shape < b.shape ? -1 : a.shape > b.shape ? 1 : 0)),
    ({ shape }) => shape,
  ).map((group) => ({
    same: group[0]?.redaction.set ?? [],
    items: group.map(({ redaction }) => redaction),
  }))
}
