import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type ContentItem, readContent } from './content.ts'
import { decrypted, keyOf, type SnapshotKey, tagBytes } from './protection.ts'
import { notASnapshot } from './recognize.ts'
import {
  ImportTooLarge,
  OtherInstance,
  PassphraseNeeded,
  SnapshotDamaged,
  SnapshotSealed,
} from './snapshot-errors.ts'
import {
  associatedAt,
  headerSum,
  lengthBytes,
  maxHeaderBytes,
  parseHeader,
  readSums,
  type SnapshotHeader,
} from './snapshot-header.ts'

/** Bytes of a snapshot in any place: a file, mostly. */
export interface Source {
  readonly size: number
  /** Exactly so many bytes. */
  read(offset: number, length: number): Promise<Uint8Array>
}

export interface SnapshotLimits {
  /** Of the file, and of what is in it. */
  readonly maxBytes: number
}

/** A snapshot whose checksums are right. */
export interface OpenedSnapshot {
  readonly header: SnapshotHeader
  /** What encryption vouches for besides the payload: length and header without checksums. */
  readonly associated: Uint8Array
  readonly payloadAt: number
}

const chunkBytes = 256 * 1024
const mib = 1024 * 1024
/** JSON of configuration shrinks to a thirtieth; what shrinks to less than this is no configuration. */
const maxRatio = 250
/** Below it the ratio says nothing. */
const ratioMatters = mib

const damaged = (what: string): Error => SnapshotDamaged({ what })
const tooLarge = (what: string, { maxBytes }: SnapshotLimits): Error =>
  ImportTooLarge({ what, limitMib: Math.floor(maxBytes / mib) })

async function* chunksOf(source: Source, from: number, to: number): AsyncGenerator<Uint8Array> {
  for (let at = from; at < to; at += chunkBytes) {
    yield await source.read(at, Math.min(chunkBytes, to - at))
  }
}

/**
 * Checks length, header and both checksums, and only then reads the header. Nothing is decrypted. Throws
 * `backup.not_a_snapshot`, `backup.snapshot_damaged`, `backup.snapshot_version_unknown`, `backup.import_too_large`.
 */
export async function openSnapshot(
  source: Source,
  limits: SnapshotLimits,
): Promise<OpenedSnapshot> {
  const { size } = source
  const beginning = await source.read(0, Math.min(size, 512))
  const view = new DataView(beginning.buffer, beginning.byteOffset, beginning.length)
  // As much of it as there is: a snapshot cut early is a damaged one.
  const sample = Buffer.from(beginning.subarray(lengthBytes, lengthBytes + 20)).toString('latin1')
  const isOurs = sample !== '' && '{"header_checksum":"'.startsWith(sample)
  if (!isOurs) throw notASnapshot(beginning)
  if (size > limits.maxBytes) throw tooLarge('The file is larger', limits)
  const headerLength = view.getUint32(0)
  if (headerLength > maxHeaderBytes) throw damaged('its header is said to be longer than 1 MiB')
  if (headerLength <= associatedAt) throw damaged('its header is said to be too short')
  const payloadAt = lengthBytes + headerLength
  if (payloadAt > size) throw damaged('it ends within its header')
  const header = await source.read(lengthBytes, headerLength)
  const sums = readSums(header)
  if (!sums) throw damaged('the header does not begin with two checksums')
  if (headerSum(header) !== sums.header) throw damaged('the checksum of its header is another')
  const hash = createHash('sha256')
  for await (const chunk of chunksOf(source, payloadAt, size)) hash.update(chunk)
  if (hash.digest('hex') !== sums.payload) {
    throw damaged('the checksum of its payload is another: it was cut or altered')
  }
  const parsed = parseHeader(header)
  if (parsed.payloadBytes !== size - payloadAt) throw damaged('its payload has another length')
  if (parsed.contentBytes > limits.maxBytes) throw tooLarge('What is in it is larger', limits)
  const length = beginning.subarray(0, lengthBytes)
  const associated = Buffer.concat([length, header.subarray(associatedAt)])
  return { header: parsed, associated, payloadAt }
}

/** What opens it, of what the caller has. Throws `backup.passphrase_needed` or `backup.other_instance`. */
export async function keyFor(
  { encryption }: SnapshotHeader,
  passphrase: string,
  instanceKey: (owner: string, keyId: string) => Promise<Uint8Array | undefined>,
): Promise<SnapshotKey | undefined> {
  if (!encryption) return undefined
  const { keyId, keyOwner } = encryption
  if (keyId !== undefined && keyOwner !== undefined) {
    const key = await instanceKey(keyOwner, keyId)
    if (!key) throw OtherInstance({ keyId })
    return { kind: 'instance_key', key }
  }
  if (passphrase === '') throw PassphraseNeeded({})
  return { kind: 'passphrase', passphrase }
}

/**
 * What is in it, piece by piece, never whole in memory. The first pass only proves that the encryption is right, so
 * that no byte is looked at which nobody vouches for; the second reads.
 */
export async function* snapshotContent(
  source: Source,
  { header, associated, payloadAt }: OpenedSnapshot,
  key: SnapshotKey | undefined,
  limits: SnapshotLimits,
): AsyncGenerator<ContentItem> {
  const { encryption } = header
  let payload = chunksOf(source, payloadAt, source.size)
  if (encryption) {
    if (!key) throw PassphraseNeeded({})
    const end = source.size - tagBytes
    if (end < payloadAt) throw damaged('its payload is too short')
    const secret = await keyOf(encryption.format, key)
    const tag = await source.read(end, tagBytes)
    const words = key.kind === 'passphrase' ? 'passphrase' : 'key'
    const broken = () => SnapshotSealed({ key: words })
    const pass = () =>
      decrypted(chunksOf(source, payloadAt, end), secret, encryption.nonce, associated, tag, broken)
    for await (const _ of pass()) void _
    payload = pass()
  }
  const stored = header.payloadBytes - (encryption ? tagBytes : 0)
  const lines = header.isCompressed ? gunzipped(payload, stored, header, limits) : payload
  yield* readContent(counted(lines, header.contentBytes), header.manifest)
}

/** No more than the header says, and no less. */
async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  expected: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > expected) throw damaged('there is more in it than its header says')
    yield chunk
  }
  if (bytes < expected) throw damaged('there is less in it than its header says')
}

async function* gunzipped(
  chunks: AsyncIterable<Uint8Array>,
  stored: number,
  { contentBytes }: SnapshotHeader,
  limits: SnapshotLimits,
): AsyncGenerator<Uint8Array> {
  if (contentBytes > ratioMatters && contentBytes > stored * maxRatio) {
    throw damaged(`it claims to be compressed to less than 1/${maxRatio}`)
  }
  const gunzip = createGunzip({ chunkSize: 64 * 1024 })
  const input = Readable.from(chunks)
  input.on('error', (error) => gunzip.destroy(error))
  input.pipe(gunzip)
  let bytes = 0
  try {
    // as: a zlib stream yields buffers
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      if (bytes > limits.maxBytes) throw tooLarge('What is in it is larger', limits)
      yield chunk
    }
    if (gunzip.bytesWritten < stored) throw damaged('something follows its compressed data')
  } catch (error) {
    if (isZlibError(error)) throw damaged(`its compressed data is broken (${error.code})`)
    throw error
  } finally {
    input.destroy()
    gunzip.destroy()
  }
}

const isZlibError = (error: unknown): error is Error & { readonly code: string } =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  (error.code.startsWith('Z_') || error.code === 'ERR_STREAM_PREMATURE_CLOSE')
