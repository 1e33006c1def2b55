import type { Commit } from '@holdfast/event-log'
import type { Transaction } from '@holdfast/postgres'
import { PendingRows } from './pending-rows.ts'
import { TableShape } from './table-shape.ts'
import { TemporalBatch } from './temporal-batch.ts'
import type { Projection, RowChange } from './types.ts'
import { writeRows } from './write-rows.ts'

/** An event a projection cannot take. */
export interface Poison {
  readonly sequence: bigint
  readonly error: unknown
}

/** The tables of a projection, by name. */
export const shapesOf = (projection: Projection): readonly TableShape[] =>
  projection.tables.map((table) => new TableShape(table))

/** Pending rows of some tables of a projection. */
export class Fold {
  readonly tables: ReadonlyMap<string, PendingRows>

  constructor(shapes: readonly TableShape[]) {
    this.tables = new Map(
      shapes.map((shape) => [shape.table.name, new PendingRows(shape, 'database')]),
    )
  }

  get size(): number {
    let size = 0
    for (const table of this.tables.values()) size += table.size
    return size
  }

  /** See `PendingRows.apply`. */
  apply(change: RowChange): boolean {
    const table = this.tables.get(change.table)
    if (!table) throw new TypeError(`there is no table ${change.table}`)
    return table.apply(change)
  }
}

/** What a run of commits does to the rows of one projection. */
export interface Folded {
  /** Written one after the other. */
  readonly folds: readonly Fold[]
  readonly temporal: readonly TemporalBatch[]
  /** The commit everything stopped at. Those before it are in the folds. */
  readonly poison: Poison | undefined
}

/** Bounds memory and the length of a statement's arrays; one commit may change thousands of rows. */
const maxRows = 50_000

/** Pure: no row is read. */
export function foldCommits(projection: Projection, commits: readonly Commit[]): Folded {
  const shapes = shapesOf(projection)
  const plain = shapes.filter(({ table }) => !table.isTemporal)
  const byName = new Map<string, TemporalBatch>()
  for (const shape of shapes) {
    if (shape.table.isTemporal) byName.set(shape.table.name, new TemporalBatch(shape))
  }
  const temporal = [...byName.values()]
  let fold = new Fold(plain)
  const folds = [fold]
  for (const commit of commits) {
    let changes: readonly RowChange[]
    try {
      changes = projection.changes(commit)
    } catch (error) {
      return { folds, temporal, poison: { sequence: commit.sequence, error } }
    }
    try {
      for (const change of changes) {
        const batch = byName.get(change.table)
        if (batch) {
          batch.add(commit.sequence, change)
          continue
        }
        if (fold.size < maxRows && fold.apply(change)) continue
        fold = new Fold(plain)
        folds.push(fold)
        fold.apply(change)
      }
    } catch (error) {
      // A part of this commit is in the folds already: start over without it.
      const before = commits.slice(0, commits.indexOf(commit))
      return { ...foldCommits(projection, before), poison: { sequence: commit.sequence, error } }
    }
  }
  return { folds, temporal, poison: undefined }
}

export async function writeFolded(
  tx: Transaction,
  schema: string,
  { folds, temporal }: Folded,
): Promise<void> {
  for (const { tables } of folds) {
    for (const rows of tables.values()) await writeRows(tx, schema, rows)
  }
  for (const batch of temporal) await batch.write(tx, schema)
}

/** The last commit that was folded. */
export const lastBefore = (
  commits: readonly Commit[],
  poison: Poison | undefined,
): Commit | undefined =>
  poison ? commits.findLast(({ sequence }) => sequence < poison.sequence) : commits.at(-1)
