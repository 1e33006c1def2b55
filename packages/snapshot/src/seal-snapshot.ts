import { createHash, randomBytes } from 'node:crypto'
import {
  encrypted,
  type KeyFormat,
  keyOf,
  newInstanceFormat,
  newPassphraseFormat,
  nonceBytes,
  type SnapshotKey,
  tagBytes,
} from './protection.ts'
import { SnapshotTooLarge } from './snapshot-errors.ts'
import {
  associatedAt,
  type Encryption,
  fillSums,
  headerBytes,
  lengthBytes,
  maxHeaderBytes,
  type SnapshotHeader,
} from './snapshot-header.ts'

/** Where a snapshot is written to: bytes one after another, and at last the header's over again. */
export interface Sink {
  write(bytes: Uint8Array): Promise<void>
  writeAt(offset: number, bytes: Uint8Array): Promise<void>
}

export type Protection =
  | { readonly kind: 'none' }
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** Opens on this instance alone. */
  | {
      readonly kind: 'instance_key'
      readonly key: Uint8Array
      readonly keyId: string
      readonly keyOwner: string
    }

/** The stored content (compressed, when the header says so) and how long it is. */
export interface StoredContent {
  readonly bytes: number
  chunks(): AsyncIterable<Uint8Array>
}

export type HeaderFacts = Omit<SnapshotHeader, 'payloadBytes' | 'encryption'>

/** For vectors alone: the salts and nonces of a snapshot are random. */
export interface Fixed {
  readonly format: KeyFormat
  readonly nonce: Uint8Array
}

/** Header, encryption, checksums. Answers with how many bytes there are. */
export async function sealSnapshot(
  facts: HeaderFacts,
  content: StoredContent,
  protection: Protection,
  sink: Sink,
  fixed?: Fixed,
): Promise<number> {
  const made = protection.kind === 'none' ? undefined : encryptionOf(protection, fixed)
  const payloadBytes = content.bytes + (made ? tagBytes : 0)
  const header = headerBytes({ ...facts, payloadBytes, encryption: made?.encryption })
  if (header.length > maxHeaderBytes) {
    throw SnapshotTooLarge({ what: 'Its table of contents is longer than 1 MiB' })
  }
  const length = new Uint8Array(lengthBytes)
  new DataView(length.buffer).setUint32(0, header.length)
  await sink.write(length)
  await sink.write(header)
  let chunks = content.chunks()
  if (made) {
    const associated = Buffer.concat([length, header.subarray(associatedAt)])
    const { format, nonce } = made.encryption
    chunks = encrypted(chunks, await keyOf(format, made.key), nonce, associated)
  }
  const hash = createHash('sha256')
  let written = 0
  for await (const chunk of chunks) {
    hash.update(chunk)
    written += chunk.length
    await sink.write(chunk)
  }
  if (written !== payloadBytes) throw new RangeError(`${written} bytes of ${payloadBytes}`)
  fillSums(header, hash.digest('hex'))
  await sink.writeAt(lengthBytes, header)
  return lengthBytes + header.length + payloadBytes
}

function encryptionOf(
  protection: Exclude<Protection, { kind: 'none' }>,
  fixed: Fixed | undefined,
): { readonly encryption: Encryption; readonly key: SnapshotKey } {
  const nonce = fixed?.nonce ?? new Uint8Array(randomBytes(nonceBytes))
  if (protection.kind === 'passphrase') {
    const format = fixed?.format ?? newPassphraseFormat()
    return { encryption: { format, nonce }, key: protection }
  }
  const { keyId, keyOwner } = protection
  const format = fixed?.format ?? newInstanceFormat()
  return { encryption: { format, nonce, keyId, keyOwner }, key: protection }
}
