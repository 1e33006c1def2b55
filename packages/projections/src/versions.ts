import type { EncodedRow, PgType } from '@holdfast/postgres'
import type { PendingRows, RowWatcher } from './pending-rows.ts'
import type { Cell } from './table-shape.ts'
import type { TableSpec } from './types.ts'

/** `valid_to` of the version that still holds: the largest bigint. */
export const forever = 9_223_372_036_854_775_807n

/** The table with every version of every row, beside the table itself. */
export const versionsTable = (table: TableSpec): string => `${table.name}__past`

/** A version is what a row was after the commits from `valid_from` on, and before the one at `valid_to`. */
export const versionColumns = (table: TableSpec): Readonly<Record<string, PgType>> => ({
  ...table.columns,
  valid_from: 'bigint',
  valid_to: 'bigint',
})

export interface Redaction {
  readonly key: string
  readonly set: readonly Cell[]
  /** Versions from before this commit are meant; its own are made of rows that are redacted. */
  readonly before: bigint
}

/**
 * The versions of rows folded in memory: one for each commit that changed the row, whatever it did to it in between.
 * A change counts by being made, not by what it sets, so that a rebuild and the database agree however values print.
 */
export class Versions implements RowWatcher {
  /** Stored versions that end, by key. */
  readonly ends = new Map<string, bigint>()
  /** Versions that began and ended here. */
  closed: EncodedRow[] = []
  redactions: Redaction[] = []
  /** Keys whose row is not what the table holds. */
  readonly changed = new Set<string>()

  readonly #isEmptyBase: boolean
  /** What rows of this commit were before it. */
  readonly #before = new Map<string, EncodedRow | undefined>()
  /** Since when a row is what it is; absent for one that is as the table has it. */
  readonly #since = new Map<string, bigint>()
  /** Keys of which it is known whether the table has a row. */
  readonly #known = new Set<string>()
  #redacted: { readonly key: string; readonly set: readonly Cell[] }[] = []

  constructor(base: 'empty' | 'database') {
    this.#isEmptyBase = base === 'empty'
  }

  /** The rows handed over with this key are all the table has of it. */
  know(key: string): void {
    this.#known.add(key)
  }

  changing(key: string, row: EncodedRow | undefined): void {
    if (!this.#before.has(key)) this.#before.set(key, row)
  }

  redacting(key: string, set: readonly Cell[]): void {
    if (set.length > 0) this.#redacted.push({ key, set })
  }

  /** The changes since the last call were those of the commit at this sequence. */
  commit(sequence: bigint, rows: PendingRows): void {
    if (this.#redacted.length > 0) {
      for (const { key, set } of this.#redacted) {
        this.redactions.push({ key, set, before: sequence })
        if (!this.#isEmptyBase) this.changed.add(key)
      }
      this.#redacted = []
    }
    if (this.#before.size === 0) return
    for (const [key, row] of this.#before) {
      const since = this.#since.get(key)
      if (row !== undefined && since !== undefined) {
        this.closed.push([...row, since.toString(), sequence.toString()])
      } else if (!this.#isEmptyBase && (row !== undefined || !this.#known.has(key))) {
        this.ends.set(key, sequence)
      }
      if (rows.puts.has(key)) this.#since.set(key, sequence)
      else this.#since.delete(key)
      if (!this.#isEmptyBase) {
        this.#known.add(key)
        this.changed.add(key)
      }
    }
    this.#before.clear()
  }

  /** Versions that began here and still hold. */
  *open(rows: PendingRows): Generator<EncodedRow> {
    for (const [key, since] of this.#since) {
      const row = rows.puts.get(key)
      if (row) yield [...row, since.toString(), forever.toString()]
    }
  }

  clear(): void {
    this.ends.clear()
    this.closed = []
    this.redactions = []
    this.changed.clear()
    this.#before.clear()
    this.#since.clear()
    this.#known.clear()
    this.#redacted = []
  }
}
