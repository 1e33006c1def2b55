import { type EncodedRow, encodeValue, type PgType, type Row, rowEncoder } from '@holdfast/postgres'
import type { RowChange, TableSpec } from './types.ts'

/**
 * Row changes of one table, coalesced by key: however many events touch a row, it is written once.
 *
 * With base `empty` (a rebuild) these rows are the whole table. With base `database` they stand over a table
 * that is there: a key not mentioned here has whatever row the table has. The order to write them in is
 * `wheres`, `gone`, `puts`, `patches`; see `applyWhere` for why that is the order the events had.
 */
export class PendingRows {
  readonly table: TableSpec
  readonly columns: readonly string[]
  readonly types: readonly PgType[]
  readonly keyColumns: readonly number[]
  /** Whole rows, by key. */
  readonly puts = new Map<string, (string | null)[]>()
  /** Changed columns of rows that are in the table, if they are. Only with base `database`. */
  readonly patches = new Map<string, Patch>()
  /** Keys to delete. Only with base `database`. */
  readonly gone = new Map<string, EncodedRow>()
  /** Conditions to delete by, before anything else. Only with base `database`. */
  readonly wheres: Where[] = []

  readonly #isEmptyBase: boolean
  readonly #encode: (row: Row) => (string | null)[]
  readonly #indexOf: ReadonlyMap<string, number>
  readonly #lookups = new Map<string, Lookup>()

  constructor(table: TableSpec, base: 'empty' | 'database') {
    this.table = table
    this.columns = Object.keys(table.columns)
    this.types = Object.values(table.columns)
    this.#indexOf = new Map(this.columns.map((name, i) => [name, i]))
    this.keyColumns = table.key.map((name) => this.#column(name))
    this.#isEmptyBase = base === 'empty'
    this.#encode = rowEncoder(table.columns)
  }

  /** Rows to write. */
  get size(): number {
    return this.puts.size + this.patches.size + this.gone.size + this.wheres.length
  }

  /**
   * Takes a change in. False when it cannot be decided without the rows of the table: write what is pending
   * first, clear, and apply it again. Throws a TypeError when the change does not fit the table.
   */
  apply(change: RowChange): boolean {
    switch (change.op) {
      case 'put':
        this.#put(this.#encode(change.row))
        return true
      case 'patch':
        this.#patch(change.key, change.set)
        return true
      case 'add':
        this.#add(change.key, change.column, BigInt(change.by))
        return true
      case 'remove':
        this.#remove(change.key)
        return true
      case 'removeWhere':
        return this.#removeWhere(change.where)
    }
  }

  clear(): void {
    this.puts.clear()
    this.patches.clear()
    this.gone.clear()
    this.wheres.length = 0
    this.#lookups.clear()
  }

  /** Takes the row for its own. */
  #put(row: (string | null)[]): void {
    const key = this.#keyOfRow(row)
    if (this.#lookups.size > 0) {
      const old = this.puts.get(key)
      if (old) this.#forget(key, old)
    }
    this.puts.set(key, row)
    this.#remember(key, row)
    if (this.#isEmptyBase) return
    this.patches.delete(key)
    this.gone.delete(key)
  }

  #patch(key: Row, set: Row): void {
    const text = this.#keyOf(key)
    const row = this.puts.get(text)
    if (row) {
      this.#forget(text, row)
      for (const name in set) {
        if (set[name] !== undefined) row[this.#settable(name)] = this.#encodeOne(name, set[name])
      }
      this.#remember(text, row)
      return
    }
    const patch = this.#patchOf(text, key)
    for (const name in set) {
      if (set[name] === undefined) continue
      const column = this.#settable(name)
      const value = this.#encodeOne(name, set[name])
      if (!patch) continue
      patch.set[column] = value
      patch.add[column] = undefined
    }
  }

  #add(key: Row, name: string, by: bigint): void {
    const column = this.#settable(name)
    const type = this.types[column]
    if (type !== 'bigint' && type !== 'integer') throw new TypeError(`${name} is not a number`)
    const text = this.#keyOf(key)
    const plus = (value: string | null | undefined) => (BigInt(value ?? 0) + by).toString()

    const row = this.puts.get(text)
    if (row) {
      this.#forget(text, row)
      row[column] = plus(row[column])
      this.#remember(text, row)
      return
    }
    const patch = this.#patchOf(text, key)
    if (!patch) return
    const known = patch.set[column]
    if (known !== undefined) patch.set[column] = plus(known)
    else patch.add[column] = (patch.add[column] ?? 0n) + by
  }

