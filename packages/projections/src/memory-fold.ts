import { type EncodedRow, sql, type Transaction } from '@holdfast/postgres'
import { shapesOf } from './fold.ts'
import { PendingRows } from './pending-rows.ts'
import type { Projection, RowChange } from './types.ts'
import { Versions, versionColumns, versionsTable } from './versions.ts'
import { redactVersions } from './write-versions.ts'

interface Table {
  readonly rows: PendingRows
  /** Only of a temporal table. */
  readonly versions: Versions | undefined
}

/** The tables of a projection folded from nothing: these rows are all there are. */
export class MemoryFold {
  readonly #tables: ReadonlyMap<string, Table>

  constructor(projection: Projection) {
    this.#tables = new Map(
      shapesOf(projection).map((shape) => {
        const versions = shape.table.isTemporal ? new Versions('empty') : undefined
        return [shape.table.name, { rows: new PendingRows(shape, 'empty', versions), versions }]
      }),
    )
  }

  get rows(): number {
    let count = 0
    for (const { rows } of this.#tables.values()) count += rows.size
    return count
  }

  get closedVersions(): number {
    let count = 0
    for (const { versions } of this.#tables.values()) count += versions?.closed.length ?? 0
    return count
  }

  /** Takes in a commit. After it has thrown, half of the commit is in it. */
  take(sequence: bigint, changes: readonly RowChange[]): void {
    for (const change of changes) {
      const table = this.#tables.get(change.table)
      if (!table) throw new TypeError(`there is no table ${change.table}`)
      table.rows.apply(change)
    }
    if (changes.length === 0) return
    for (const { rows, versions } of this.#tables.values()) versions?.commit(sequence, rows)
  }

  /** Copies versions that have ended into bare tables, and forgets them. */
  async writeClosed(tx: Transaction, schema: string): Promise<void> {
    for (const { rows, versions } of this.#tables.values()) {
      if (!versions || versions.closed.length === 0) continue
      await copyVersions(tx, schema, rows, versions.closed, false)
      versions.closed = []
    }
  }

  /** Copies everything else into bare tables; `isFresh` when this transaction has made them. */
  async write(tx: Transaction, schema: string, { isFresh }: { isFresh: boolean }): Promise<void> {
    for (const { rows, versions } of this.#tables.values()) {
      const { table } = rows.shape
      await tx.copyIn(sql.identifier(schema, table.name), table.columns, rows.puts.values(), {
        freeze: isFresh,
      })
      if (!versions) continue
      const all = function* () {
        yield* versions.closed
        yield* versions.open(rows)
      }
      await copyVersions(tx, schema, rows, all(), isFresh)
    }
  }

  /** Once keys are there to find versions by. */
  async redact(tx: Transaction, schema: string): Promise<void> {
    for (const { rows, versions } of this.#tables.values()) {
      if (versions) await redactVersions(tx, schema, rows.shape, versions.redactions)
    }
  }

  clear(): void {
    for (const { rows, versions } of this.#tables.values()) {
      rows.clear()
      versions?.clear()
    }
  }
}

const copyVersions = (
  tx: Transaction,
  schema: string,
  { shape }: PendingRows,
  versions: Iterable<EncodedRow>,
  isFresh: boolean,
): Promise<number> =>
  tx.copyIn(
    sql.identifier(schema, versionsTable(shape.table)),
    versionColumns(shape.table),
    versions,
    { freeze: isFresh },
  )
