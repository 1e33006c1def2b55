import { createHash } from 'node:crypto'
import { type Checkpoint, type Commit, commitHash } from '@holdfast/event-log'
import { type Queryable, sql, type Transaction, unnest } from '@holdfast/postgres'
import type { Projection } from './types.ts'
import { versionsTable } from './versions.ts'

/**
 * Which tables hold a projection's rows, and how far they follow the log.
 *
 * A build is one set of tables in a schema of its own. `live`: the views show it. `building`: complete up to its
 * checkpoint, waiting to become live. `previous`: what was live before, kept for the way back until the next build.
 * `filling`: a rebuild too large for memory or a comparison is at work on it, or died there; a start drops it.
 */
export interface Build {
  readonly name: string
  readonly build: number
  readonly version: number
  readonly schema: string
  readonly state: 'live' | 'building' | 'previous' | 'filling'
  readonly checkpoint: Checkpoint
}

/** Before the first commit. */
export const origin: Checkpoint = { sequence: 0n, hash: new Uint8Array() }

export const checkpointAt = (commit: Commit): Checkpoint => ({
  sequence: commit.sequence,
  hash: commitHash(commit),
})

/** Names no table of a projection can have. */
export const reservedNames: ReadonlySet<string> = new Set(['projections', 'migrations'])

const ledger = (service: string) => sql.identifier(service, 'projections')

/** Several instances may do this at once. */
export async function prepareLedger(tx: Transaction, service: string): Promise<void> {
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtext('holdfast ledger'), hashtext(${service}::text))`,
  )
  await tx.execute(sql`
    create table if not exists ${ledger(service)} (
      name text not null,
      build integer not null,
      version integer not null,
      tables_hash bytea not null,
      schema_name text not null unique,
      state text not null check (state in ('live', 'building', 'previous', 'filling')),
      sequence bigint not null,
      commit_hash bytea not null,
      built_at timestamptz not null default now(),
      primary key (name, build)
    )`)
  await tx.execute(sql`
    create unique index if not exists projections_live on ${ledger(service)} (name) where state = 'live'`)
}

/** Changes of the tables that came without a new version show in this. */
export function tablesHash(projection: Projection): Buffer {
  const shape = projection.tables.map((table) => [
    table.name,
    Object.entries(table.columns),
    table.key,
    table.organizationColumn ?? null,
    table.indexes ?? [],
    ...(table.isTemporal ? ['temporal'] : []),
  ])
  return createHash('sha256').update(JSON.stringify(shape)).digest()
}

interface Row {
  name: string
  build: number
  version: number
  tables_hash: Buffer
  schema_name: string
  state: Build['state']
  sequence: bigint
  commit_hash: Buffer
}

const asBuild = (row: Row): Build => ({
  name: row.name,
  build: row.build,
  version: row.version,
  schema: row.schema_name,
  state: row.state,
  checkpoint: { sequence: row.sequence, hash: row.commit_hash },
})

/** Builds of this version and shape whose tables are all there, newest first. Somebody may have dropped some. */
export async function usableBuilds(
  tx: Queryable,
  service: string,
  projection: Projection,
): Promise<readonly Build[]> {
  const tables = projection.tables.flatMap((table) =>
    table.isTemporal ? [table.name, versionsTable(table)] : [table.name],
  )
  const rows = await tx.query<Row>(sql`
    select * from ${ledger(service)}
    where name = ${projection.name} and version = ${projection.version}
      and tables_hash = ${tablesHash(projection)}
      and ${tables.length} = (
        select count(*) from pg_tables where schemaname = schema_name and tablename = any (${tables}))
    order by build desc`)
  return rows.map(asBuild)
}

/** All builds of a projection, whatever their version. */
export async function allBuilds(
  tx: Queryable,
  service: string,
  name?: string,
): Promise<readonly Build[]> {
  const rows = await tx.query<Row>(
    name === undefined
      ? sql`select * from ${ledger(service)} order by name, build`
      : sql`select * from ${ledger(service)} where name = ${name} order by build`,
  )
  return rows.map(asBuild)
}

export async function addBuild(
  tx: Queryable,
  service: string,
  projection: Projection,
  build: Build,
): Promise<void> {
  await tx.execute(sql`
    insert into ${ledger(service)}
      (name, build, version, tables_hash, schema_name, state, sequence, commit_hash)
    values (${build.name}, ${build.build}, ${build.version}, ${tablesHash(projection)},
      ${build.schema}, ${build.state}, ${build.checkpoint.sequence}, ${build.checkpoint.hash})`)
}

export async function setState(
  tx: Queryable,
  service: string,
  build: Build,
  state: Build['state'],
): Promise<void> {
  await tx.execute(sql`
    update ${ledger(service)} set state = ${state}
    where name = ${build.name} and build = ${build.build}`)
}

export async function removeBuild(tx: Queryable, service: string, build: Build): Promise<void> {
  await tx.execute(sql`
    delete from ${ledger(service)} where name = ${build.name} and build = ${build.build}`)
}

export interface Advance {
  readonly build: Build
  readonly from: Checkpoint
  readonly to: Checkpoint
}

/**
 * Moves checkpoints in the transaction that writes the rows. False when one was not where we left it: another
 * process is at work, and nothing of this may be committed.
 */
export async function advance(
  tx: Transaction,
  service: string,
  advances: readonly Advance[],
): Promise<boolean> {
  const moves = unnest(
    { name: 'text', build: 'integer', sequence: 'bigint', hash: 'bytea', was: 'bigint' },
    advances.map(({ build, from, to }) => ({
      name: build.name,
      build: build.build,
      sequence: to.sequence,
      hash: to.hash,
      was: from.sequence,
    })),
  )
  const moved = await tx.execute(sql`
    update ${ledger(service)} p set sequence = u.sequence, commit_hash = u.hash
    from ${moves} u where p.name = u.name and p.build = u.build and p.sequence = u.was`)
  return moved === advances.length
}