  #remove(key: Row): void {
    this.#drop(this.#keyOf(key), this.#keyValues(key))
  }

  /**
   * The condition goes to the table first of all, which is right although rows were pending before it:
   * a pending `put` is written whole after it, a key that is `gone` stays gone, and a `patch` is either decided
   * here (it matches: the key goes; its key says it does not) or asks for a flush, because the row below it
   * might match by a column the patch has changed or does not know.
   */
  #removeWhere(where: Row): boolean {
    const conditions = Object.entries(where).map(([name, value]) => {
      const column = this.#column(name)
      if (!comparable.has(this.types[column] ?? 'jsonb')) {
        throw new TypeError(`rows cannot be removed by ${name}`)
      }
      return [column, this.#encodeOne(name, value)] as const
    })
    if (conditions.length === 0) throw new TypeError('removeWhere without a condition')
    conditions.sort(([a], [b]) => a - b)

    const matching: [string, EncodedRow][] = []
    for (const [text, patch] of this.patches) {
      const verdict = this.#matches(patch, conditions)
      if (verdict === 'unknown') return false
      if (verdict === 'yes') matching.push([text, patch.key])
    }
    for (const text of this.#find(conditions)) {
      const row = this.puts.get(text)
      if (row) matching.push([text, this.keyColumns.map((column) => row[column] ?? null)])
    }
    for (const [text, key] of matching) this.#drop(text, key)
    if (!this.#isEmptyBase) this.wheres.push(conditions)
    return true
  }

  #matches(patch: Patch, conditions: Where): 'yes' | 'no' | 'unknown' {
    let verdict: 'yes' | 'unknown' = 'yes'
    for (const [column, wanted] of conditions) {
      const position = this.keyColumns.indexOf(column)
      if (position >= 0) {
        if (patch.key[position] !== wanted) return 'no' // a key never changes
      } else if (patch.set[column] !== wanted || patch.add[column] !== undefined) {
        verdict = 'unknown' // the row below may still carry the value, or already does
      }
    }
    return verdict
  }

  #drop(text: string, key: EncodedRow): void {
    const row = this.puts.get(text)
    if (row) {
      this.#forget(text, row)
      this.puts.delete(text)
    }
    if (this.#isEmptyBase) return
    this.patches.delete(text)
    this.gone.set(text, key)
  }

  /** Undefined when there is no row to patch. */
  #patchOf(text: string, key: Row): Patch | undefined {
    if (this.#isEmptyBase || this.gone.has(text)) return undefined
    const known = this.patches.get(text)
    if (known) return known
    const nothing = this.columns.map(() => undefined)
    const patch = { key: this.#keyValues(key), set: nothing, add: nothing.slice() }
    this.patches.set(text, patch)
    return patch
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

  #encodeOne(name: string, value: unknown): string | null {
    return encodeValue(this.table.columns[name] ?? 'text', value)
  }

  /** Text that tells keys apart. */
  #keyOf(key: Row): string {
    const { key: names } = this.table
    let count = 0
    for (const name in key) if (key[name] !== undefined) count++
    if (count !== names.length) throw new TypeError('a key names its columns and no others')
    const [only, second] = names
    if (only !== undefined && second === undefined) {
      return this.#encodeOne(only, key[only]) ?? keyText([null])
    }
    return keyText(this.#keyValues(key))
  }

  #keyValues(key: Row): EncodedRow {
    return this.table.key.map((name) => this.#encodeOne(name, key[name]))
  }

  #keyOfRow(row: EncodedRow): string {
    const [only, second] = this.keyColumns
    if (only !== undefined && second === undefined && row[only]) return row[only]
    return keyText(this.keyColumns.map((column) => row[column] ?? null))
  }

  /** Keys of puts with these values. A lookup is built when first asked for, and kept up to date from then on. */
  #find(conditions: Where): readonly string[] {
    const name = conditions.map(([column]) => column).join()
    let lookup = this.#lookups.get(name)
    if (!lookup) {
      lookup = { columns: conditions.map(([column]) => column), keys: new Map() }
      this.#lookups.set(name, lookup)
      for (const [key, row] of this.puts) addTo(lookup, key, row)
    }
    return [...(lookup.keys.get(valuesText(conditions.map(([, value]) => value))) ?? [])]
  }

  #remember(key: string, row: EncodedRow): void {
    for (const lookup of this.#lookups.values()) addTo(lookup, key, row)
  }

  #forget(key: string, row: EncodedRow): void {
    for (const { columns, keys } of this.#lookups.values()) {
      const text = valuesText(columns.map((column) => row[column] ?? null))
      const found = keys.get(text)
      found?.delete(key)
      if (found?.size === 0) keys.delete(text)
    }
  }
}

/** Values by column; undefined where nothing changes. No column is in both. */
export interface Patch {
  readonly key: EncodedRow
  readonly set: (string | null | undefined)[]
  readonly add: (bigint | undefined)[]
}

/** Columns, in table order, and the values they must have. */
export type Where = readonly (readonly [column: number, value: string | null])[]

interface Lookup {
  readonly columns: readonly number[]
  readonly keys: Map<string, Set<string>>
}

function addTo(lookup: Lookup, key: string, row: EncodedRow): void {
  const text = valuesText(lookup.columns.map((column) => row[column] ?? null))
  const keys = lookup.keys.get(text)
  if (keys) keys.add(key)
  else lookup.keys.set(text, new Set([key]))
}

/** Types whose equal values have equal text. */
export const comparable: ReadonlySet<PgType> = new Set([
  'text',
  'uuid',
  'boolean',
  'integer',
  'bigint',
  'bytea',
])

/** Text columns cannot hold U+0000, so it separates. */
function keyText(values: EncodedRow): string {
  if (values.includes(null)) throw new TypeError('a key column cannot be null')
  return values.join('\0')
}

const valuesText = (values: EncodedRow): string =>
  values.map((value) => (value === null ? 'n' : `v${value}`)).join('\0')
