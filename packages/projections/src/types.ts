import type { CommandRegistry, Commit, EventCodec, EventLog } from '@holdfast/event-log'
import type { PgType, Row } from '@holdfast/postgres'

/**
 * What an event does to the rows of a projection. Changes are pure: the runner coalesces them by key and
 * writes each row once a batch.
 *
 * - `put` replaces the whole row; a column not named becomes null.
 * - `patch` sets columns of the row with that key, and does nothing when there is none.
 * - `add` adds to an integer or bigint column of the row with that key, and does nothing when there is none; null counts as 0.
 * - `remove` deletes the row with that key, `removeWhere` every row whose columns equal `where`.
 * - `redact` writes over columns as if they had never held anything else: in the row with that key, if there is one,
 *   and in all its versions when the table is temporal. Handlers give `set` the values a replay gives those columns
 *   that can no longer read what was erased.
 */
export type RowChange =
  | { readonly op: 'put'; readonly table: string; readonly row: Row }
  | {
      readonly op: 'patch' | 'redact'
      readonly table: string
      readonly key: Row
      readonly set: Row
    }
  | {
      readonly op: 'add'
      readonly table: string
      readonly key: Row
      readonly column: string
      readonly by: number | bigint
    }
  | { readonly op: 'remove'; readonly table: string; readonly key: Row }
  | { readonly op: 'removeWhere'; readonly table: string; readonly where: Row }

export interface TableSpec {
  /** Also the name of the view in the service's schema. */
  readonly name: string
  readonly columns: Readonly<Record<string, PgType>>
  /** Primary key, of scalar columns. A `patch` cannot change it. */
  readonly key: readonly string[]
  /** Readers see a row when their scope covers this column. Without one, only readers of all organizations see the table. */
  readonly organizationColumn?: string
  /** What follows `create index on <table>`, for example `(interface_id, name)`. */
  readonly indexes?: readonly string[]
  /** Every version of every row is kept: `relation(service, name, at)` of packages/postgres reads the rows as of a sequence. */
  readonly isTemporal?: true
}

type Handlers<E extends { readonly type: string }> = {
  readonly [T in E['type']]?: (
    event: Extract<E, { readonly type: T }>,
    commit: Commit,
  ) => readonly RowChange[]
}

export interface ProjectionSpec<E extends { readonly type: string }> {
  /** `<context>.<read model>`, for example `network.peers`. */
  readonly name: string
  /** Raise it with every change of tables or handlers: the rows are rebuilt beside the old ones. */
  readonly version: number
  readonly context: string
  readonly tables: readonly TableSpec[]
  /** By aggregate type. Commits of other aggregates are skipped. */
  readonly codecs: Readonly<Record<string, Pick<EventCodec<E>, 'decode'>>>
  /** By event type. Other events are skipped without being decoded. */
  readonly on: Handlers<E>
}

/** A projection, its event types erased. Made by `defineProjection`. */
export interface Projection {
  readonly name: string
  readonly version: number
  readonly context: string
  readonly tables: readonly TableSpec[]
  /** Row changes of one commit, in order. Throws when an event cannot be read. */
  changes(commit: Commit): readonly RowChange[]
}

/**
 * `starting`: there are no rows to read yet, or they are from before this start. `standby`: another instance is
 * the active projector, or the log is closed and its last rows are shown. `halted`: an event could not be applied, or the log has a gap; it takes a person.
 */
export type ProjectionState = 'starting' | 'live' | 'standby' | 'halted'

export interface ProjectionStatus {
  readonly name: string
  readonly version: number
  readonly state: ProjectionState
  /** Last sequence the rows include. */
  readonly checkpoint: bigint
  /** Why it is halted, or shows rows of a log that is closed. */
  readonly reason?: string
}

/** How far a check has come. */
export interface CheckProgress {
  readonly name: string
  readonly sequence: bigint
  readonly goal: bigint
}

/** The first row, by table and key, that is not what a replay of the log makes it. */
export interface Difference {
  /** Ends in `__past` for the versions of a temporal table. */
  readonly table: string
  /** Key columns and their values. */
  readonly key: Readonly<Record<string, string>>
  /** `missing`: only the replay has it. `unexpected`: only the live rows have it. */
  readonly kind: 'changed' | 'missing' | 'unexpected'
  /** Which columns differ, when both have it. Never their values, which may be secret. */
  readonly columns: readonly string[]
  /** Differing rows of that table. */
  readonly rows: bigint
}

export interface CheckedReadModel {
  readonly name: string
  readonly version: number
  /** The commits that were replayed: up to here. */
  readonly sequence: bigint
  readonly seconds: number
  /** Undefined when they are equal. */
  readonly difference?: Difference
}

/** What projections need of the log. */
export type LogReader = Pick<EventLog, 'subscribe' | 'read' | 'head' | 'seen' | 'safe' | 'status'>

export interface Projections {
  /** Waits until every projection includes this sequence; at most 2 s, then throws `projection.lagging`. */
  reached(sequence: bigint, signal?: AbortSignal): Promise<void>
  /** Folds the log from its first commit into fresh tables and switches the views; readers notice nothing. */
  rebuild(name: string, signal?: AbortSignal): Promise<void>
  /**
   * Replays the log beside the live rows and compares both at one sequence. One at a time; readers and the live rows
   * notice nothing. Throws `projection.standby` when another instance keeps the rows.
   */
  check(
    name: string,
    signal?: AbortSignal,
    onProgress?: (progress: CheckProgress) => void,
  ): Promise<CheckedReadModel>
  /** SHA-256 over all rows in canonical form, independent of the order they were written in. */
  hash(name: string): Promise<string>
  status(): readonly ProjectionStatus[]
  /** Every projection is readable and none is halted. */
  isReady(): boolean
  /** For `log.useCommands`. */
  readonly commands: CommandRegistry
  /** Finishes the batch at hand, then lets go of the lock. */
  stop(): Promise<void>
}
