import { setTimeout as delay } from 'node:timers/promises'
import { isRetriable, StorageBroken } from './errors.ts'
import type { GetOptions, Storage, StoredBody, StoredObject } from './types.ts'

export interface RetryPolicy {
  /** Of one call, the first included; a read that got further begins to count anew. Default 5. */
  readonly attempts?: number
  /** Before the second; doubles from there, and half of it is chance. Default 1 s. */
  readonly minMs?: number
  /** Default 60 s. */
  readonly maxMs?: number
  readonly onRetry?: (failure: { readonly error: unknown; readonly attempt: number }) => void
  /** 0 to 1. */
  readonly random?: () => number
}

/** Tries again what may go well in a moment (`isRetriable`). A put begins anew; a read goes on where it was cut off. */
export function retrying(storage: Storage, policy: RetryPolicy = {}): Storage {
  const { attempts = 5, minMs = 1_000, maxMs = 60_000, onRetry, random = Math.random } = policy

  /** Waits before another attempt, or throws the error when there is none. */
  async function pause(
    error: unknown,
    attempt: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (attempt >= attempts || !isRetriable(error)) throw error
    signal?.throwIfAborted()
    onRetry?.({ error, attempt })
    const ms = Math.min(maxMs, minMs * 2 ** (attempt - 1))
    await delay(ms * (0.5 + random() / 2), undefined, signal ? { signal } : {}).catch(() =>
      signal?.throwIfAborted(),
    )
  }

  async function again<T>(
    signal: AbortSignal | undefined,
    attempt: () => Promise<T>,
    before = 0,
  ): Promise<T> {
    for (let count = before + 1; ; count++) {
      try {
        return await attempt()
      } catch (error) {
        await pause(error, count, signal)
      }
    }
  }

  async function* goOn(
    key: string,
    first: StoredBody,
    { offset = 0, signal }: GetOptions,
  ): AsyncGenerator<Uint8Array> {
    const { size, version } = first
    let at = offset
    let answer = first
    for (let count = 1; ; count++) {
      try {
        for await (const chunk of answer.body) {
          at += chunk.length
          count = 0
          yield chunk
        }
        return
      } catch (error) {
        // Without a version nobody knows whether the rest is of the same object.
        if (version === undefined) throw error
        await pause(error, Math.max(1, count), signal)
        const more = { offset: at, ...(signal ? { signal } : {}) }
        answer = await again(signal, () => storage.get(key, more), count)
        if (answer.size !== size || answer.version !== version)
          throw StorageBroken({ why: `${key} was replaced while it was read` }, error)
      }
    }
  }

  async function* listed(prefix: string, signal?: AbortSignal): AsyncGenerator<StoredObject> {
    const seen = new Set<string>()
    for (let count = 1; ; count++) {
      try {
        for await (const object of storage.list(prefix, signal)) {
          if (seen.has(object.key)) continue
          seen.add(object.key)
          yield object
        }
        return
      } catch (error) {
        await pause(error, count, signal)
      }
    }
  }

  return {
    kind: storage.kind,
    put: (key, body, options) =>
      again(options?.signal, async () => await storage.put(key, body, options)),
    async get(key, options = {}) {
      const first = await again(options.signal, async () => await storage.get(key, options))
      return { ...first, body: goOn(key, first, options) }
    },
    stat: (key, signal) => again(signal, async () => await storage.stat(key, signal)),
    list: listed,
    delete: (key, signal) => again(signal, async () => await storage.delete(key, signal)),
    sweep: (signal) => again(signal, async () => await storage.sweep(signal)),
    close: () => storage.close(),
  }
}
