import { arrayLiteral, type EncodedRow, encoder } from './encode.ts'
import { Sql, sql } from './sql.ts'
import type { PgType, Row } from './types.ts'

/** `unnest` flattens arrays of arrays, and jsonb gains nothing as an element type: both travel as text. */
const travelsAs = (type: PgType): string =>
  type.endsWith('[]') || type === 'jsonb' ? 'text' : type

/**
 * Many rows as one parameter a column, to stand in a `from`:
 * `insert into t (a, b) select a, b from ${unnest({ a: 'uuid', b: 'text' }, rows)} as u`.
 */
export function unnest(
  columns: Readonly<Record<string, PgType>>,
  rows: readonly (Row | EncodedRow)[],
): Sql {
  const entries = Object.entries(columns)
  const encode = encoder(columns)
  const encodedRows = rows.map(encode)
  const arrays = entries.map(([, type], i) =>
    Sql.compose(['', `::${travelsAs(type)}[]`], [arrayLiteral(encodedRows, i, type)]),
  )
  const names = entries.map(([name]) => sql.identifier(name))
  const selected = entries.map(([name, type]) =>
    travelsAs(type) === type
      ? sql.identifier(name)
      : sql`${sql.identifier(name)}::${sql.raw(type)} as ${sql.identifier(name)}`,
  )
  return sql`(select ${sql.join(selected)} from unnest(${sql.join(arrays)}) as u(${sql.join(names)}))`
}
