import { setMaxListeners } from 'node:events'
import { StorageBroken, storageErrorOf } from './errors.ts'
import { checkKey, folderOf, keyRefusal } from './keys.ts'
import type { KindStorage } from './kind.ts'
import type { Timeouts } from './surroundings.ts'
import type { Body, Storage } from './types.ts'

/**
 * The rules of every kind in one place: keys are judged before any I/O, sizes must hold, what stalls is cut off, and
 * whatever fails says so in a storage error. Whoever gave up is told their own reason, whose body failed its own error.
 */
export function guarded(storage: KindStorage, { idleMs }: Pick<Timeouts, 'idleMs'>): Storage {
  return {
    kind: storage.kind,

    async put(key, body, { size, signal, onProgress } = {}) {
      checkKey(key)
      const patience = patient(storage.timesPutsItself ? undefined : idleMs, signal)
      const failed: { error?: unknown } = {}
      const measured: Body = () => measure(body, { size, onProgress, failed, patience })
      try {
        await storage.put(key, measured, {
          signal: patience.signal,
          ...(size === undefined ? {} : { size }),
        })
      } catch (error) {
        throw 'error' in failed && !signal?.aborted ? failed.error : patience.reason(error, key)
      } finally {
        patience.end()
      }
    },

    async get(key, { offset = 0, signal } = {}) {
      checkKey(key)
      const patience = patient(idleMs, signal)
      try {
        const answer = await storage.get(key, { offset, signal: patience.signal })
        // The clock runs on: a body nobody begins to read would keep its connection for ever.
        patience.resume()
        return { ...answer, body: whole(answer, offset, patience, key) }
      } catch (error) {
        patience.end()
        throw patience.reason(error, key)
      }
    },

    async stat(key, signal) {
      checkKey(key)
      return await once(key, signal, (inner) => storage.stat(key, inner))
    },

    async *list(prefix, signal) {
      const folder = folderOf(prefix)
      const patience = patient(idleMs, signal)
      try {
        for await (const object of storage.list(folder, patience.signal)) {
          patience.pause()
          // What others put there is theirs.
          if (object.key.startsWith(folder) && keyRefusal(object.key) === undefined) yield object
          patience.resume()
        }
      } catch (error) {
        throw patience.reason(error, folder)
      } finally {
        patience.end()
      }
    },

    async delete(key, signal) {
      checkKey(key)
      await once(key, signal, (inner) => storage.delete(key, inner))
    },

    // It may look at everything there is: its caller says for how long.
    async sweep(signal) {
      try {
        return await storage.sweep(signal)
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        throw storageErrorOf(error)
      }
    },

    close: () => storage.close(),
  }

  async function once<T>(
    key: string,
    signal: AbortSignal | undefined,
    ask: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const patience = patient(idleMs, signal)
    try {
      return await ask(patience.signal)
    } catch (error) {
      throw patience.reason(error, key)
    } finally {
      patience.end()
    }
  }
}

interface Patience {
  /** Of the caller, and of the clock. */
  readonly signal: AbortSignal
  pause(): void
  resume(): void
  end(): void
  /** What to tell the caller of a failure. */
  reason(error: unknown, key: string): unknown
}

/** Runs out when nothing happens for so long; undefined: never. */
function patient(idleMs: number | undefined, given: AbortSignal | undefined): Patience {
  given?.throwIfAborted()
  const over = new AbortController()
  const stalled = StorageBroken({ why: `nothing moved for ${(idleMs ?? 0) / 1000} s` })
  const signal = given ? AbortSignal.any([given, over.signal]) : over.signal
  // Every request on the way listens to it; many of them are no leak.
  setMaxListeners(0, signal)
  let isPaused = false
  const timer =
    idleMs === undefined
      ? undefined
      : setTimeout(() => {
          if (!isPaused) over.abort(stalled)
        }, idleMs)
  return {
    signal,
    pause() {
      isPaused = true
    },
    resume() {
      isPaused = false
      timer?.refresh()
    },
    end: () => clearTimeout(timer),
    reason(error, key) {
      if (given?.aborted) return given.reason
      return over.signal.aborted ? stalled : storageErrorOf(error, key)
    },
  }
}

interface Measuring {
  readonly size: number | undefined
  readonly onProgress: ((bytes: number) => void) | undefined
  readonly failed: { error?: unknown }
  readonly patience: Patience
}

/** The body as it is sent: fails before its end when it is not what was announced, so that nothing is stored. */
async function* measure(
  body: Body,
  { size, onProgress, failed, patience }: Measuring,
): AsyncGenerator<Uint8Array> {
  let sent = 0
  // Only what the sender did wrong is told as it is: clients throw the errors of their connection in here as well.
  const ours = (error: unknown): unknown => {
    if (!patience.signal.aborted) failed.error = error
    return error
  }
  const wrong = (): unknown =>
    ours(StorageBroken({ why: `${sent} bytes or more came where ${size} were announced` }))
  const source = body()[Symbol.asyncIterator]()
  try {
    for (;;) {
      // Time that passes until there is something to send is the sender's own.
      patience.pause()
      const coming = source.next().catch((error: unknown) => {
        throw ours(error)
      })
      const next = await unlessAborted(patience.signal, coming)
      patience.resume()
      if (next.done) break
      sent += next.value.length
      if (size !== undefined && sent > size) throw wrong()
      yield next.value
      onProgress?.(sent)
    }
    if (size !== undefined && sent !== size) throw wrong()
  } finally {
    patience.resume()
    // A generator that waits for something ends when it has it.
    void Promise.resolve(source.return?.()).catch(() => undefined)
  }
}

/** The body as it is read: whole, or an error. */
async function* whole(
  { size, body }: { readonly size: number; readonly body: AsyncIterable<Uint8Array> },
  offset: number,
  patience: Patience,
  key: string,
): AsyncGenerator<Uint8Array> {
  let received = 0
  const expected = Math.max(0, size - offset)
  const source = body[Symbol.asyncIterator]()
  try {
    for (;;) {
      patience.resume()
      const next = await unlessAborted(patience.signal, source.next())
      patience.pause()
      if (next.done) break
      received += next.value.length
      if (received > expected) break
      yield next.value
    }
    if (received !== expected)
      throw StorageBroken({ why: `${received} of ${expected} bytes of ${key} came` })
  } catch (error) {
    throw patience.reason(error, key)
  } finally {
    patience.end()
    // It may wait for bytes that never come; its connection ends by the signal.
    void Promise.resolve(source.return?.()).catch(() => undefined)
  }
}

/**
 * What comes, or the reason of the signal when that is first. No `Promise.race`: what waits for the signal through a whole
 * transfer would hold every chunk there ever was.
 */
function unlessAborted<T>(signal: AbortSignal, coming: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    coming.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
