import { createHmac } from 'node:crypto'
import { Secret } from '@holdfast/config'
import pg from 'pg'
import { scramVerifier, verifierMatches } from './scram.ts'

/** How the administrator reaches the server. */
export interface AdminAccess {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: Secret
}

const serviceName = /^[a-z][a-z0-9_]{0,30}$/
const databaseName = /^[a-z][a-z0-9_]{0,50}$/

/** Follows from the administrator's, so that it need not be kept and stays the same over restarts. */
const passwordOf = (access: AdminAccess, service: string): string =>
  createHmac('sha256', access.password.reveal()).update(`role ${service}`).digest('base64url')

/** A socket directory stands in the query, because a URL has no place for it. */
export function postgresUrl(
  access: { readonly host: string; readonly port: number },
  user: string,
  password: string,
  database: string,
): Secret {
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`
  return access.host.startsWith('/')
    ? new Secret(
        `postgres://${login}@localhost:${access.port}/${database}?host=${encodeURIComponent(access.host)}`,
      )
    : new Secret(`postgres://${login}@${access.host}:${access.port}/${database}`)
}

export async function withAdmin<T>(
  access: AdminAccess,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    host: access.host,
    port: access.port,
    user: access.user,
    password: access.password.reveal(),
    database,
    connectionTimeoutMillis: 5_000,
  })
  client.on('error', () => {}) // a statement that was waiting reports it
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

/**
 * One database; for each service a login role `holdfast_<service>`, a schema of its own and the role
 * `holdfast_<service>_reader` its queries run as. No role sees into another's schema. With `audit` comes
 * `holdfast_reader`, which people use with psql and audit lets see its `connection_logs`.
 *
 * May run again at every start: what is there stays. Returns connection URLs by service, and that of `reader`.
 */
export async function ensureDatabase(
  access: AdminAccess,
  options: { readonly services: readonly string[]; readonly database?: string },
): Promise<Readonly<Record<string, Secret>>> {
  const database = options.database ?? 'holdfast'
  if (!databaseName.test(database)) throw new Error(`${database}: not a database name`)
  for (const service of options.services) {
    if (!serviceName.test(service)) throw new Error(`${service}: not a service name`)
  }

  await withAdmin(access, 'postgres', async (client) => {
    const found = await client.query('select 1 from pg_database where datname = $1', [database])
    if (found.rowCount === 0) await client.query(`create database ${database}`)
  })
  return withAdmin(access, database, async (client) => {
    // Schema public and temporary tables belong to nobody; services are let in one by one.
    await client.query(
      `revoke all on database ${database} from public; revoke all on schema public from public`,
    )
    const urls: Record<string, Secret> = {}
    for (const service of options.services) {
      const password = passwordOf(access, service)
      await ensureService(client, database, service, password)
      urls[service] = postgresUrl(access, `holdfast_${service}`, password, database)
    }
    if (options.services.includes('audit')) {
      const password = passwordOf(access, 'reader')
      await ensureReader(client, database, password)
      urls['reader'] = postgresUrl(access, 'holdfast_reader', password, database)
    }
    return urls
  })
}

async function ensureService(
  client: pg.Client,
  database: string,
  service: string,
  password: string,
): Promise<void> {
  const role = `holdfast_${service}`
  const reader = `${role}_reader`
  const { rows } = await client.query<{ rolname: string; rolpassword: string | null }>(
    'select rolname, rolpassword from pg_authid where rolname = any($1)',
    [[role, reader]],
  )
  const roles = new Map(rows.map((row) => [row.rolname, row.rolpassword ?? '']))
  if (!roles.has(role)) await client.query(`create role ${role} login`)
  if (!roles.has(reader)) await client.query(`create role ${reader} nologin`)
  if (!verifierMatches(roles.get(role) ?? '', password)) {
    await client.query(`alter role ${role} password '${scramVerifier(password)}'`)
  }
  // Temporary tables carry bulk loads; `create` is for the versioned schemas of read models.
  await client.query(`
    begin;
    grant connect, create, temporary on database ${database} to ${role};
    grant ${reader} to ${role} with inherit false, set true;
    create schema if not exists ${service} authorization ${role};
    grant usage on schema ${service} to ${reader};
    alter role ${role} in database ${database} set search_path = ${service};
    commit`)
}

/** A login for people: it may look at what a service grants it, a minute at a time, and leave nothing behind. */
async function ensureReader(client: pg.Client, database: string, password: string): Promise<void> {
  const { rows } = await client.query<{ rolpassword: string | null }>(
    "select rolpassword from pg_authid where rolname = 'holdfast_reader'",
  )
  const [role] = rows
  if (!role) await client.query('create role holdfast_reader login')
  if (!verifierMatches(role?.rolpassword ?? '', password)) {
    await client.query(`alter role holdfast_reader password '${scramVerifier(password)}'`)
  }
  await client.query(`
    begin;
    alter role holdfast_reader connection limit 5;
    alter role holdfast_reader set default_transaction_read_only = on;
    alter role holdfast_reader set statement_timeout = '60s';
    alter role holdfast_reader set idle_in_transaction_session_timeout = '60s';
    alter role holdfast_reader set temp_file_limit = '2GB';
    grant connect on database ${database} to holdfast_reader;
    alter role holdfast_reader in database ${database} set search_path = audit;
    commit`)
}
