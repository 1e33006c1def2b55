import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ClientBase } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { copyLine, type EncodedRow, encoder } from './encode.ts'
import { type Sql, sql } from './sql.ts'
import type { TraceStatement } from './trace-statement.ts'
import { translateError } from './translate-error.ts'
import type { PgType, QueryOptions, Row, Transaction } from './types.ts'

/** Stops what a connection is running. Has to go through another connection. */
export type Cancel = (client: ClientBase) => void

const copyChunkBytes = 64 * 1024

async function* copyChunks(
  columns: Readonly<Record<string, PgType>>,
  rows: Iterable<Row | EncodedRow> | AsyncIterable<Row | EncodedRow>,
  count: { rows: number },
): AsyncGenerator<Buffer> {
  const encode = encoder(columns)
  let text = ''
  for await (const row of rows) {
    count.rows++
    text += copyLine(encode(row))
    if (text.length >= copyChunkBytes) {
      yield Buffer.from(text)
      text = ''
    }
  }
  if (text !== '') yield Buffer.from(text)
}

/** Runs `work`, cancelling it on the server when the signal fires. */
export async function cancellable<T>(
  client: ClientBase,
  cancel: Cancel,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const onAbort = () => cancel(client)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await work()
  } catch (error) {
    throw translateError(error, signal)
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

/** Statements on one connection, each under a span of its own while somebody collects them. */
export function statementsOn(
  client: ClientBase,
  cancel: Cancel,
  trace: TraceStatement,
  outer?: AbortSignal,
): Transaction {
  const run = (statement: Sql, options?: QueryOptions) => {
    const { text } = statement
    return trace(text, () =>
      cancellable(client, cancel, options?.signal ?? outer, () =>
        client.query({ text, values: [...statement.values] }),
      ),
    )
  }
  return {
    async query<R extends object>(statement: Sql, options?: QueryOptions) {
      const { rows } = await run(statement, options)
      return rows as R[] // the caller names the columns it selected
    },
    async execute(statement, options) {
      return (await run(statement, options)).rowCount ?? 0
    },
    async script(text) {
      await cancellable(client, cancel, outer, () => client.query(text))
    },
    async copyIn(table, columns, rows, options = {}) {
      const names = sql.join(Object.keys(columns).map((name) => sql.identifier(name)))
      const freeze = options.freeze ? sql.raw(' (freeze)') : sql.empty
      const statement = sql`copy ${table} (${names}) from stdin${freeze}`
      const count = { rows: 0 }
      await trace(statement.text, () =>
        cancellable(client, cancel, outer, async () => {
          const stream = client.query(copyFrom(statement.text))
          await pipeline(Readable.from(copyChunks(columns, rows, count)), stream)
        }),
      )
      return count.rows
    },
  }
}
