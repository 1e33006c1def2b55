import { createHash, type Hash } from 'node:crypto'
import { openStorage, retrying, type Storage, surroundingsOf } from '@holdfast/storage'
import { ObjectChanged } from '../domain/backup-errors.ts'
import type { Task } from '../work/task.ts'
import type { HashedFile, ObjectPlace } from './object-tasks.ts'

export interface PieceWish extends ObjectPlace, HashedFile {
  /** For words. */
  readonly location: string
  readonly offset: number
  readonly length: number
}

/** One reading of an object that a download goes on with, piece by piece: a handshake a piece would be most of its time. */
interface Reader {
  readonly storage: Storage
  readonly pieces: AsyncIterator<Uint8Array>
  readonly end: AbortController
  /** From the beginning of the object; undefined when it did not begin there. */
  readonly hash: Hash | undefined
  rest: Uint8Array
  idle: NodeJS.Timeout | undefined
}

const idleMs = 30_000
const maxIdle = 16
/** Those that wait for their next piece, by object and offset. */
const waiting = new Map<string, Reader>()

const nameOf = ({ key, sha256, access }: PieceWish, offset: number): string =>
  JSON.stringify([access.kind, access.config, key, sha256, offset])

async function begin(wish: PieceWish, end: AbortController): Promise<Reader> {
  const { access, key, offset, bytes, location } = wish
  const around = surroundingsOf(wish.surroundings)
  const opened = await openStorage(access.kind, access.config, access.credentials, around)
  try {
    const storage = retrying(opened, { attempts: 3 })
    const found = await storage.get(key, { offset, signal: end.signal })
    if (found.size !== bytes) throw ObjectChanged({ location })
    const pieces = found.body[Symbol.asyncIterator]()
    const hash = offset === 0 ? createHash('sha256') : undefined
    return { storage: opened, pieces, end, hash, rest: new Uint8Array(), idle: undefined }
  } catch (error) {
    await opened.close().catch(() => undefined)
    throw error
  }
}

async function finish(reader: Reader): Promise<void> {
  clearTimeout(reader.idle)
  reader.end.abort(new Error('nobody reads on'))
  await reader.pieces.return?.().catch(() => undefined)
  await reader.storage.close().catch(() => undefined)
}

function keepFor(name: string, reader: Reader): void {
  const before = waiting.get(name)
  if (before) void finish(before)
  waiting.delete(name)
  waiting.set(name, reader)
  reader.idle = setTimeout(() => {
    waiting.delete(name)
    void finish(reader)
  }, idleMs)
  const [oldest] = waiting
  if (waiting.size > maxIdle && oldest) {
    waiting.delete(oldest[0])
    void finish(oldest[1])
  }
}

async function take(reader: Reader, length: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let have = 0
  while (have < length) {
    if (reader.rest.length === 0) {
      const next = await reader.pieces.next()
      if (next.done) break
      reader.rest = next.value
      continue
    }
    const part = reader.rest.subarray(0, length - have)
    reader.rest = reader.rest.subarray(part.length)
    parts.push(part)
    have += part.length
  }
  return new Uint8Array(Buffer.concat(parts)) // a copy of its own: it leaves the thread
}

/**
 * A piece of an object. Whoever reads all of it, in order, is refused the last piece when the whole is not what was put
 * there.
 */
export const readPiece: Task<PieceWish, Uint8Array> = async (wish, { signal }) => {
  const { offset, bytes, sha256, location } = wish
  const length = Math.max(0, Math.min(wish.length, bytes - offset))
  const name = nameOf(wish, offset)
  const kept = waiting.get(name)
  waiting.delete(name)
  if (kept) clearTimeout(kept.idle)
  const end = kept?.end ?? new AbortController()
  // Also while it begins: a task that does not end when it is told to costs the thread, and whatever else runs there.
  const stop = (): void => end.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  let reader = kept
  let isKept = false
  try {
    signal.throwIfAborted()
    reader ??= await begin(wish, end)
    const data = await take(reader, length)
    if (data.length !== length) throw ObjectChanged({ location })
    reader.hash?.update(data)
    if (offset + length < bytes) {
      isKept = true
      keepFor(nameOf(wish, offset + length), reader)
    } else if (reader.hash && reader.hash.digest('hex') !== sha256) {
      throw ObjectChanged({ location })
    }
    return data
  } finally {
    signal.removeEventListener('abort', stop)
    if (reader && !isKept) await finish(reader)
  }
}
