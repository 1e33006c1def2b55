import { createHash } from 'node:crypto'
import { type Postgres, type Sql, sql, type Transaction } from '@holdfast/postgres'
import type { Build } from './ledger.ts'
import { storedTables } from './schema.ts'
import type { Projection, TableSpec } from './types.ts'

const pageRows = 5_000

/**
 * SHA-256 over every row of a build, versions of rows included: tables by name, rows by key, columns by name, values as Postgres prints
 * them under fixed settings. Neither the order of writing nor the build's schema changes it. Reads one snapshot,
 * page by page.
 */
export function contentHash(
  postgres: Postgres,
  projection: Projection,
  build: Build,
): Promise<string> {
  return postgres.tx(
    async (tx) => {
      await printAlike(tx)
      const hash = createHash('sha256')
      const tables = projection.tables.flatMap(storedTables)
      for (const table of tables.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const columns = Object.keys(table.columns).sort()
        hash.update(`${JSON.stringify([table.name, columns])}\n`)
        await tx.execute(sql`
          declare content no scroll cursor for
          select row(${sql.join(columns.map((column) => sql.identifier(column)))})::text as line
          from ${sql.identifier(build.schema, table.name)} order by ${inKeyOrder(table)}`)
        for (;;) {
          const rows = await tx.query<{ line: string }>(
            sql`fetch forward ${sql.raw(String(pageRows))} from content`,
          )
          for (const { line } of rows) hash.update(line).update('\n')
          if (rows.length < pageRows) break
        }
        await tx.execute(sql`close content`)
      }
      return hash.digest('hex')
    },
    { isolation: 'repeatable read', readOnly: true, statementTimeoutMs: 0 },
  )
}

/** `row(…)::text` prints through these. */
export const printAlike = (tx: Transaction): Promise<void> =>
  tx.script(`
    set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local bytea_output = 'hex';
    set local extra_float_digits = 1; set local intervalstyle = 'iso_8601'`)

/** Text by code point, whatever the database's own collation. */
export const inKeyOrder = (table: TableSpec): Sql =>
  sql.join(
    table.key.map((column) =>
      table.columns[column] === 'text'
        ? sql`${sql.identifier(column)} collate "C"`
        : sql.identifier(column),
    ),
  )
