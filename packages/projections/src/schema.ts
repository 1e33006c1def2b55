import { type Postgres, type Queryable, type Sql, sql, type Transaction } from '@holdfast/postgres'
import { allBuilds, type Build, prepareLedger, removeBuild, setState } from './ledger.ts'
import type { Projection, TableSpec } from './types.ts'

/** `network_peers_v1_2`: projection, version, build. */
export function schemaName(service: string, projection: Projection, build: number): string {
  const [context, model] = projection.name.split('.')
  const prefix = context === service ? service : `${service}_${context}`
  const name = `${prefix}_${model}_v${projection.version}_${build}`
  if (name.length > 63) throw new Error(`projection ${projection.name}: the name is too long`)
  return name
}

/** A number no build has, not even one whose ledger entry somebody deleted. */
export async function nextBuild(
  tx: Queryable,
  service: string,
  projection: Projection,
): Promise<number> {
  const known = (await allBuilds(tx, service, projection.name)).map(({ build }) => build)
  const stem = schemaName(service, projection, 0).slice(0, -1)
  const schemas = await tx.query<{ name: string }>(
    sql`select nspname as name from pg_namespace where starts_with(nspname, ${stem})`,
  )
  const numbers = schemas
    .map(({ name }) => Number(name.slice(stem.length)))
    .filter(Number.isInteger)
  return Math.max(0, ...known, ...numbers) + 1
}

/** Bare tables, fastest to fill. */
export async function createTables(
  tx: Transaction,
  schema: string,
  projection: Projection,
): Promise<void> {
  await tx.execute(sql`create schema ${sql.identifier(schema)}`)
  for (const table of projection.tables) {
    const columns = Object.entries(table.columns).map(
      ([name, type]) => sql`${sql.identifier(name)} ${sql.raw(type)}`,
    )
    await tx.execute(sql`create table ${sql.identifier(schema, table.name)} (${sql.join(columns)})`)
  }
}

/** Keys, indexes, policies and grants, once the rows are in. */
export async function finishTables(
  tx: Transaction,
  schema: string,
  projection: Projection,
  readerRole: string,
): Promise<void> {
  const reader = sql.identifier(readerRole)
  for (const spec of projection.tables) {
    const table = sql.identifier(schema, spec.name)
    const key = sql.join(spec.key.map((column) => sql.identifier(column)))
    await tx.execute(sql`alter table ${table} add primary key (${key})`)
    for (const index of spec.indexes ?? []) {
      await tx.execute(sql`create index on ${table} ${sql.raw(index)}`)
    }
    await tx.execute(sql`alter table ${table} enable row level security`)
    await tx.execute(
      sql`create policy scope on ${table} for select to ${reader} using (${visible(spec)})`,
    )
    await tx.execute(sql`grant select on ${table} to ${reader}`)
    await tx.execute(sql`analyze ${table}`)
  }
  await tx.execute(sql`grant usage on schema ${sql.identifier(schema)} to ${reader}`)
}

/**
 * A row is there for readers of all organizations, and for readers of its own. Sub-selects, so that the setting
 * is read once a query instead of once a row.
 */
function visible(table: TableSpec): Sql {
  const setting = sql.raw(`current_setting('holdfast.organizations', true)`)
  const all = sql`(select ${setting}) = '*'`
  if (table.organizationColumn === undefined) return all
  const type = sql.raw(`${table.columns[table.organizationColumn]}[]`)
  const ids = sql`string_to_array(nullif(nullif(${setting}, '*'), ''), ',')`
  return sql`${all} or ${sql.identifier(table.organizationColumn)} = any ((select ${ids}::${type})::${type})`
}

/**
 * Shows a build to readers and keeps the one shown before as `previous`. Runs in one transaction: a query sees
 * the old rows or the new ones. Whatever was `previous` until now is dropped.
 */
export async function switchTo(
  tx: Transaction,
  service: string,
  projection: Projection,
  build: Build,
  readerRole: string,
): Promise<void> {
  for (const other of await allBuilds(tx, service, build.name)) {
    if (other.build === build.build) continue
    if (other.state === 'live') await setState(tx, service, other, 'previous')
    else await discardBuild(tx, service, other)
  }
  await setState(tx, service, build, 'live')
  await showViews(tx, service, projection, build, readerRole)
}

export async function showViews(
  tx: Transaction,
  service: string,
  projection: Projection,
  build: Build,
  readerRole: string,
): Promise<void> {
  for (const { name, columns } of projection.tables) {
    const view = sql.identifier(service, name)
    const names = sql.join(Object.keys(columns).map((column) => sql.identifier(column)))
    await tx.execute(sql`drop view if exists ${view}`)
    await tx.execute(sql`
      create view ${view} with (security_invoker = true) as
      select ${names} from ${sql.identifier(build.schema, name)}`)
    await tx.execute(sql`grant select on ${view} to ${sql.identifier(readerRole)}`)
  }
}

/** Whether readers see this build under all its names. */
export async function hasViews(
  tx: Queryable,
  service: string,
  projection: Projection,
  build: Build,
): Promise<boolean> {
  const rows = await tx.query<{ view_name: string }>(sql`
    select view_name from information_schema.view_table_usage
    where view_schema = ${service} and table_schema = ${build.schema} and table_name = view_name`)
  const shown = new Set(rows.map((row) => row.view_name))
  return projection.tables.every(({ name }) => shown.has(name))
}

export async function discardBuild(tx: Queryable, service: string, build: Build): Promise<void> {
  await tx.execute(sql`drop schema if exists ${sql.identifier(build.schema)} cascade`)
  await removeBuild(tx, service, build)
}

/**
 * Drops all read models of a service; the next start makes them again from the log. Not for a running projector.
 */
export async function dropReadModels(postgres: Postgres, service: string): Promise<void> {
  await postgres.tx(async (tx) => {
    await prepareLedger(tx, service)
    for (const build of await allBuilds(tx, service)) await discardBuild(tx, service, build)
  })
}
