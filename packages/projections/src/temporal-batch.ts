import { type EncodedRow, type Sql, sql, type Transaction, unnest } from '@holdfast/postgres'
import { PendingRows } from './pending-rows.ts'
import type { EncodedChange, TableShape, Where } from './table-shape.ts'
import type { RowChange } from './types.ts'
import { Versions } from './versions.ts'
import { groupBy, matching, pick, sameKey, whereShape, writeRows } from './write-rows.ts'
import { copyToVersions, redactVersions, writeVersions } from './write-versions.ts'

/**
 * Changes of a temporal table by a run of commits, not yet folded: where two commits change one row, its versions have
 * to know what the row was, so it is read when they are written. Few statements, whatever the number of rows.
 */
export class TemporalBatch {
  readonly #shape: TableShape
  readonly #changes: { readonly sequence: bigint; readonly change: EncodedChange }[] = []
  /** By key, whether the first change of the row builds on what the table has. */
  readonly #buildsOn = new Map<string, boolean>()
  readonly #wheres: Where[] = []
  /** By key, the commit that changes the row. */
  readonly #touched = new Map<string, bigint>()
  /** No row is changed by two commits, and all of them are known by key. */
  #isSingle = true

  constructor(shape: TableShape) {
    this.#shape = shape
  }

  /** Throws a TypeError when the change does not fit the table. */
  add(sequence: bigint, raw: RowChange): void {
    const change = this.#shape.encode(raw)
    if (change.op === 'patch' && change.set.length === 0) return
    this.#changes.push({ sequence, change })
    if (change.op === 'removeWhere' || change.op === 'redact') this.#isSingle = false
    if (change.op === 'removeWhere') {
      this.#wheres.push(change.where)
      return
    }
    const { key, op } = change
    if (!this.#buildsOn.has(key)) this.#buildsOn.set(key, op !== 'put' && op !== 'remove')
    const before = this.#touched.get(key)
    if (before === undefined) this.#touched.set(key, sequence)
    else if (before !== sequence) this.#isSingle = false
  }

  write(tx: Transaction, schema: string): Promise<void> {
    if (this.#changes.length === 0) return Promise.resolve()
    return this.#isSingle ? this.#writeSingle(tx, schema) : this.#writeFolded(tx, schema)
  }

  /** The usual way of what happens now: rows are written unread, and the versions are what they came to be. */
  async #writeSingle(tx: Transaction, schema: string): Promise<void> {
    const rows = new PendingRows(this.#shape, 'database')
    for (const { change } of this.#changes) rows.take(change)
    await writeRows(tx, schema, rows)
    await copyToVersions(tx, schema, this.#shape, this.#touched)
  }

  async #writeFolded(tx: Transaction, schema: string): Promise<void> {
    const versions = new Versions('database')
    const rows = new PendingRows(this.#shape, 'empty', versions)
    await this.#read(tx, sql.identifier(schema, this.#shape.table.name), rows, versions)
    this.#fold(rows, versions)

    const wanted = new PendingRows(this.#shape, 'database')
    for (const key of versions.changed) {
      const row = rows.puts.get(key)
      if (row) wanted.puts.set(key, row)
      else wanted.gone.set(key, this.#shape.keyValues(key))
    }
    await writeRows(tx, schema, wanted)
    const fresh = [...versions.closed, ...versions.open(rows)]
    await writeVersions(tx, schema, this.#shape, versions.ends, fresh)
    await redactVersions(tx, schema, this.#shape, versions.redactions)
  }

  /** The rows these changes build on, and those their conditions match now; what matches later is among the changed. */
  async #read(tx: Transaction, table: Sql, rows: PendingRows, versions: Versions): Promise<void> {
    const shape = this.#shape
    const keys: EncodedRow[] = []
    for (const [key, buildsOn] of this.#buildsOn) {
      if (!buildsOn) continue
      versions.know(key)
      keys.push(shape.keyValues(key))
    }
    const take = async (using: Sql, where: Sql): Promise<void> => {
      const found = await tx.query<Record<string, string | null>>(
        sql`select ${this.#texts()} from ${table} t${using} where ${where}`,
      )
      for (const one of found) {
        const row = shape.columns.map((column) => one[column] ?? null)
        const key = shape.keyOfRow(row)
        versions.know(key)
        rows.puts.set(key, row)
      }
    }
    if (keys.length > 0) {
      await take(sql`, ${unnest(pick(shape, shape.keyColumns), keys)} u`, sameKey(shape))
    }
    for (const wheres of groupBy(this.#wheres, whereShape)) {
      const { from, where } = matching(shape, wheres)
      await take(from ? sql`, ${from}` : sql.empty, where)
    }
  }

  /** The columns as text that reads back as the same value; booleans as we print them. */
  #texts(): Sql {
    return sql.join(
      this.#shape.columns.map((column, i) => {
        const name = sql.identifier(column)
        return this.#shape.types[i] === 'boolean'
          ? sql`case when t.${name} then 't' when not t.${name} then 'f' end as ${name}`
          : sql`t.${name}::text as ${name}`
      }),
    )
  }

  #fold(rows: PendingRows, versions: Versions): void {
    let at: bigint | undefined
    for (const { sequence, change } of this.#changes) {
      if (at !== undefined && sequence !== at) versions.commit(at, rows)
      at = sequence
      rows.take(change)
    }
    if (at !== undefined) versions.commit(at, rows)
  }
}
