import { setTimeout as pause } from 'node:timers/promises'
import type { EventLog, TelemetryBatch } from '@holdfast/event-log'
import { isDataError, type Postgres, type Session, sql } from '@holdfast/postgres'
import type { Logger } from '@holdfast/telemetry'
import { type FlowWriter, PositionMoved } from './flow-writer.ts'
import type { PartitionKeeper } from './partition-keeper.ts'

export interface FlowFeed {
  /** Finishes the write at hand. */
  stop(): Promise<void>
}

interface FeedParts {
  readonly log: Pick<EventLog, 'follow'>
  readonly postgres: Postgres
  readonly logger: Logger
  readonly keeper: PartitionKeeper
  readonly writer: FlowWriter
}

const stream = 'FLOWS'
const sweepEveryMs = 60_000
const leadEveryMs = 5_000
const firstRetryMs = 250
const lastRetryMs = 15_000

/** Reads FLOWS into Postgres, for good: whatever goes wrong is tried again, and what cannot be stored is counted. */
export function followFlows(parts: FeedParts): FlowFeed {
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
      if (await tryLead(session)) {
        await lead(parts, AbortSignal.any([stopping, session.lost]))
      } else await rest(leadEveryMs, stopping)
    } catch (error) {
      if (!stopping.aborted && !(error instanceof PositionMoved)) {
        logger.warn({ err: error }, 'flows are not read, trying again')
      }
      // What went well for a while begins anew; what fails at once waits longer each time.
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
    sql`select pg_try_advisory_lock(hashtext('holdfast'), hashtext('audit flows')) as is_ours`,
  )
  return row?.is_ours === true
}

async function lead({ log, logger, keeper, writer }: FeedParts, signal: AbortSignal) {
  await keeper.sweep()
  const after = await writer.load()
  let sweeping = Promise.resolve()
  const sweeper = setInterval(() => {
    sweeping = sweeping
      .then(() => keeper.sweep())
      .catch((error: unknown) => logger.warn({ err: error }, 'flows are not tidied up'))
  }, sweepEveryMs)
  try {
    await log.follow({ stream, name: 'flows', signal, ...(after ? { after } : {}) }, (batch) =>
      store(writer, batch, logger, signal),
    )
  } finally {
    clearInterval(sweeper)
    await sweeping
  }
}

/** Returns when it is stored. What Postgres will not take is found by storing one message at a time, and left out. */
async function store(
  writer: FlowWriter,
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
      if (isDataError(error)) {
        logger.error({ err: error, sequence: batch.position.sequence.toString() }, 'flows refused')
        if (batch.messages.length === 1) await writer.write(batch, { isRefused: true })
        else for (const one of singles(batch)) await store(writer, one, logger, signal)
        return
      }
      logger.warn({ err: error }, 'flows are not stored yet')
      await rest(retryMs, signal)
      signal.throwIfAborted()
      retryMs = Math.min(lastRetryMs, retryMs * 2)
    }
  }
}

const singles = ({ messages, position, missed }: TelemetryBatch): readonly TelemetryBatch[] =>
  messages.map((message, i) => ({
    messages: [message],
    position: { stream: position.stream, sequence: message.sequence },
    missed: i === 0 ? missed : 0n,
  }))

const rest = (ms: number, signal: AbortSignal): Promise<void> =>
  pause(ms, undefined, { signal }).catch(() => undefined)
