import { createHash } from 'node:crypto'
import {
  FormatError,
  hashBytes,
  parseNote,
  parseTombstone,
  type Tombstone,
  TreeHead,
} from '@holdfast/merkle'

/** As for segments, with another letter. */
const magic = Buffer.from('894846540d0a1a0a', 'hex')
const maxNoteBytes = 64 * 1024
/** 2 MiB of hashes. */
export const maxGone = 65_536

/** What is left of records whose content is gone: their leaf hashes, under a signed note (docs/formats/tombstone.md). */
export interface GoneFile {
  readonly note: string
  readonly tombstone: Tombstone
  /** 32 bytes each, one after the other. */
  readonly leaves: Uint8Array
}

const digits = (sequence: bigint): string => sequence.toString().padStart(20, '0')

export const goneName = (first: bigint, last: bigint): string =>
  `gone-${digits(first)}-${digits(last)}.hft`

/** Undefined for every other file. */
export function parseGoneName(
  name: string,
): { readonly name: string; readonly first: bigint; readonly last: bigint } | undefined {
  const [, from, to] = /^gone-(\d{20})-(\d{20})\.hft$/.exec(name) ?? []
  if (from === undefined || to === undefined) return undefined
  const [first, last] = [BigInt(from), BigInt(to)]
  return first < 1n || last < first ? undefined : { name, first, last }
}

/** Throws FormatError when the note is no tombstone of just these leaves. */
export function encodeGone(note: string, leaves: Uint8Array): Buffer {
  const text = Buffer.from(note, 'utf8')
  const head = Buffer.alloc(12)
  magic.copy(head)
  head.writeUInt32BE(text.length, 8)
  const body = Buffer.concat([head, text, leaves])
  const bytes = Buffer.concat([body, createHash('sha256').update(body).digest()])
  const read = decodeGone(bytes)
  if (typeof read === 'string') throw new FormatError('tombstone', read)
  return bytes
}

/** The file, or what is wrong with it. Signatures are for whoever knows the keys. */
export function decodeGone(bytes: Buffer): GoneFile | string {
  if (bytes.length < 12 + 32 || !bytes.subarray(0, 8).equals(magic))
    return 'it does not begin as such a file does'
  const end = bytes.length - 32
  if (!createHash('sha256').update(bytes.subarray(0, end)).digest().equals(bytes.subarray(end)))
    return 'its SHA-256 is wrong'
  const leavesAt = 12 + bytes.readUInt32BE(8)
  if (leavesAt - 12 > maxNoteBytes || leavesAt > end) return 'its note is too long'
  const leaves = new Uint8Array(bytes.subarray(leavesAt, end))
  const note = bytes.toString('utf8', 12, leavesAt)
  let tombstone: Tombstone
  try {
    tombstone = parseTombstone(parseNote(note).text)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return error.message
  }
  const { first, last, root } = tombstone
  if (BigInt(leaves.length) !== (last - first + 1n) * BigInt(hashBytes))
    return 'it has not one leaf hash for each record'
  if (Buffer.compare(rootOf(leaves), root) !== 0)
    return 'its leaf hashes do not lead to the root of its tombstone'
  return { note, tombstone, leaves }
}

export function* eachLeaf(leaves: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < leaves.length; at += hashBytes) yield leaves.slice(at, at + hashBytes)
}

export function rootOf(leaves: Uint8Array): Uint8Array {
  const head = TreeHead.empty()
  for (const leaf of eachLeaf(leaves)) head.append(leaf)
  return head.root()
}
