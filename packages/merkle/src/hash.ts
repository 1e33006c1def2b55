import { hash } from 'node:crypto'
import { FormatError } from './format-error.ts'

/** One commit as the log stores it: what a leaf is made of. */
export interface Leaf {
  /** Position in the stream, from 1; the leaf index is one less. */
  readonly sequence: bigint
  /** UTF-8, at most 65,535 bytes. */
  readonly subject: string
  /** Header `Nats-Msg-Id`, which is the commit id. UTF-8, at most 65,535 bytes. */
  readonly messageId: string
  /** The stored bytes, never a re-encoding. */
  readonly payload: Uint8Array
}

/** Bytes of every hash here: SHA-256. */
export const hashBytes = 32

const tag = Buffer.from('holdfast-leaf-v1', 'latin1')
const maxSequence = (1n << 63n) - 1n

/** The one-shot call is about twice as fast as a Hash object. */
export function sha256(data: Uint8Array): Uint8Array {
  // The types of Node 20 know no `buffer` here; its documentation does.
  const digest = hash('sha256', data, 'buffer') as unknown as Buffer
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.length)
}

/** Root of the tree without leaves. */
export const emptyRoot: Uint8Array = sha256(new Uint8Array())

/**
 * The hash of a commit in the Merkle log (docs/formats/merkle.md):
 * `SHA-256(0x00 ‖ "holdfast-leaf-v1" ‖ u64 sequence ‖ u16 n ‖ subject ‖ u16 n ‖ message id ‖ u32 n ‖ payload)`.
 * Throws FormatError for what the format cannot carry.
 */
export const leafHash = (leaf: Leaf): Uint8Array => sha256(encodeLeaf(leaf))

/** What is hashed for a leaf, without the leading zero byte: the "data entry" of RFC 6962. */
export const leafData = (leaf: Leaf): Uint8Array => encodeLeaf(leaf).subarray(1)

/** Hash of any data as a leaf (RFC 6962); commits have `leafHash`. */
export function rawLeafHash(data: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(1 + data.length)
  bytes[0] = 0
  bytes.set(data, 1)
  return sha256(bytes)
}

const node = Buffer.alloc(65)
node[0] = 1
/** `SHA-256(0x01 ‖ left ‖ right)`. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length !== hashBytes || right.length !== hashBytes)
    throw new FormatError('hash', 'is not 32 bytes')
  node.set(left, 1)
  node.set(right, 33)
  return sha256(node)
}

function encodeLeaf({ sequence, subject, messageId, payload }: Leaf): Buffer {
  if (sequence < 1n || sequence > maxSequence)
    throw new FormatError('leaf', `sequence ${sequence} is out of range`)
  const subjectBytes = Buffer.byteLength(subject)
  const idBytes = Buffer.byteLength(messageId)
  if (subjectBytes > 0xffff) throw new FormatError('leaf', 'subject is longer than 65,535 bytes')
  if (idBytes > 0xffff) throw new FormatError('leaf', 'message id is longer than 65,535 bytes')
  if (payload.length > 0xffff_ffff) throw new FormatError('leaf', 'payload is longer than 4 GiB')

  const bytes = Buffer.allocUnsafe(33 + subjectBytes + idBytes + payload.length)
  bytes[0] = 0
  bytes.set(tag, 1)
  let at = bytes.writeBigUInt64BE(sequence, 17)
  at = bytes.writeUInt16BE(subjectBytes, at)
  at += writeText(bytes, subject, at, subjectBytes)
  at = bytes.writeUInt16BE(idBytes, at)
  at += writeText(bytes, messageId, at, idBytes)
  at = bytes.writeUInt32BE(payload.length, at)
  bytes.set(payload, at)
  return bytes
}

/** A lone surrogate has no UTF-8; written as U+FFFD two texts would have one hash. */
function writeText(bytes: Buffer, text: string, at: number, length: number): number {
  const written = bytes.write(text, at, length, 'utf8')
  if (length !== text.length && bytes.toString('utf8', at, at + length) !== text)
    throw new FormatError('leaf', 'text is not well-formed Unicode')
  return written
}
