import { setTimeout as pause } from 'node:timers/promises'
import { accessStream, type EventLog, type TelemetryBatch } from '@holdfast/event-log'
import { isDataError, type Postgres, type Session, sql } from '@holdfast/postgres'
import type { Logger } from '@holdfast/telemetry'
import { startOf } from '../entries/position.ts'
import { type AccessWriter, PositionMoved } from './access-writer.ts'

export interface AccessFeed {
  /** Finishes the write at hand. */
  stop(): Promise<void>
}

interface FeedParts {
  readonly log: Pick<EventLog, 'follow'>
  readonly postgres: Postgres
  readonly logger: Logger
  readonly writer: AccessWriter
  /** 0 is without end. */
  readonly retentionMs: number
  readonly sweepEveryMs?: number
  /** ms since 1970. */
  readonly now: () => number
}

const leadEveryMs = 5_000
const firstRetryMs = 250
const lastRetryMs = 15_000
const usualSweepMs = 600_000
/** Rows of one statement: short enough that nobody waits for it. */
const sweepRows = 5_000

/** Reads ACCESS into Postgres, for good, and lets rows go that are too old. */
export function followAccess(parts: FeedParts): AccessFeed {
  const stopping = new AbortController()
  const running = run(parts, stopping.signal)
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

async function run(parts: FeedParts, stopping: AbortSignal): Promise<void> {
  const { postgres, logger } = parts
  let retryMs = firstRetryMs
  while (!stopping.aborted) {
    let session: Session | undefined
    const since = performance.now()
    try {
      session = await postgres.session()
      if (await tryLead(session)) await lead(parts, AbortSignal.any([stopping, session.lost]))
      else await rest(leadEveryMs, stopping)
    } catch (error) {
      if (!stopping.aborted && !(error instanceof PositionMoved)) {
        logger.warn({ err: error }, 'ACCESS is not read, trying again')
      }
      if (performance.now() - since > lastRetryMs) retryMs = firstRetryMs
      await rest(retryMs, stopping)
      retryMs = Math.min(lastRetryMs, retryMs * 2)
    } finally {
      await session?.close()
    }
  }
}

/** Several instances are safe; one at a time is enough. */
async function tryLead(session: Session): Promise<boolean> {
  const [row] = await session.query<{ is_ours: boolean }>(
    sql`select pg_try_advisory_lock(hashtext('holdfast'), hashtext('audit access')) as is_ours`,
  )
  return row?.is_ours === true
}

async function lead(parts: FeedParts, signal: AbortSignal): Promise<void> {
  const { log, logger, writer, sweepEveryMs = usualSweepMs } = parts
  const after = await writer.load()
  const sweep = () =>
    sweepAccess(parts, signal).catch((error: unknown) => {
      if (!signal.aborted) logger.warn({ err: error }, 'old records of ACCESS are not let go yet')
    })
  let sweeping = sweep()
  const sweeper = setInterval(() => {
    sweeping = sweeping.then(sweep)
  }, sweepEveryMs)
  try {
    const options = { stream: accessStream, name: 'access', signal, ...(after ? { after } : {}) }
    await log.follow(options, (batch) => store(writer, batch, logger, signal))
  } finally {
    clearInterval(sweeper)
    await sweeping
  }
}

/** Lets rows go that are older than the retention, some at a time: nobody waits for a row that is not old. */
export async function sweepAccess(
  { postgres, retentionMs, now }: Pick<FeedParts, 'postgres' | 'retentionMs' | 'now'>,
  signal: AbortSignal,
): Promise<void> {
  if (retentionMs === 0) return
  const oldest = startOf(now() - retentionMs)
  for (const [table, column] of [
    ['access_entries', 'position'],
    ['session_sources', 'last_position'],
  ] as const) {
    const name = sql.identifier('audit', table)
    for (let gone = sweepRows; gone === sweepRows; ) {
      signal.throwIfAborted()
      gone = await postgres.execute(sql`
        delete from ${name} where ctid = any (array(
          select ctid from ${name} where ${sql.identifier(column)} < ${oldest}
          order by ${sql.identifier(column)} limit ${sweepRows}))`)
    }
  }
}

/** Returns when it is stored. What Postgres will not take is found by storing one message at a time, and left out. */
async function store(
  writer: AccessWriter,
  batch: TelemetryBatch,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  let retryMs = firstRetryMs
  for (;;) {
    try {
      await writer.write(batch)
      return
    } catch (error) {
      if (error instanceof PositionMoved || signal.aborted) throw error
      const { messages, position, missed } = batch
      if (isDataError(error)) {
        if (messages.length > 1) {
          for (const [at, message] of messages.entries()) {
            const place = { stream: position.stream, sequence: message.sequence }
            const one = { messages: [message], position: place, missed: at === 0 ? missed : 0n }
            await store(writer, one, logger, signal)
          }
        } else {
          const sequence = position.sequence.toString()
          logger.error({ err: error, sequence }, 'a record of ACCESS is refused')
          await writer.write({ messages: [], position, missed: missed + 1n })
        }
        return
      }
      logger.warn({ err: error }, 'records of ACCESS are not stored yet')
      await rest(retryMs, signal)
      signal.throwIfAborted()
      retryMs = Math.min(lastRetryMs, retryMs * 2)
    }
  }
}

const rest = (ms: number, signal: AbortSignal): Promise<void> =>
  pause(ms, undefined, { signal }).catch(() => undefined)
