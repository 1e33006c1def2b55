import { newId } from '@holdfast/domain'
import { Counter, Gauge, type Logger, type Registry } from '@holdfast/telemetry'
import {
  type AccessAttempt,
  type AccessEntry,
  type AccessLimits,
  accessLimiter,
} from './access-limits.ts'
import { encodeAccessRecord } from './access-record.ts'
import type { AccessSources } from './access-sources.ts'
import type { AccessStore } from './access-store.ts'

/** Keeps what happens at the door in the stream ACCESS, within `accessLimits`. */
export interface AccessRecorder {
  /** Never throws and never waits: whoever signs in does not wait for this. */
  record(attempt: AccessAttempt): void
  /** Writes what waits and the sums of the last minute (at most 3 s), then disconnects. */
  close(): Promise<void>
}

export interface AccessRecorderOptions {
  readonly store: AccessStore
  readonly sources: AccessSources
  readonly log: Logger
  readonly registry: Registry
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly limits?: AccessLimits
  /** Records that may wait for the stream. Default 1,000. */
  readonly maxWaiting?: number
  /** How long a record that could not be stored waits. Default 1,000. */
  readonly retryDelayMs?: number
}

const closeMs = 3_000

interface Waiting {
  readonly id: string
  readonly entry: AccessEntry
}

/** Started by the first attempt. */
export function accessRecorder(options: AccessRecorderOptions): AccessRecorder {
  const { store, sources, log, registry, now, maxWaiting = 1_000, retryDelayMs = 1_000 } = options
  const limiter = accessLimiter(options.limits)
  const metrics = accessMetrics(registry)
  const queue: Waiting[] = []
  let pumping: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosing = false
  let wake: () => void = () => undefined

  function enqueue(entries: readonly AccessEntry[]): void {
    for (const entry of entries) {
      if (queue.length < maxWaiting) queue.push({ id: newId(), entry })
      else {
        // Its count is in the next sum of the others, so none is forgotten.
        metrics.dropped.inc()
        limiter.giveBack(entry, now())
      }
    }
    metrics.waiting.set(queue.length)
    if (queue.length > 0) pumping ??= pump().finally(() => (pumping = undefined))
    const endsAt = limiter.endsAt()
    if (endsAt === undefined || timer !== undefined || isClosing) return
    timer = setTimeout(
      () => {
        timer = undefined
        enqueue(limiter.end(now()))
      },
      Math.max(0, endsAt - now()),
    )
    timer.unref()
  }

  async function pump(): Promise<void> {
    let failures = 0
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      const { id, entry } = next
      try {
        const source =
          entry.source === undefined
            ? undefined
            : await sources.keep(id, entry.source, entry.userId)
        await store.store(id, encodeAccessRecord(id, entry, source))
        metrics.records.inc({ result: entry.result })
        queue.shift()
        metrics.waiting.set(queue.length)
        failures = 0
      } catch (error) {
        failures++
        if (failures === 1) log.warn({ err: error }, 'access records wait for their stream')
        if (isClosing) return
        await pause(retryDelayMs)
      }
    }
  }

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const waited = setTimeout(resolve, ms)
      waited.unref()
      wake = () => {
        clearTimeout(waited)
        resolve()
      }
    })

  return {
    record(attempt) {
      if (isClosing) return
      enqueue(limiter.decide(attempt, now()))
    },
    async close() {
      clearTimeout(timer)
      enqueue(limiter.end(now()))
      isClosing = true
      wake()
      await Promise.race([pumping, pause(closeMs)])
      wake()
      const lost = queue.reduce((sum, { entry }) => sum + entry.count, 0)
      if (lost > 0) log.error({ lost }, 'access records were not stored')
      await store.close()
    },
  }
}

function accessMetrics(registry: Registry) {
  const registers = [registry]
  return {
    records: new Counter({
      name: 'holdfast_access_records_total',
      help: 'Records stored in ACCESS, summaries included.',
      labelNames: ['result'],
      registers,
    }),
    dropped: new Counter({
      name: 'holdfast_access_dropped_total',
      help: 'Records that found the queue full; the next summary counts what they stood for.',
      registers,
    }),
    waiting: new Gauge({
      name: 'holdfast_access_waiting_records',
      help: 'Records that wait for ACCESS.',
      registers,
    }),
  }
}
