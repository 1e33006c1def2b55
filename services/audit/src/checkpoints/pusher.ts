import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '@holdfast/telemetry'

/** A place that gets every new checkpoint; when it is slow, the last one. */
export interface PushTarget {
  /** From a closed set, for logs. */
  readonly name: 'file' | 'webhook'
  push(note: string, signal: AbortSignal): Promise<void>
}

export interface Pusher {
  /** Never waits, never throws. */
  push(note: string): void
  stop(): Promise<void>
}

const firstRetryMs = 1_000
const lastRetryMs = 300_000

/** Hands checkpoints on, each place at its own pace. What fails is tried again, with whatever is the last by then. */
export function pusher(
  targets: readonly PushTarget[],
  logger: Logger,
  retryMs: number = firstRetryMs,
): Pusher {
  const stopping = new AbortController()
  const { signal } = stopping
  const lines = targets.map((target) => {
    let next: string | undefined
    let working: Promise<void> | undefined

    async function work(): Promise<void> {
      let waitMs = retryMs
      while (next !== undefined && !signal.aborted) {
        const note = next
        try {
          await target.push(note, signal)
          waitMs = retryMs
          if (next === note) next = undefined
        } catch (error) {
          if (signal.aborted) break
          logger.warn({ err: error, target: target.name, waitMs }, 'checkpoint not handed on yet')
          await pause(waitMs, undefined, { signal }).catch(() => undefined)
          waitMs = Math.min(lastRetryMs, waitMs * 2)
        }
      }
      // With the last look at `next`, not after it: what is pushed from here on begins anew.
      working = undefined
    }
    return {
      push(note: string) {
        next = note
        if (!working) {
          // In the next turn, so that `working` is set before the work can end.
          working = Promise.resolve().then(work)
        }
      },
      ended: () => working ?? Promise.resolve(),
    }
  })
  return {
    push(note) {
      for (const line of lines) line.push(note)
    },
    async stop() {
      stopping.abort()
      await Promise.all(lines.map((line) => line.ended()))
    },
  }
}
