/** When a child may be started again after it ended by itself. */
export interface Backoff {
  /** Milliseconds to wait; `livedMs` is how long the child had been up. */
  next(livedMs: number): number
  /** Restarts in a row without a stable time between them. */
  readonly attempts: number
}

export interface BackoffOptions {
  readonly firstMs?: number
  readonly maxMs?: number
  /** A child that lived this long starts the count anew. */
  readonly stableMs?: number
  /** From 0 to 1; for the jitter. */
  readonly random?: () => number
}

/**
 * Exponential, between half and the whole of each step, so that children that fell together do not rise together.
 * The first restart is quick: most crashes are single ones.
 */
export function createBackoff({
  firstMs = 200,
  maxMs = 15_000,
  stableMs = 30_000,
  random = Math.random,
}: BackoffOptions = {}): Backoff {
  let attempts = 0
  return {
    get attempts() {
      return attempts
    },
    next(livedMs) {
      if (livedMs >= stableMs) attempts = 0
      const step = Math.min(maxMs, firstMs * 2 ** attempts)
      attempts += 1
      return Math.round(step * (0.5 + random() / 2))
    },
  }
}
