import { existsSync } from 'node:fs'
import { open, readFile, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { defineError } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import { type Postgres, type Sql, sql, type Transaction } from '@holdfast/postgres'
import type { Logger } from '@holdfast/telemetry'
import { syncDirectory } from './durable-file.ts'
import type { OperationalTables } from './operational-tables.ts'

export const RestoredTablesRefused = defineError(
  'restored_tables.refused',
  'internal',
  (d: { file: string; reason: string }) =>
    `What a restore left in ${d.file} cannot be taken in: ${d.reason}. Remove it to start without these tables.`,
)

export interface RestoredTables {
  /** `HOLDFAST_RESTORED_DIR` */
  readonly directory: string
  /** Of the service; the files' names begin with it. */
  readonly schema: string
  readonly tables: OperationalTables
}

/** `restored.json`, as the restore writes it. */
interface Restored {
  readonly generation: number
  /** Last migration behind the rows, by `<service>.<table>`. */
  readonly migrations: ReadonlyMap<string, number>
}

/** Lines at a time, and bytes: one may hold the body of a delivery. */
const batchRows = 1_000
const batchBytes = 4 * 1024 * 1024

/**
 * Takes in what a restore left of this service's operational tables, all or nothing, and then removes the files. It runs
 * before the service serves, so that a crash in between repeats it on rows nobody has touched.
 */
export async function loadRestoredTables(
  postgres: Pick<Postgres, 'tx'>,
  log: Pick<EventLog, 'generation'>,
  { directory, schema, tables }: RestoredTables,
  logger: Logger,
): Promise<void> {
  const folder = join(directory, 'tables')
  const fileOf = (table: string): string => join(folder, `${schema}.${table}.jsonl`)
  const found = tables.kept.filter((table) => existsSync(fileOf(table)))
  if (found.length === 0) return
  const { generation, migrations } = await readRestored(join(directory, 'restored.json'))
  if (generation !== log.generation) {
    const reason = `it is of generation ${generation}, and the log of ${log.generation}`
    throw RestoredTablesRefused({ file: directory, reason })
  }

  const wanted = found.filter((table) => tables.notRestored?.[table] === undefined)
  const rows: Record<string, number> = {}
  await postgres.tx(async (tx) => {
    const present = await lastMigration(tx, schema)
    for (const table of wanted) {
      const file = fileOf(table)
      const migration = migrations.get(`${schema}.${table}`) ?? 0
      if (migration > present) {
        const reason = `its rows are of migration ${migration}, and this release ends at ${present}`
        throw RestoredTablesRefused({ file, reason })
      }
      rows[table] = await loadTable(tx, { schema, table, file })
    }
  })
  for (const table of found) await rm(fileOf(table), { force: true })
  await syncDirectory(folder)
  const dropped = found.filter((table) => !wanted.includes(table))
  logger.info({ rows, dropped }, 'operational tables of the restored instance are taken in')
  await removeIfEmpty(directory, folder)
}

/** Whoever takes the last file removes the rest. */
async function removeIfEmpty(directory: string, folder: string): Promise<void> {
  try {
    await rmdir(folder)
    await rm(join(directory, 'restored.json'), { force: true })
    await rmdir(directory)
  } catch {
    // Others have theirs in there still, or were faster; or somebody put something beside it.
  }
}

async function readRestored(path: string): Promise<Restored> {
  const refuse = (reason: string, cause?: unknown) =>
    RestoredTablesRefused({ file: path, reason }, cause)
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw refuse('it cannot be read', error)
  }
  const { format, generation, tables } = Object(value) as Record<string, unknown> // checked below
  if (format !== 1 || typeof generation !== 'number' || !Array.isArray(tables))
    throw refuse('it is not what a restore writes')
  const migrations = new Map<string, number>()
  for (const each of tables) {
    const { name, migration } = Object(each) as Record<string, unknown> // checked here
    if (typeof name !== 'string' || typeof migration !== 'number')
      throw refuse('it is not what a restore writes')
    migrations.set(name, migration)
  }
  return { generation, migrations }
}

async function lastMigration(tx: Transaction, schema: string): Promise<number> {
  const [last] = await tx.query<{ file: string }>(
    sql`select file from ${sql.identifier(schema, 'migrations')} order by file desc limit 1`,
  )
  return Number.parseInt(last?.file ?? '0', 10)
}

interface Place {
  readonly schema: string
  readonly table: string
  readonly file: string
}

/** Answers how many rows there were. Rows that are there already, by their key, stay as they are. */
async function loadTable(tx: Transaction, place: Place): Promise<number> {
  const { schema, table } = place
  const into = sql.identifier(schema, table)
  let columns: readonly string[] | undefined
  let count = 0
  for await (const lines of batches(place.file)) {
    columns ??= await columnsIn(tx, place, lines[0] ?? '')
    const names: Sql = sql.join(columns.map((name) => sql.identifier(name)))
    await tx.execute(sql`
      insert into ${into} (${names}) overriding system value
      select ${names} from json_populate_recordset(null::${into}, ${`[${lines.join(',')}]`}::json)
      on conflict do nothing`)
    count += lines.length
  }
  // What counts by itself goes on behind what came in.
  const counted = await tx.query<{ name: string; sequence: string }>(sql`
    select a.attname as name, pg_get_serial_sequence(${`${schema}.${table}`}, a.attname) as sequence
    from pg_attribute a where a.attrelid = ${`${schema}.${table}`}::regclass and a.attidentity <> ''`)
  for (const { name, sequence } of counted)
    await tx.query(sql`
      select setval(${sequence}::regclass, greatest((select max(${sql.identifier(name)}) from ${into}), 1))`)
  return count
}

/** Columns the rows have and the table still has: what a later release added keeps its default. */
async function columnsIn(tx: Transaction, { schema, table, file }: Place, line: string) {
  const row = parseRow(line, file)
  const there = await tx.query<{ name: string }>(sql`
    select attname as name from pg_attribute
    where attrelid = ${`${schema}.${table}`}::regclass and attnum > 0 and not attisdropped
      and attgenerated = ''`)
  const columns = there.map(({ name }) => name).filter((name) => Object.hasOwn(row, name))
  if (columns.length === 0)
    throw RestoredTablesRefused({ file, reason: 'its rows have no column of the table' })
  return columns
}

function parseRow(line: string, file: string): object {
  let row: unknown
  try {
    row = JSON.parse(line)
  } catch (error) {
    throw RestoredTablesRefused({ file, reason: 'a line is no JSON' }, error)
  }
  if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row
  throw RestoredTablesRefused({ file, reason: 'a line is no row' })
}

async function* batches(file: string): AsyncGenerator<readonly string[]> {
  const handle = await open(file)
  try {
    let lines: string[] = []
    let bytes = 0
    for await (const line of handle.readLines({ encoding: 'utf8', autoClose: false })) {
      if (line === '') continue
      parseRow(line, file)
      lines.push(line)
      bytes += line.length
      if (lines.length < batchRows && bytes < batchBytes) continue
      yield lines
      lines = []
      bytes = 0
    }
    if (lines.length > 0) yield lines
  } finally {
    await handle.close()
  }
}
