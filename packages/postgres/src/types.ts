import type { EncodedRow } from './encode.ts'
import type { Sql } from './sql.ts'

/** Column types rows are written with in bulk. */
export const pgTypes = [
  'text',
  'uuid',
  'boolean',
  'integer',
  'bigint',
  'double precision',
  'bytea',
  'timestamptz',
  'jsonb',
  'inet',
  'cidr',
  'text[]',
  'uuid[]',
  'integer[]',
  'bigint[]',
  'inet[]',
  'cidr[]',
] as const

export type PgType = (typeof pgTypes)[number]

/**
 * One row to write, by column. A missing or undefined column is null. `timestamptz` takes a Date or a
 * bigint of microseconds since 1970, `bytea` a Uint8Array, `bigint` a bigint or an integer, `jsonb`
 * whatever JSON can carry, an array type a readonly array without nulls.
 */
export type Row = Readonly<Record<string, unknown>>

export type Isolation = 'read committed' | 'repeatable read' | 'serializable'

export interface QueryOptions {
  /** Cancels the statement on the server. */
  readonly signal?: AbortSignal
}

export interface Queryable {
  /** Rows read: `bigint` columns are bigint, `bytea` Buffer, `timestamptz` Date. Errors rise as they are, a lost connection as `postgres.unavailable`. */
  query<R extends object = Record<string, unknown>>(
    statement: Sql,
    options?: QueryOptions,
  ): Promise<R[]>
  /** Like `query`; returns how many rows it touched. */
  execute(statement: Sql, options?: QueryOptions): Promise<number>
}

export interface Transaction extends Queryable {
  /** COPY … FROM STDIN in text form; returns how many rows went in. `freeze` is for a table made in this transaction. */
  copyIn(
    table: Sql,
    columns: Readonly<Record<string, PgType>>,
    rows: Iterable<Row | EncodedRow> | AsyncIterable<Row | EncodedRow>,
    options?: { readonly freeze?: boolean },
  ): Promise<number>
  /** Text that holds many statements and no parameters: a migration, DDL. */
  script(text: string): Promise<void>
}

export interface TxOptions {
  readonly isolation?: Isolation
  readonly readOnly?: boolean
  /** Rolls back when it fires. */
  readonly signal?: AbortSignal
  /** Overrides the pool's statement timeout; 0 turns it off, for bulk work. */
  readonly statementTimeoutMs?: number
}

/** What a reader may see: rows of these organizations, or all. */
export interface ReadScope {
  readonly organizations: '*' | readonly string[]
  /** As of this sequence, for queries that name tables by `relation`. Rows are seen under the rights of now. */
  readonly at?: bigint
}

/** A connection of one's own, outside the pool's count, for locks that live as long as it does. */
export interface Session extends Transaction {
  /** Fires when the connection is gone, and its locks with it. */
  readonly lost: AbortSignal
  tx<T>(fn: (tx: Transaction) => Promise<T>, options?: TxOptions): Promise<T>
  close(): Promise<void>
}

export interface Postgres extends Queryable {
  /** Commits when `fn` returns, rolls back when it throws. */
  tx<T>(fn: (tx: Transaction) => Promise<T>, options?: TxOptions): Promise<T>
  /** A read-only snapshot as the reader role, under row-level security: what the scope does not cover is not there. */
  read<T>(scope: ReadScope, fn: (tx: Queryable) => Promise<T>, options?: QueryOptions): Promise<T>
  session(): Promise<Session>
  /** Name of the NOLOGIN role `read` takes. */
  readonly readerRole: string
  close(): Promise<void>
}
