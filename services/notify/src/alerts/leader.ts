import { setTimeout as pause } from 'node:timers/promises'
import { type Postgres, type Session, sql } from '@holdfast/postgres'
import type { Logger } from '@holdfast/telemetry'

export interface Leader {
  start(): void
  stop(): Promise<void>
}

const leadEveryMs = 2_000
const firstRetryMs = 250
const lastRetryMs = 15_000

/**
 * Runs `work` in one instance of several, for as long as this one holds the lock; again and again, whatever goes wrong.
 * `work` ends when its signal aborts.
 */
export function leader(parts: {
  readonly postgres: Pick<Postgres, 'session'>
  readonly logger: Logger
  /** Name of the lock; from code. */
  readonly lock: string
  readonly work: (signal: AbortSignal) => Promise<void>
}): Leader {
  const { postgres, logger, lock, work } = parts
  const stopping = new AbortController()
  let running: Promise<void> = Promise.resolve()

  async function run(): Promise<void> {
    const { signal } = stopping
    let retryMs = firstRetryMs
    while (!signal.aborted) {
      let session: Session | undefined
      const since = performance.now()
      try {
        session = await postgres.session()
        if (await tryLead(session, lock)) await work(AbortSignal.any([signal, session.lost]))
        else await rest(leadEveryMs, signal)
      } catch (error) {
        if (!signal.aborted) logger.warn({ err: error, lock }, 'work stands still, trying again')
        // What went well for a while begins anew; what fails at once waits longer each time.
        if (performance.now() - since > lastRetryMs) retryMs = firstRetryMs
        await rest(retryMs, signal)
        retryMs = Math.min(lastRetryMs, retryMs * 2)
      } finally {
        await session?.close()
      }
    }
  }

  return {
    start() {
      running = run()
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}

async function tryLead(session: Session, lock: string): Promise<boolean> {
  const [row] = await session.query<{ is_ours: boolean }>(
    sql`select pg_try_advisory_lock(hashtext('holdfast'), hashtext(${lock}::text)) as is_ours`,
  )
  return row?.is_ours === true
}

/**
 * Several works of one leader. When one of them ends, so do the others, and nothing is left behind: a leader that begins
 * again must not meet its own past.
 */
export async function together(
  outer: AbortSignal,
  works: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const ended = new AbortController()
  const signal = AbortSignal.any([outer, ended.signal])
  const running = works.map((work) => work(signal))
  try {
    await Promise.race(running)
  } finally {
    ended.abort()
    await Promise.allSettled(running)
  }
}

/** Never rejects: whoever rests looks at the signal afterwards. */
export const rest = (ms: number, signal: AbortSignal): Promise<void> =>
  pause(ms, undefined, { signal }).catch(() => undefined)
