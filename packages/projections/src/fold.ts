import type { Commit } from '@holdfast/event-log'
import type { Transaction } from '@holdfast/postgres'
import { PendingRows } from './pending-rows.ts'
import type { Projection, RowChange } from './types.ts'
import { writeRows } from './write-rows.ts'

/** An event a projection cannot take. */
export interface Poison {
  readonly sequence: bigint
  readonly error: unknown
}

/** Pending rows of all tables of a projection. */
export class Fold {
  readonly tables: ReadonlyMap<string, PendingRows>

  constructor(projection: Projection, base: 'empty' | 'database') {
    this.tables = new Map(
      projection.tables.map((table) => [table.name, new PendingRows(table, base)]),
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

  async write(tx: Transaction, schema: string): Promise<void> {
    for (const table of this.tables.values()) await writeRows(tx, schema, table)
  }
}

/** What a run of commits does to the rows of one projection. Folds are written one after the other. */
export interface Folded {
  readonly folds: readonly Fold[]
  /** The commit everything stopped at. Those before it are in the folds. */
  readonly poison: Poison | undefined
}

/** Bounds memory and the length of a statement's arrays; one commit may change thousands of rows. */
const maxRows = 50_000

/** Pure: no row is read. */
export function foldCommits(projection: Projection, commits: readonly Commit[]): Folded {
  let fold = new Fold(projection, 'database')
  const folds = [fold]
  for (const commit of commits) {
    let changes: readonly RowChange[]
    try {
      changes = projection.changes(commit)
    } catch (error) {
      return { folds, poison: { sequence: commit.sequence, error } }
    }
    try {
      for (const change of changes) {
        if (fold.size < maxRows && fold.apply(change)) continue
        fold = new Fold(projection, 'database')
        folds.push(fold)
        fold.apply(change)
      }
    } catch (error) {
      // A part of this commit is in the folds already: start over without it.
      const before = commits.slice(0, commits.indexOf(commit))
      return { ...foldCommits(projection, before), poison: { sequence: commit.sequence, error } }
    }
  }
  return { folds, poison: undefined }
}

/** The last commit that was folded. */
export const lastBefore = (
  commits: readonly Commit[],
  poison: Poison | undefined,
): Commit | undefined =>
  poison ? commits.findLast(({ sequence }) => sequence < poison.sequence) : commits.at(-1)
