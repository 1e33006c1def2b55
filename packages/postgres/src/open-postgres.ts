import { span, type Telemetry } from '@holdfast/telemetry'
import pg from 'pg'
import { watchPool } from './pool-metrics.ts'
import { sql } from './sql.ts'
import { type Cancel, cancellable, statementsOn } from './statements.ts'
import { databaseAttributes, type TraceStatement, traceStatement } from './trace-statement.ts'
import { errorCode, isConnectionError, translateError } from './translate-error.ts'
import type { Postgres, ReadScope, Session, Transaction, TxOptions } from './types.ts'

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, or with `?host=/socket/directory`. */
  readonly url: { reveal(): string }
  /** Connections of the pool. Default 8. */
  readonly max?: number
  /** As `application_name` and as label of the pool's metrics. */
  readonly name: string
  readonly telemetry: Telemetry
  /** Longest statement. Default 30 s; 0 is no limit. */
  readonly statementTimeoutMs?: number
  /** Longest wait for a connection, new or from the pool. Default 25 s. */
  readonly connectTimeoutMs?: number
  /** NOLOGIN role `read` takes. Default: the login role's name followed by `_reader`. */
  readonly readerRole?: string
}

const int8Oid = 20
const int8ArrayOid = 1016
/** Array elements of int8 need no quotes, so the literal splits at its commas. */
const parseInt8Array = (text: string): bigint[] =>
  text === '{}' ? [] : text.slice(1, -1).split(',').map(BigInt)

/** Our own parsers, for our own connections: the process-wide ones stay as they are. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') => {
    if (oid === int8Oid) return BigInt
    if (oid === int8ArrayOid) return parseInt8Array
    return pg.types.getTypeParser(oid, format)
  }) as typeof pg.types.getTypeParser, // pg declares one overload per format; we only read text
}

const organizationId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The scope as the setting row-level security reads. It stands in a statement, so only ids get through. */
function scopeSetting({ organizations }: ReadScope): string {
  if (organizations === '*') return '*'
  for (const id of organizations) {
    if (!organizationId.test(id)) throw new Error('a read scope holds organization ids only')
  }
  return organizations.join(',')
}

