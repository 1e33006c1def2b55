import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { encryptTo } from '@holdfast/crypto'
import type { Storage } from '@holdfast/storage'
import { checksumFile, checksumKey } from '../jobs/object-tasks.ts'

export interface PutObject {
  readonly key: string
  /** A fresh reading at every call: an upload may begin again. */
  readonly plain: () => AsyncIterable<Uint8Array>
  readonly isCompressed: boolean
  /** What opens it. Undefined: it is an age file already. */
  readonly recipients: readonly string[] | undefined
  /** Stands in the header of what is encrypted here. */
  readonly rootKeyFingerprint: string
}

export interface StoredFacts {
  readonly bytes: number
  /** Hex, of what stands there. */
  readonly sha256: string
}

/**
 * Compresses, encrypts, puts, and puts the checksum beside it last: an object without one was cut short. There is no
 * way here to put anything in the clear.
 */
export async function putObject(
  storage: Storage,
  { key, plain, isCompressed, recipients, rootKeyFingerprint }: PutObject,
  signal: AbortSignal,
  onBytes?: (bytes: number) => void,
): Promise<StoredFacts> {
  if (recipients?.length === 0) throw new Error(`nobody to encrypt ${key} to`)
  let bytes = 0
  let sha256 = ''
  async function* body(): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256')
    bytes = 0
    const clear = isCompressed ? gzipped(plain()) : plain()
    const sealed = recipients ? encryptTo(recipients, clear, { rootKeyFingerprint }) : clear
    for await (const piece of sealed) {
      hash.update(piece)
      bytes += piece.length
      onBytes?.(piece.length)
      yield piece
    }
    sha256 = hash.digest('hex')
  }
  await storage.put(key, body, { signal })
  if (sha256 === '') throw new Error(`${key} was stored without having been read to its end`)
  const checksum = checksumFile(key, sha256)
  await storage.put(checksumKey(key), () => one(checksum), { size: checksum.length, signal })
  return { bytes, sha256 }
}

export async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function* gzipped(plain: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = Readable.from(plain)
  const gzip = createGzip()
  source.on('error', (error) => gzip.destroy(error))
  source.pipe(gzip)
  try {
    for await (const piece of gzip) yield piece as Buffer // as: no encoding is set
  } finally {
    source.destroy()
    gzip.destroy()
  }
}
