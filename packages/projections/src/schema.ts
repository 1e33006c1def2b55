import {
  type Postgres,
  pastOf,
  type Queryable,
  type Sql,
  sql,
  type Transaction,
  versionsOf,
} from '@holdfast/postgres'
import { allBuilds, type Build, prepareLedger, removeBuild, setState } from './ledger.ts'
import type { Projection, TableSpec } from './types.ts'
import { versionColumns, versionsTable } from './versions.ts'

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
  for (const { name, columns } of projection.tables.flatMap(storedTables)) {
    const typed = Object.entries(columns).map(
      ([column, type]) => sql`${sql.identifier(column)} ${sql.raw(type)}`,
    )
    await tx.execute(sql`create table ${sql.identifier(schema, name)} (${sql.join(typed)})`)
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
  for (const spec of projection.tables.flatMap(storedTables)) {
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
 * What is stored for a table: itself, and its versions when it is temporal. Every index of those ends in when a
 * version held, so that what no longer or not yet holds is passed over inside the index; the last two serve early and
 * late moments, when few versions had begun or few have ended.
 */
export function storedTables(table: TableSpec): readonly TableSpec[] {
  if (!table.isTemporal) return [table]
  const versions: TableSpec = {
    ...table,
    name: versionsTable(table),
    columns: versionColumns(table),
    key: [...table.key, 'valid_to', 'valid_from'],
    indexes: [
      ...(table.indexes ?? []).map(withValidity),
      '(valid_from, valid_to)',
      '(valid_to, valid_from)',
    ],
  }
  return [table, versions]
}

/** `(lower(name), id) where …` becomes `(lower(name), id, valid_to, valid_from) where …`; other kinds of index stay. */
export function withValidity(index: string): string {
  if (!index.startsWith('(')) return index
  let depth = 0
  for (const { 0: token, index: at } of index.matchAll(/'[^']*'|"[^"]*"|[()]/g)) {
    if (token === '(') depth++
    else if (token === ')') depth--
    if (depth === 0) return `${index.slice(0, at)}, valid_to, valid_from${index.slice(at)}`
  }
  return index
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
    else if (other.state !== 'filling') await discardBuild(tx, service, other)
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
  for (const table of projection.tables) {
    const { name, columns } = table
    const view = sql.identifier(service, name)
    const names = sql.join(Object.keys(columns).map((column) => sql.identifier(column)))
    await tx.execute(sql`drop view if exists ${view}`)
    await tx.execute(sql`
      create view ${view} with (security_invoker = true) as
      select ${names} from ${sql.identifier(build.schema, name)}`)
    await tx.execute(sql`grant select on ${view} to ${sql.identifier(readerRole)}`)
    await showVersions(tx, service, table, build, readerRole)
    await showPast(tx, service, table, build)
  }
}

/** The view `versionsOf` names: every version, for questions about the history of rows. */
async function showVersions(
  tx: Transaction,
  service: string,
  table: TableSpec,
  build: Build,
  readerRole: string,
): Promise<void> {
  const view = versionsOf(service, table.name)
  await tx.execute(sql`drop view if exists ${view}`)
  if (!table.isTemporal) return
  const names = sql.join(Object.keys(versionColumns(table)).map((column) => sql.identifier(column)))
  await tx.execute(sql`
    create view ${view} with (security_invoker = true) as
    select ${names} from ${sql.identifier(build.schema, versionsTable(table))}`)
  await tx.execute(sql`grant select on ${view} to ${sql.identifier(readerRole)}`)
}

/**
 * The function `relation` names. Plain enough for the planner to put its body in its place, so that conditions,
 * order and row-level security meet the indexes of the versions.
 */
async function showPast(
  tx: Transaction,
  service: string,
  table: TableSpec,
  build: Build,
): Promise<void> {
  const past = sql`${sql.identifier(service, pastOf(table.name))}(bigint)`
  if (!table.isTemporal) {
    await tx.execute(sql`drop function if exists ${past}`)
    return
  }
  // Replaced in place where it can be: who is about to call it has looked it up already.
  if (!(await hasSameColumns(tx, service, table))) {
    await tx.execute(sql`drop function if exists ${past}`)
  }
  const names = Object.keys(table.columns).map((column) => sql.identifier(column).text)
  const typed = Object.entries(table.columns).map(
    ([column, type]) => `${sql.identifier(column).text} ${type}`,
  )
  await tx.script(`
    create or replace function ${sql.identifier(service, pastOf(table.name)).text}(bigint)
    returns table (${typed.join(', ')}) language sql stable parallel safe as $body$
      select ${names.join(', ')} from ${sql.identifier(build.schema, versionsTable(table)).text}
      where valid_from <= $1 and valid_to > $1
    $body$`)
}

async function hasSameColumns(tx: Queryable, service: string, table: TableSpec): Promise<boolean> {
  const [row] = await tx.query<{ is_same: boolean }>(sql`
    select p.proargnames[2:] = ${Object.keys(table.columns)}::text[]
      and p.proallargtypes[2:] = (
        select array_agg(to_regtype(t.name)::oid order by t.place)
        from unnest(${Object.values(table.columns)}::text[]) with ordinality as t (name, place)
      ) as is_same
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = ${service} and p.proname = ${pastOf(table.name)}`)
  return row?.is_same === true
}

/** Whether readers see this build under all its names. */
export async function hasViews(
  tx: Queryable,
  service: string,
  projection: Projection,
  build: Build,
): Promise<boolean> {
  const rows = await tx.query<{ shown: string }>(sql`
    select view_name as shown from information_schema.view_table_usage
    where view_schema = ${service} and table_schema = ${build.schema} and table_name = view_name
    union all
    select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = ${service} and position(${`"${build.schema}".`} in p.prosrc) > 0`)
  const shown = new Set(rows.map((row) => row.shown))
  return projection.tables.every(
    ({ name, isTemporal }) => shown.has(name) && (!isTemporal || shown.has(pastOf(name))),
  )
}

export async function discardBuild(tx: Queryable, service: string, build: Build): Promise<void> {
  await tx.execute(sql`drop schema if exists ${sql.identifier(build.schema)} cascade`)
  await removeBuild(tx, service, build)
}

/** Drops what somebody was making and no longer is. Only for who holds the projector's lock. */
export async function dropUnfinished(tx: Queryable, service: string): Promise<void> {
  for (const build of await allBuilds(tx, service)) {
    if (build.state === 'filling') await discardBuild(tx, service, build)
  }
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