/** Opens a pool. Connections are made when needed; a server that is away shows as `postgres.unavailable`. */
export function openPostgres(options: PostgresOptions): Postgres {
  const { telemetry, name } = options
  const url = options.url.reveal()
  const user = new URL(url).username
  const readerRole = options.readerRole ?? `${decodeURIComponent(user)}_reader`
  const config: pg.ClientConfig = {
    connectionString: url,
    application_name: `holdfast-${name}`,
    // Also how long a call may queue for a connection: a burst is served late rather than refused.
    connectionTimeoutMillis: options.connectTimeoutMs ?? 25_000,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
    types,
  }
  const pool = new pg.Pool({ ...config, max: options.max ?? 8, idleTimeoutMillis: 30_000 })
  // An idle connection that dies has nobody waiting for it; the next user gets a fresh one. They die together.
  let isAway = false
  pool.on('error', (error) => {
    if (!isAway) telemetry.log.warn({ code: errorCode(error) }, 'postgres: connections lost')
    isAway = true
  })
  pool.on('connect', () => {
    isAway = false
  })
  const unwatch = watchPool(pool, name, telemetry.registry)

  const attributes = databaseAttributes(url)
  const trace = traceStatement(telemetry.tracer, attributes)

  const cancel: Cancel = (client) => {
    if (!('processID' in client)) return
    const helper = new pg.Client(config)
    helper.on('error', () => {})
    helper
      .connect()
      .then(() => helper.query('select pg_cancel_backend($1)', [client.processID]))
      .catch((error: unknown) => telemetry.log.debug({ err: error }, 'postgres: cancel failed'))
      .finally(() => void helper.end().catch(() => {}))
  }

  async function withClient<T>(
    signal: AbortSignal | undefined,
    work: (client: pg.PoolClient) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted()
    const client = await pool.connect().catch((error: unknown) => {
      throw translateError(error, signal)
    })
    // While borrowed, the loss shows as the statement's own error; without a listener it would end the process.
    const onError = () => {}
    client.on('error', onError)
    let broken: Error | undefined
    try {
      return await work(client)
    } catch (error) {
      if (isConnectionError(error) || isConnectionError(causeOf(error))) broken = asError(error)
      throw error
    } finally {
      client.off('error', onError)
      client.release(broken)
    }
  }

  async function transaction<T>(
    client: pg.ClientBase,
    begin: string,
    signal: AbortSignal | undefined,
    fn: (tx: Transaction) => Promise<T>,
  ): Promise<T> {
    await cancellable(client, cancel, signal, () => client.query(begin))
    try {
      const result = await fn(statementsOn(client, cancel, trace, signal))
      signal?.throwIfAborted()
      // Not cancellable: once asked to commit we want to know.
      await cancellable(client, cancel, undefined, () => client.query('commit'))
      return result
    } catch (error) {
      // A connection that cannot even roll back is thrown away by its owner.
      await client.query('rollback').catch(() => {})
      throw error
    }
  }

  const tx = <T>(fn: (tx: Transaction) => Promise<T>, how: TxOptions = {}): Promise<T> =>
    span(telemetry.tracer, 'postgres transaction', attributes, () =>
      withClient(how.signal, (client) => transaction(client, beginText(how), how.signal, fn)),
    )

  return {
    readerRole,
    tx,
    query: (statement, how) =>
      withClient(how?.signal, (client) =>
        statementsOn(client, cancel, trace).query(statement, how),
      ),
    execute: (statement, how) =>
      withClient(how?.signal, (client) =>
        statementsOn(client, cancel, trace).execute(statement, how),
      ),
    read: async (scope, fn, how) => {
      // One round trip: as a simple query the three go together, and fail together.
      const begin = [
        'begin isolation level repeatable read read only',
        `set local role ${sql.identifier(readerRole).text}`,
        `set local holdfast.organizations = '${scopeSetting(scope)}'`,
      ].join(';')
      return span(telemetry.tracer, 'postgres read', attributes, () =>
        asSoonAsRead(fn, (work) =>
          withClient(how?.signal, (client) => transaction(client, begin, how?.signal, work)),
        ),
      )
    },
    session: () =>
      openSession(config, cancel, trace, (client, how, fn) =>
        span(telemetry.tracer, 'postgres transaction', attributes, () =>
          transaction(client, beginText(how), how.signal, fn),
        ),
      ),
    async close() {
      unwatch()
      await pool.end()
    },
  }
}

/** What was read in one snapshot holds, whatever becomes of the commit: it is not waited for. */
function asSoonAsRead<T>(
  fn: (tx: Transaction) => Promise<T>,
  run: (work: (tx: Transaction) => Promise<void>) => Promise<void>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    run(async (tx) => resolve(await fn(tx))).catch(reject)
  })
}

function beginText(how: TxOptions): string {
  const parts = [`begin${how.isolation ? ` isolation level ${how.isolation}` : ''}`]
  if (how.readOnly) parts[0] += ' read only'
  if (how.statementTimeoutMs !== undefined) {
    parts.push(`set local statement_timeout = ${Math.trunc(how.statementTimeoutMs)}`)
  }
  return parts.join(';')
}

const causeOf = (error: unknown): unknown => (error instanceof Error ? error.cause : undefined)

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error('broken'))

async function openSession(
  config: pg.ClientConfig,
  cancel: Cancel,
  trace: TraceStatement,
  run: <T>(
    client: pg.ClientBase,
    how: TxOptions,
    fn: (tx: Transaction) => Promise<T>,
  ) => Promise<T>,
): Promise<Session> {
  const client = new pg.Client({ ...config, idle_in_transaction_session_timeout: 0 })
  const lost = new AbortController()
  const onLost = () => lost.abort(translateError(new Error('Connection terminated')))
  client.on('error', onLost)
  client.on('end', onLost)
  await client.connect().catch((error: unknown) => {
    throw translateError(error)
  })
  return {
    ...statementsOn(client, cancel, trace),
    tx: (fn, how = {}) => run(client, how, fn),
    lost: lost.signal,
    close: async () => {
      await client.end().catch(() => {}) // gone already is closed too
    },
  }
}
