import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MigrationEdited, MigrationMissing } from './errors.ts'
import { sql } from './sql.ts'
import type { Postgres, Transaction } from './types.ts'

export interface Migrated {
  /** Files run now, in order. */
  readonly applied: readonly string[]
  /** Those of them the previous release cannot live with: their first line is `--! breaking`. */
  readonly breaking: readonly string[]
}

interface Migration {
  readonly file: string
  readonly text: string
  readonly hash: Buffer
  readonly isBreaking: boolean
}

/** `0001_peers.sql` */
const fileName = /^\d{4}_[a-z0-9_]+\.sql$/

/**
 * Runs the `.sql` files of a directory that have not run yet, oldest first, each in one transaction.
 *
 * Forward only. The ledger keeps the hash of each file: one that was edited or removed since stops the start
 * with `postgres.migration_edited` or `postgres.migration_missing`. Several instances may start at once; one migrates, the others wait.
 */
export async function migrate(
  postgres: Postgres,
  directory: string,
  options: { readonly schema: string },
): Promise<Migrated> {
  const { schema } = options
  const migrations = await readMigrations(directory)
  const applied: string[] = []
  const breaking: string[] = []
  await prepare(postgres, schema)

  for (const migration of migrations) {
    const ran = await postgres.tx(
      async (tx) => {
        // Held until the transaction ends: whoever comes second finds the file in the ledger.
        await lock(tx, schema)
        const [known] = await tx.query<{ hash: Buffer }>(
          sql`select hash from ${ledger(schema)} where file = ${migration.file}`,
        )
        if (known) {
          if (!known.hash.equals(migration.hash)) {
            throw MigrationEdited({ file: migration.file, schema })
          }
          return false
        }
        await tx.script(`set local search_path = ${sql.identifier(schema).text}, pg_catalog`)
        await tx.script(migration.text)
        await tx.execute(
          sql`insert into ${ledger(schema)} (file, hash) values (${migration.file}, ${migration.hash})`,
        )
        return true
      },
      { statementTimeoutMs: 0 },
    )
    if (ran) {
      applied.push(migration.file)
      if (migration.isBreaking) breaking.push(migration.file)
    }
  }
  await refuseUnknown(postgres, schema, migrations)
  return { applied, breaking }
}

const ledger = (schema: string) => sql.identifier(schema, 'migrations')

const lock = (tx: Transaction, schema: string) =>
  tx.execute(
    sql`select pg_advisory_xact_lock(hashtext('holdfast migrate'), hashtext(${schema}::text))`,
  )

async function readMigrations(directory: string): Promise<Migration[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort()
  return Promise.all(
    files.map(async (file) => {
      if (!fileName.test(file)) {
        throw new Error(`${join(directory, file)}: migrations are named like 0001_peers.sql`)
      }
      const text = await readFile(join(directory, file), 'utf8')
      const hash = createHash('sha256').update(text).digest()
      return { file, text, hash, isBreaking: text.startsWith('--! breaking') }
    }),
  )
}

async function prepare(postgres: Postgres, schema: string): Promise<void> {
  await postgres.tx(async (tx) => {
    await lock(tx, schema) // `create if not exists` alone is no protection against another one
    const [found] = await tx.query(sql`select 1 from pg_namespace where nspname = ${schema}`)
    if (!found) await tx.execute(sql`create schema ${sql.identifier(schema)}`)
    await tx.execute(sql`
      create table if not exists ${ledger(schema)} (
        file text primary key,
        hash bytea not null,
        ran_at timestamptz not null default now()
      )`)
  })
}

async function refuseUnknown(
  postgres: Postgres,
  schema: string,
  migrations: readonly Migration[],
): Promise<void> {
  const known = new Set(migrations.map(({ file }) => file))
  const rows = await postgres.query<{ file: string }>(
    sql`select file from ${ledger(schema)} order by file`,
  )
  const missing = rows.find(({ file }) => !known.has(file))
  if (missing) throw MigrationMissing({ file: missing.file, schema })
}
