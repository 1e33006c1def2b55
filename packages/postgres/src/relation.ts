import { type Sql, sql } from './sql.ts'

/**
 * A read model's table to stand in a `from`: `network.peers`, or with `at` its rows as they were once the commit at
 * that sequence was taken in. Only of tables declared with `isTemporal`.
 */
export const relation = (schema: string, table: string, at?: bigint): Sql =>
  at === undefined
    ? sql.identifier(schema, table)
    : sql`${sql.identifier(schema, pastOf(table))}(${at})`

/** Name of the function that gives a table's rows as of a sequence. */
export const pastOf = (table: string): string => `${table}_at`

/**
 * Every version of a temporal table's rows: its columns, `valid_from` and `valid_to` (sequences; the largest bigint while
 * it holds). For the history of rows; the rows of one moment come from `relation`.
 */
export const versionsOf = (schema: string, table: string): Sql =>
  sql.identifier(schema, `${table}_versions`)
