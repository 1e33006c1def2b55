import { setTimeout as sleep } from 'node:timers/promises'

export interface BackOff {
  /** Milliseconds to wait before the next attempt: doubling, with jitter, up to the maximum. */
  next(): number
  attempts(): number
  reset(): void
}

export function backOff(range: { readonly firstMs: number; readonly maxMs: number }): BackOff {
  let attempts = 0
  return {
    next() {
      const full = Math.min(range.firstMs * 2 ** Math.min(attempts, 20), range.maxMs)
      attempts += 1
      return full * (0.5 + Math.random() / 2)
    },
    attempts: () => attempts,
    reset() {
      attempts = 0
    },
  }
}

/** Repeats `work` until it succeeds, fails for good or the signal aborts; tells of each failure. */
export async function untilDone<T>(
  work: () => Promise<T>,
  options: {
    readonly signal: AbortSignal
    /** Whether trying again can help. */
    readonly isTemporary: (error: unknown) => boolean
    readonly onFailure: (error: unknown, attempt: number) => void
  },
): Promise<T> {
  const pause = backOff({ firstMs: 100, maxMs: 5_000 })
  for (;;) {
    options.signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      if (!options.isTemporary(error)) throw error
      const delayMs = pause.next()
      options.onFailure(error, pause.attempts())
      await sleep(delayMs, undefined, { signal: options.signal })
    }
  }
}
