import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'

/** A turn of the event loop that takes longer than this makes waiting worse than coming back. */
const limitMs = 500
const sampleMs = 500

/**
 * Whether the median turn of the event loop was too long, twice in a row. One long pause (a start, a
 * collection, a host that had no time for us) is no overload, and refusing would only look like one;
 * that is why @fastify/under-pressure, which looks at one mean, is not used.
 */
export function overload(): (medianMs: number) => boolean {
  let strikes = 0
  return (medianMs) => {
    strikes = medianMs > limitMs ? strikes + 1 : 0
    return strikes >= 2
  }
}

/** Watches the event loop until the gateway closes. */
export function watchEventLoop(app: FastifyInstance): () => boolean {
  const judge = overload()
  let isOverloaded = false
  const histogram = monitorEventLoopDelay({ resolution: 20 })
  histogram.enable()
  const timer = setInterval(() => {
    isOverloaded = judge(histogram.percentile(50) / 1e6)
    histogram.reset()
  }, sampleMs).unref()
  app.addHook('onClose', async () => {
    clearInterval(timer)
    histogram.disable()
  })
  return () => isOverloaded
}
