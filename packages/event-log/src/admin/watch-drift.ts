import type { StreamConfig } from '../jetstream-api.ts'
import type { ConfigDrift } from '../stream-config.ts'
import type { AdminConnection } from './connection.ts'
import { findDrift } from './provision.ts'

/**
 * Compares the stream with its expected configuration again and again, until the signal aborts.
 * `onDrift` hears of every change, with an empty list when all is well again.
 */
export async function watchDrift(
  admin: AdminConnection,
  options: {
    readonly expected: StreamConfig
    readonly intervalMs: number
    readonly signal: AbortSignal
  },
  onDrift: (drift: readonly ConfigDrift[]) => void,
): Promise<void> {
  const { expected, intervalMs, signal } = options
  let last = '[]'
  while (!signal.aborted) {
    // Without an answer nothing is known; the connection has its own alarms.
    const drift = await findDrift(admin, expected).catch(() => undefined)
    const now = JSON.stringify(drift ?? JSON.parse(last))
    if (drift && now !== last) onDrift(drift)
    last = now
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, intervalMs)
      signal.addEventListener('abort', done)
    })
  }
}
