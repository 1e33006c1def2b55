import { Readable } from 'node:stream'

/** How long an answer that is made while it is read waits for its reader. */
const patienceMs = 300_000

/**
 * A file made piece by piece, as fast as it is read. Whoever takes nothing for five minutes is cut off, which shows as
 * an answer without its end: pages, a socket and the calls behind them are not held for nobody.
 */
export function fileStream(
  pieces: AsyncIterable<string | Uint8Array>,
  waitMs: number = patienceMs,
): Readable {
  async function* read(): AsyncGenerator<string | Uint8Array> {
    for await (const piece of pieces) {
      const timer = setTimeout(() => stream.destroy(new Error('nobody reads the answer')), waitMs)
      timer.unref()
      try {
        yield piece
      } finally {
        clearTimeout(timer)
      }
    }
  }
  const stream = Readable.from(read(), { objectMode: false })
  return stream
}
