import type { EncodedRow } from '@holdfast/postgres'
import type { Cell, EncodedChange, TableShape, Where } from './table-shape.ts'
import type { RowChange } from './types.ts'

/** Told of rows as they change, by those who keep more of them than the last. Rows it was told of are never written to. */
export interface RowWatcher {
  /** About to change, appear or go, by a change of the row itself. `row` is what it was, if it is known. */
  changing(key: string, row: EncodedRow | undefined): void
  redacting(key: string, set: readonly Cell[]): void
}

/**
 * Row changes of one table, coalesced by key: however many events touch a row, it is written once.
 *
 * With base `empty` (a rebuild) these rows are the whole table. With base `database` they stand over a table
 * that is there: a key not mentioned here has whatever row the table has. The order to write them in is
 * `wheres`, `gone`, `puts`, `patches`; see `#removeWhere` for why that is the order the events had.
 */
export class PendingRows {
  readonly shape: TableShape
  /** Whole rows, by key. */
  readonly puts = new Map<string, (string | null)[]>()
  /** Changed columns of rows that are in the table, if they are. Only with base `database`. */
  readonly patches = new Map<string, Patch>()
  /** Keys to delete. Only with base `database`. */
  readonly gone = new Map<string, EncodedRow>()
  /** Conditions to delete by, before anything else. Only with base `database`. */
  readonly wheres: Where[] = []

  readonly #isEmptyBase: boolean
  readonly #watcher: RowWatcher | undefined
  readonly #lookups = new Map<string, Lookup>()

  constructor(shape: TableShape, base: 'empty' | 'database', watcher?: RowWatcher) {
    this.shape = shape
    this.#isEmptyBase = base === 'empty'
    this.#watcher = watcher
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
    return this.take(this.shape.encode(change))
  }

  /** Like `apply`. The row of a `put` becomes its own. */
  take(change: EncodedChange): boolean {
    switch (change.op) {
      case 'put':
        this.#put(change.key, change.row)
        return true
      case 'patch':
        this.#patch(change.key, change.set)
        return true
      case 'redact':
        if (this.#watcher) this.#redact(this.#watcher, change.key, change.set)
        else this.#patch(change.key, change.set)
        return true
      case 'add':
        this.#add(change.key, change.column, change.by)
        return true
      case 'remove':
        this.#drop(change.key)
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

  #put(key: string, row: (string | null)[]): void {
    if (this.#watcher || this.#lookups.size > 0) {
      const old = this.puts.get(key)
      this.#watcher?.changing(key, old)
      if (old) this.#forget(key, old)
    }
    this.puts.set(key, row)
    this.#remember(key, row)
    if (this.#isEmptyBase) return
    this.patches.delete(key)
    this.gone.delete(key)
  }

  #patch(key: string, set: readonly Cell[]): void {
    const row = this.puts.get(key)
    if (row) {
      if (set.length === 0) return
      const changed = this.#change(key, row)
      for (const [column, value] of set) changed[column] = value
      this.#remember(key, changed)
      return
    }
    const patch = this.#patchOf(key)
    if (!patch) return
    for (const [column, value] of set) {
      patch.set[column] = value
      patch.add[column] = undefined
    }
  }

  /** What is written over is no longer true of any time, so nothing has changed at this one. */
  #redact(watcher: RowWatcher, key: string, set: readonly Cell[]): void {
    watcher.redacting(key, set)
    const row = this.puts.get(key)
    if (!row) return
    this.#forget(key, row)
    const redacted = row.slice()
    for (const [column, value] of set) redacted[column] = value
    this.puts.set(key, redacted)
    this.#remember(key, redacted)
  }

  #add(key: string, column: number, by: bigint): void {
    const plus = (value: string | null | undefined) => (BigInt(value ?? 0) + by).toString()
    const row = this.puts.get(key)
    if (row) {
      const changed = this.#change(key, row)
      changed[column] = plus(changed[column])
      this.#remember(key, changed)
      return
    }
    const patch = this.#patchOf(key)
    if (!patch) return
    const known = patch.set[column]
    if (known !== undefined) patch.set[column] = plus(known)
    else patch.add[column] = (patch.add[column] ?? 0n) + by
  }

  /** The row to write to; `#remember` it afterwards. */
  #change(key: string, row: (string | null)[]): (string | null)[] {
    this.#forget(key, row)
    if (!this.#watcher) return row
    this.#watcher.changing(key, row)
    const copy = row.slice()
    this.puts.set(key, copy)
    return copy
  }

  /**
   * The condition goes to the table first of all, which is right although rows were pending before it:
   * a pending `put` is written whole after it, a key that is `gone` stays gone, and a `patch` is either decided
   * here (it matches: the key goes; its key says it does not) or asks for a flush, because the row below it
   * might match by a column the patch has changed or does not know.
   */
  #removeWhere(conditions: Where): boolean {
    const matching: string[] = []
    for (const [key, patch] of this.patches) {
      const verdict = this.#matches(patch, conditions)
      if (verdict === 'unknown') return false
      if (verdict === 'yes') matching.push(key)
    }
    for (const key of this.#find(conditions)) matching.push(key)
    for (const key of matching) this.#drop(key)
    if (!this.#isEmptyBase) this.wheres.push(conditions)
    return true
  }

  #matches(patch: Patch, conditions: Where): 'yes' | 'no' | 'unknown' {
    let verdict: 'yes' | 'unknown' = 'yes'
    for (const [column, wanted] of conditions) {
      const position = this.shape.keyColumns.indexOf(column)
      if (position >= 0) {
        if (patch.key[position] !== wanted) return 'no' // a key never changes
      } else if (patch.set[column] !== wanted || patch.add[column] !== undefined) {
        verdict = 'unknown' // the row below may still carry the value, or already does
      }
    }
    return verdict
  }

  #drop(key: string): void {
    const row = this.puts.get(key)
    this.#watcher?.changing(key, row)
    if (row) {
      this.#forget(key, row)
      this.puts.delete(key)
    }
    if (this.#isEmptyBase) return
    this.patches.delete(key)
    this.gone.set(key, this.shape.keyValues(key))
  }

  /** Undefined when there is no row to patch. */
  #patchOf(key: string): Patch | undefined {
    if (this.#isEmptyBase || this.gone.has(key)) return undefined
    const known = this.patches.get(key)
    if (known) return known
    const nothing = this.shape.columns.map(() => undefined)
    const patch = { key: this.shape.keyValues(key), set: nothing, add: nothing.slice() }
    this.patches.set(key, patch)
    return patch
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

const valuesText = (values: EncodedRow): string =>
  values.map((value) => (value === null ? 'n' : `v${value}`)).join('\0')
