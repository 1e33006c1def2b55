import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import {
  openStorage,
  retrying,
  type Storage,
  StorageNotFound,
  type SurroundingsData,
  surroundingsOf,
} from '@holdfast/storage'
import type { LocationAccess } from '../storage/locations.ts'
import type { Task } from '../work/task.ts'

/** Where an object lies, for a thread of its own. Holds secrets. */
export interface ObjectPlace {
  readonly access: LocationAccess
  readonly surroundings: SurroundingsData
  readonly key: string
}

export interface HashedFile {
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
}

const pieceBytes = 256 * 1024

export const checksumKey = (key: string): string => `${key}.sha256`

/** As `sha256sum -c` reads it, beside the object. */
export const checksumFile = (key: string, sha256: string): Uint8Array =>
  Buffer.from(`${sha256}  ${basename(key)}\n`)

export async function withStorage<T>(
  { access, surroundings }: ObjectPlace,
  use: (storage: Storage) => Promise<T>,
): Promise<T> {
  const around = surroundingsOf(surroundings)
  const storage = await openStorage(access.kind, access.config, access.credentials, around)
  try {
    return await use(retrying(storage, {}))
  } finally {
    await storage.close()
  }
}

export const hashFile: Task<{ readonly path: string }, HashedFile> = async (
  { path },
  { signal },
) => {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of createReadStream(path, { highWaterMark: pieceBytes, signal })) {
    const read = piece as Buffer // as: no encoding is set
    hash.update(read)
    bytes += read.length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** Puts the file and then its checksum; the object is whole or not there. */
export const uploadObject: Task<
  ObjectPlace & HashedFile & { readonly path: string },
  null,
  number
> = async (input, { signal, progress }) => {
  const { path, key, bytes, sha256 } = input
  const { size } = await stat(path)
  if (size !== bytes) throw new Error(`the file in the spool has ${size} bytes, not ${bytes}`)
  await withStorage(input, async (storage) => {
    await storage.put(key, () => createReadStream(path, { highWaterMark: pieceBytes }), {
      size: bytes,
      signal,
      onProgress: progress,
    })
    const checksum = checksumFile(key, sha256)
    await storage.put(checksumKey(key), () => once(checksum), { size: checksum.length, signal })
  })
  return null
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

export interface Verdict {
  readonly isGood: boolean
  /** What is wrong with it. */
  readonly detail: string
}

/** Reads the object back from where it lies. What cannot be reached is an error; what is not right is a verdict. */
export const verifyObject: Task<ObjectPlace & HashedFile, Verdict, number> = async (
  input,
  { signal, progress },
) => {
  const { key, bytes, sha256 } = input
  const bad = (detail: string): Verdict => ({ isGood: false, detail })
  return await withStorage(input, async (storage) => {
    try {
      const found = await storage.get(key, { signal })
      if (found.size !== bytes) return bad(`it has ${found.size} bytes instead of ${bytes}`)
      const hash = createHash('sha256')
      let read = 0
      for await (const piece of found.body) {
        hash.update(piece)
        read += piece.length
        progress(read)
      }
      if (read !== bytes) return bad(`${read} bytes of ${bytes} could be read`)
      if (hash.digest('hex') !== sha256)
        return bad('its SHA-256 is not what it was when it was made')
      const checksum = await storage.get(checksumKey(key), { signal })
      const parts: Uint8Array[] = []
      if (checksum.size <= 4096) for await (const piece of checksum.body) parts.push(piece)
      return Buffer.concat(parts).equals(checksumFile(key, sha256))
        ? { isGood: true, detail: '' }
        : bad('the checksum file beside it is not right')
    } catch (error) {
      if (StorageNotFound.is(error)) return bad(`${error.details['key']} is not there any more`)
      throw error
    }
  })
}

/** What is gone already is fine. The checksum goes last: an object without one is no complete backup to anybody. */
export const removeObject: Task<ObjectPlace, null> = async (input, { signal }) => {
  await withStorage(input, async (storage) => {
    await storage.delete(input.key, signal)
    await storage.delete(checksumKey(input.key), signal)
  })
  return null
}

/** What uploads that never ended have left there. */
export const sweepLocation: Task<Omit<ObjectPlace, 'key'>, number> = async (input, { signal }) =>
  await withStorage({ ...input, key: '' }, (storage) => storage.sweep(signal))
