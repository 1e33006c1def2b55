import { defineError, invalid } from '@holdfast/errors'
import { type Postgres, sql } from '@holdfast/postgres'
import type { TableService } from '@holdfast/proto'
import type { Handlers } from './types.ts'

/**
 * The tables of a service's migrations: no projection makes them, so a replay does not bring them back. Each one is
 * named here, once (test/contract/operational-tables.test.ts).
 */
export interface OperationalTables {
  /** Part of full backups. */
  readonly kept: readonly string[]
  /** Not part of them, and why nothing is lost by it. */
  readonly left: Readonly<Record<string, string>>
  /** Those among `kept` that a restore into an empty instance does not bring back, and why. The others come back. */
  readonly notRestored?: Readonly<Record<string, string>>
}

export const TableNotFound = defineError(
  'table.not_found',
  'not_found',
  (d: { table: string }) => `There is no operational table ${d.table} here.`,
)

const maxRows = 5_000
/** A page is cut off behind the row that exceeds this. */
const maxPageBytes = 4 * 1024 * 1024
/** Rows asked for at a time: a row may hold the body of a delivery. */
const stepRows = 500

/** Reads the tables as lines of JSON, whatever they hold; `json_populate_record` brings them back as they were. */
export function tableHandlers(
  postgres: Pick<Postgres, 'query'>,
  schema: string,
  tables: OperationalTables,
): Handlers<typeof TableService> {
  const known = new Map<string, Promise<readonly KeyColumn[]>>()

  async function keyOf(table: string): Promise<readonly KeyColumn[]> {
    if (!tables.kept.includes(table)) throw TableNotFound({ table: JSON.stringify(table) })
    const reading = known.get(table) ?? readKey(postgres, schema, table)
    known.set(table, reading)
    return await reading.catch((error: unknown) => {
      known.delete(table)
      throw error
    })
  }

  return {
    async listTables() {
      const migration = await lastMigration(postgres, schema)
      return { tables: tables.kept.map((name) => ({ name, migration })) }
    },

    async readTable({ table, cursor, limit }, call) {
      const key = await keyOf(table)
      const most = Math.min(limit === 0 ? maxRows : limit, maxRows)
      const rows: string[] = []
      let after = cursor === '' ? undefined : parseCursor(cursor, key)
      let bytes = 0
      while (rows.length < most && bytes < maxPageBytes) {
        const wanted = Math.min(stepRows, most - rows.length)
        const found = await page(
          postgres,
          { schema, table, key, after, limit: wanted },
          call.signal,
        )
        for (const { row, position } of found) {
          rows.push(row)
          bytes += row.length
          after = position
          if (bytes >= maxPageBytes) return { rows, nextCursor: printCursor(position) }
        }
        if (found.length < wanted) return { rows }
      }
      return { rows, nextCursor: after === undefined ? '' : printCursor(after) }
    },
  }
}

interface KeyColumn {
  readonly name: string
  /** As Postgres writes it, for a cast. */
  readonly type: string
}

async function readKey(
  postgres: Pick<Postgres, 'query'>,
  schema: string,
  table: string,
): Promise<readonly KeyColumn[]> {
  const columns = await postgres.query<KeyColumn>(sql`
    select a.attname as name, format_type(a.atttypid, a.atttypmod) as type
    from pg_index i
    join pg_class c on c.oid = i.indrelid
    join pg_namespace n on n.oid = c.relnamespace
    cross join lateral unnest(i.indkey) with ordinality as k (attnum, place)
    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
    where n.nspname = ${schema} and c.relname = ${table} and i.indisprimary
    order by k.place`)
  if (columns.length === 0) throw new Error(`${schema}.${table} has no primary key to page by`)
  return columns
}

/** The values of a key as text. */
type Position = readonly string[]

async function page(
  postgres: Pick<Postgres, 'query'>,
  wish: {
    readonly schema: string
    readonly table: string
    readonly key: readonly KeyColumn[]
    readonly after: Position | undefined
    readonly limit: number
  },
  signal: AbortSignal,
): Promise<readonly { readonly row: string; readonly position: Position }[]> {
  const { schema, table, key, after, limit } = wish
  const columns = key.map(({ name }) => sql.identifier('t', name))
  const beyond =
    after === undefined
      ? sql.empty
      : sql`where (${sql.join(columns)}) > (${sql.join(
          // The type comes from the catalogue of the database itself.
          key.map(({ type }, at) => sql`${after[at] ?? ''}::text::${sql.raw(type)}`),
        )})`
  return await postgres.query(
    sql`
      select row_to_json(t)::text as row,
        array[${sql.join(columns.map((column) => sql`${column}::text`))}] as position
      from ${sql.identifier(schema, table)} t
      ${beyond}
      order by ${sql.join(columns)}
      limit ${limit}`,
    { signal },
  )
}

async function lastMigration(postgres: Pick<Postgres, 'query'>, schema: string): Promise<number> {
  const [last] = await postgres.query<{ file: string }>(
    sql`select file from ${sql.identifier(schema, 'migrations')} order by file desc limit 1`,
  )
  return Number.parseInt(last?.file ?? '0', 10)
}

const printCursor = (position: Position): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url')

function parseCursor(cursor: string, key: readonly KeyColumn[]): Position {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (
      Array.isArray(value) &&
      value.length === key.length &&
      value.every((part) => typeof part === 'string')
    ) {
      return value
    }
  } catch {
    // Not one of ours.
  }
  throw invalid({
    field: 'cursor',
    code: 'cursor_invalid',
    detail: 'That is no cursor of this list.',
  })
}
