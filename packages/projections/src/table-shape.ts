import { type EncodedRow, encodeValue, type PgType, type Row, rowEncoder } from '@holdfast/postgres'
import type { RowChange, TableSpec } from './types.ts'

/** A value for a column, by the column's place in the table. */
export type Cell = readonly [column: number, value: string | null]

/** Columns, in table order, and the values they must have. */
export type Where = readonly Cell[]

/** A `RowChange` in Postgres' own text form, rows told apart by the text of their key. */
export type EncodedChange =
  | { readonly op: 'put'; readonly key: string; readonly row: (string | null)[] }
  | { readonly op: 'patch' | 'redact'; readonly key: string; readonly set: readonly Cell[] }
  | { readonly op: 'add'; readonly key: string; readonly column: number; readonly by: bigint }
  | { readonly op: 'remove'; readonly key: string }
  | { readonly op: 'removeWhere'; readonly where: Where }

/** Types whose equal values have equal text. */
export const comparable: ReadonlySet<PgType> = new Set([
  'text',
  'uuid',
  'boolean',
  'integer',
  'bigint',
  'bytea',
])

/** The columns of a table by their place, and what fits them. */
export class TableShape {
  readonly table: TableSpec
  readonly columns: readonly string[]
  readonly types: readonly PgType[]
  readonly keyColumns: readonly number[]
  readonly #encodeRow: (row: Row) => (string | null)[]
  readonly #indexOf: ReadonlyMap<string, number>

  constructor(table: TableSpec) {
    this.table = table
    this.columns = Object.keys(table.columns)
    this.types = Object.values(table.columns)
    this.#indexOf = new Map(this.columns.map((name, i) => [name, i]))
    this.keyColumns = table.key.map((name) => this.#column(name))
    this.#encodeRow = rowEncoder(table.columns)
  }

  /** Throws a TypeError when the change does not fit the table. */
  encode(change: RowChange): EncodedChange {
    switch (change.op) {
      case 'put': {
        const row = this.#encodeRow(change.row)
        return { op: 'put', key: this.keyOfRow(row), row }
      }
      case 'patch':
      case 'redact': {
        const set: Cell[] = []
        for (const name in change.set) {
          const value = change.set[name]
          if (value === undefined) continue
          const column = this.#settable(name)
          set.push([column, encodeValue(this.types[column] ?? 'text', value)])
        }
        return { op: change.op, key: this.#keyOf(change.key), set }
      }
      case 'add': {
        const column = this.#settable(change.column)
        const type = this.types[column]
        if (type !== 'bigint' && type !== 'integer') {
          throw new TypeError(`${change.column} is not a number`)
        }
        return { op: 'add', key: this.#keyOf(change.key), column, by: BigInt(change.by) }
      }
      case 'remove':
        return { op: 'remove', key: this.#keyOf(change.key) }
      case 'removeWhere':
        return { op: 'removeWhere', where: this.#whereOf(change.where) }
    }
  }

  /** Text that tells rows apart. */
  keyOfRow(row: EncodedRow): string {
    const [only, second] = this.keyColumns
    if (only !== undefined && second === undefined && row[only]) return row[only]
    return keyText(this.keyColumns.map((column) => row[column] ?? null))
  }

  /** The key columns of such a text. */
  keyValues(key: string): EncodedRow {
    return this.keyColumns.length === 1 ? [key] : key.split(separator)
  }

  #whereOf(where: Row): Where {
    const conditions = Object.entries(where).map(([name, value]): Cell => {
      const column = this.#column(name)
      const type = this.types[column] ?? 'jsonb'
      if (!comparable.has(type)) throw new TypeError(`rows cannot be removed by ${name}`)
      return [column, encodeValue(type, value)]
    })
    if (conditions.length === 0) throw new TypeError('removeWhere without a condition')
    return conditions.sort(([a], [b]) => a - b)
  }

  #keyOf(key: Row): string {
    const { key: names } = this.table
    let count = 0
    for (const name in key) if (key[name] !== undefined) count++
    if (count !== names.length) throw new TypeError('a key names its columns and no others')
    const [only, second] = names
    if (only !== undefined && second === undefined) {
      return this.#encodeOne(only, key[only]) ?? keyText([null])
    }
    return keyText(names.map((name) => this.#encodeOne(name, key[name])))
  }

  #encodeOne(name: string, value: unknown): string | null {
    return encodeValue(this.table.columns[name] ?? 'text', value)
  }

  #column(name: string): number {
    const column = this.#indexOf.get(name)
    if (column === undefined) throw new TypeError(`there is no column ${name}`)
    return column
  }

  #settable(name: string): number {
    const column = this.#column(name)
    if (this.keyColumns.includes(column)) throw new TypeError(`${name} is in the key and stays`)
    return column
  }
}

/** Text columns cannot hold U+0000, so it separates. */
const separator = '\0'

function keyText(values: EncodedRow): string {
  if (values.includes(null)) throw new TypeError('a key column cannot be null')
  return values.join(separator)
}
