import type { Logger } from '@holdfast/telemetry'

/** Longest a step of the drain may take once it has had its own time. */
const stepMs = 6_000

/** How a process ends: in order on the first signal, at once on the second, with code 1 on a bug. */
export interface Lifecycle {
  /** Aborted when the process is asked to stop. */
  readonly stopping: AbortSignal
  /** Adds a step of the drain; last in, first out. `maxMs` is how long it may take (default 6 s). */
  defer(name: string, work: () => Promise<void> | void, maxMs?: number): void
  /** Runs the steps, then ends the process. Calling it again waits for the same drain. */
  stop(code: number): Promise<never>
}

/** Takes over SIGTERM, SIGINT and uncaught errors of this process. */
export function lifecycle(log: Logger): Lifecycle {
  const stopping = new AbortController()
  const steps: { name: string; work: () => Promise<void> | void; maxMs: number }[] = []
  let ending: Promise<never> | undefined

  async function end(code: number): Promise<never> {
    stopping.abort(new Error('the process is stopping'))
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      const { name, work, maxMs } = step
      const startedAt = performance.now()
      const failure = await bounded(work, maxMs)
      const durationMs = Math.round(performance.now() - startedAt)
      if (failure === undefined) log.debug({ step: name, durationMs }, 'drained')
      else log.warn({ step: name, durationMs, err: failure }, 'not drained')
    }
    log.info({ code }, 'stopped')
    return process.exit(code)
  }

  const stop = (code: number): Promise<never> => {
    ending ??= end(code)
    return ending
  }

  const onSignal = (signal: NodeJS.Signals): void => {
    if (ending !== undefined) {
      log.warn({ signal }, 'second signal, leaving at once')
      process.exit(1)
    }
    log.info({ signal }, 'stopping')
    void stop(0)
  }
  const onBug = (error: unknown): void => {
    log.fatal({ err: error }, 'uncaught')
    process.exit(1)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  process.on('uncaughtException', onBug)
  process.on('unhandledRejection', onBug)

  return {
    stopping: stopping.signal,
    defer: (name, work, maxMs = stepMs) => steps.push({ name, work, maxMs }),
    stop,
  }
}

/** What went wrong, if anything did. Time running out is something that went wrong. */
async function bounded(work: () => Promise<void> | void, maxMs: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<Error>((resolve) => {
    timer = setTimeout(() => resolve(new Error(`not done after ${maxMs} ms`)), maxMs)
  })
  try {
    return await Promise.race([Promise.resolve(work()).then(() => undefined), patience])
  } catch (error) {
    return error
  } finally {
    clearTimeout(timer)
  }
}
