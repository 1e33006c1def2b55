import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import {
  AgeDamaged,
  AgeNotForUs,
  ageOpen,
  decryptWith,
  recipientOf,
  rootKeyNamedIn,
} from '@holdfast/crypto'
import type { ObjectName } from '@holdfast/full-backup'
import { type Storage, StorageNotFound } from '@holdfast/storage'
import { SourceInvalid, WrongKey } from '../errors.ts'
import type { RestoreKey } from '../key.ts'
import type { NamedObject } from './copy-manifest.ts'

const unpack = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip)
/** Of one segment, before it was compressed. */
const maxOpenedBytes = 128 * 1024 * 1024
/** Of an object that is held whole. */
const maxObjectBytes = 192 * 1024 * 1024
const aLineBytes = 4096

/** Reads objects of a copy: each whole, as its sum says, opened. */
export class CopyObjects {
  readonly #storage: Storage
  readonly #key: RestoreKey
  readonly #signal: AbortSignal | undefined
  bytes = 0

  constructor(storage: Storage, key: RestoreKey, signal: AbortSignal | undefined) {
    this.#storage = storage
    this.#key = key
    this.#signal = signal
  }

  /** What is inside of age, and of gzip where the name says so. Throws full_restore.source_invalid. */
  async open(name: ObjectName, named?: NamedObject): Promise<Buffer> {
    const sealed = await this.#whole(name.key)
    const expected = named?.sha256 ?? (await this.#sumBeside(name.key))
    const bad = (reason: string, cause?: unknown) =>
      SourceInvalid({ part: name.key, reason }, cause)
    if (createHash('sha256').update(sealed).digest('hex') !== expected)
      throw bad(
        named
          ? 'its SHA-256 is not the one the manifest states'
          : 'its SHA-256 is not the one beside it',
      )
    return await this.#opened(name.key, sealed)
  }

  /** Streams what is inside of age, for objects of any size; the sum is known right at the end. */
  async *stream(name: ObjectName, named?: NamedObject): AsyncGenerator<Uint8Array> {
    const { body } = await this.#get(name.key)
    const expected = named?.sha256 ?? (await this.#sumBeside(name.key))
    const hash = createHash('sha256')
    const counted = async function* (count: (bytes: number) => void) {
      for await (const piece of body) {
        hash.update(piece)
        count(piece.length)
        yield piece
      }
    }
    try {
      yield* decryptWith(
        this.#key.identities,
        counted((bytes) => {
          this.bytes += bytes
        }),
      )
    } catch (error) {
      throw this.#sealedFault(name.key, error)
    }
    if (hash.digest('hex') !== expected)
      throw SourceInvalid({ part: name.key, reason: 'its SHA-256 is not the one stated' })
  }

  /** The root key a header names; undefined when it names none. */
  async namedKey(key: string): Promise<string | undefined> {
    return rootKeyNamedIn(await this.#whole(key))
  }

  async #opened(part: string, sealed: Buffer): Promise<Buffer> {
    try {
      const packed = Buffer.from(await ageOpen(this.#key.identities, sealed))
      return /\.gz\.age$/.test(part)
        ? await unpack(packed, { maxOutputLength: maxOpenedBytes })
        : packed
    } catch (error) {
      if (error instanceof RangeError)
        throw SourceInvalid({ part, reason: 'it opens to more than it may hold' }, error)
      throw this.#sealedFault(part, error, rootKeyNamedIn(sealed))
    }
  }

  #sealedFault(part: string, error: unknown, named?: string): unknown {
    if (AgeNotForUs.is(error)) {
      const { rootKey, shown, identities } = this.#key
      return WrongKey(
        {
          needs: named === undefined ? 'one of those it was encrypted to' : `the root key ${named}`,
          given: rootKey ? `the root key ${shown}` : identities.map(recipientOf).join(', '),
        },
        error,
      )
    }
    if (AgeDamaged.is(error))
      return SourceInvalid({ part, reason: error.message.replace(/\.$/, '') }, error)
    const isZlib = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')
    return isZlib ? SourceInvalid({ part, reason: 'it cannot be opened by gzip' }, error) : error
  }

  async #sumBeside(key: string): Promise<string> {
    const text = (await this.#whole(`${key}.sha256`, aLineBytes)).toString('latin1')
    const [, sum] = /^([0-9a-f]{64}) {2}(\S+)\n$/.exec(text) ?? []
    if (sum === undefined || !text.endsWith(`  ${key.split('/').at(-1)}\n`))
      throw SourceInvalid({ part: `${key}.sha256`, reason: 'it is no sum of that object' })
    return sum
  }

  async #whole(key: string, most = maxObjectBytes): Promise<Buffer> {
    const parts: Uint8Array[] = []
    let bytes = 0
    const { body } = await this.#get(key)
    for await (const piece of body) {
      // A copy: storage may use its buffer again.
      parts.push(Buffer.from(piece))
      bytes += piece.length
      this.bytes += piece.length
      if (bytes > most) throw SourceInvalid({ part: key, reason: 'it is larger than it may be' })
    }
    return Buffer.concat(parts)
  }

  async #get(key: string) {
    try {
      return await this.#storage.get(key, this.#signal ? { signal: this.#signal } : {})
    } catch (error) {
      if (StorageNotFound.is(error)) throw SourceInvalid({ part: key, reason: 'it is gone' }, error)
      throw error
    }
  }
}

/** `work` on each, a few begun before they are asked for; results in order. */
export async function* ahead<T, R>(
  all: readonly T[],
  count: number,
  work: (one: T) => Promise<R>,
): AsyncGenerator<R> {
  const begun: Promise<R>[] = []
  let next = 0
  for (let at = 0; at < all.length; at++) {
    for (; next < all.length && next < at + count; next++) {
      const promise = work(all[next] as T) // within bounds
      // Told to whoever waits for it, or to nobody when one before it failed.
      promise.catch(() => undefined)
      begun.push(promise)
    }
    const one = begun.shift()
    if (one) yield await one
  }
}
