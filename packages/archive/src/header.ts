import { type AccessEpoch, FormatError, parseEpoch } from '@holdfast/merkle'
import { crcOf } from './crc.ts'
import { maxHeaderJsonBytes, maxSequence } from './limits.ts'
import type { ArchiveIdentity } from './types.ts'

/** 0x89 and both line ends, as in PNG: 7-bit and text-mode copies break it. */
const magic = Buffer.from('894846530d0a1a0a', 'hex')
const version = 1
const fixedBytes = 12
/** No header is longer. */
export const maxHeaderBytes = fixedBytes + maxHeaderJsonBytes + 4

export interface SegmentHeader {
  readonly identity: ArchiveIdentity
  /** Of its first commit. */
  readonly firstSequence: bigint
  /** Leaf hash of the commit before, 32 bytes; empty for the first of its tree. */
  readonly previousHash: Uint8Array
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
export const isLineageId = (text: string): boolean => uuid.test(text)

/** What is wrong with an identity, if anything. */
export function identityFault(identity: ArchiveIdentity): string | undefined {
  const { lineageId, generation, rootKeyFingerprint, log } = identity
  if (!isLineageId(lineageId)) return 'the lineage is no lower-case UUID'
  if (!Number.isInteger(generation) || generation < 1 || generation > 0xffff_ffff)
    return 'the generation is out of range'
  if (!/^[A-Za-z0-9:+/=_.-]{1,128}$/.test(rootKeyFingerprint))
    return 'the fingerprint of the root key has other characters or length'
  if (log !== undefined && epochOf(log) === undefined) return 'there is no log of that name'
  return undefined
}

/** The epoch in `access/<epoch>`; undefined for any other text. */
export function epochOf(log: string): AccessEpoch | undefined {
  if (!log.startsWith('access/')) return undefined
  try {
    return parseEpoch(log.slice('access/'.length))
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}

/** The sequence nothing comes before. */
const firstOf = ({ log }: ArchiveIdentity): bigint =>
  (log === undefined ? undefined : epochOf(log)?.first) ?? 1n

export function encodeHeader({ identity, firstSequence, previousHash }: SegmentHeader): Buffer {
  const json = Buffer.from(
    JSON.stringify({
      lineage: identity.lineageId,
      generation: identity.generation,
      first: firstSequence.toString(),
      previous: Buffer.from(previousHash).toString('hex'),
      rootKey: identity.rootKeyFingerprint,
      ...(identity.log === undefined ? {} : { log: identity.log }),
    }),
  )
  const bytes = Buffer.alloc(fixedBytes + json.length + 4)
  magic.copy(bytes)
  bytes.writeUInt16BE(version, 8)
  bytes.writeUInt16BE(json.length, 10)
  json.copy(bytes, fixedBytes)
  bytes.writeUInt32BE(crcOf(bytes.subarray(0, -4)), bytes.length - 4)
  return bytes
}

/** The header at the start of `bytes` (`maxHeaderBytes` are enough), or what is wrong with it. */
export function decodeHeader(bytes: Buffer): { header: SegmentHeader; size: number } | string {
  if (bytes.length < fixedBytes) return 'it is shorter than a header'
  if (!bytes.subarray(0, 8).equals(magic)) return 'it does not begin as a segment does'
  if (bytes.readUInt16BE(8) !== version)
    return `format version ${bytes.readUInt16BE(8)} is not known here`
  const length = bytes.readUInt16BE(10)
  const size = fixedBytes + length + 4
  if (length > maxHeaderJsonBytes) return 'its header is too long'
  if (bytes.length < size) return 'it ends inside its header'
  if (bytes.readUInt32BE(size - 4) !== crcOf(bytes.subarray(0, size - 4)))
    return 'the CRC-32 of its header is wrong'
  const header = parse(bytes.toString('utf8', fixedBytes, size - 4))
  if (header === undefined) return 'its header does not say what a header says'
  // One header, one spelling: no spaces, no other order, nothing twice.
  if (!encodeHeader(header).equals(bytes.subarray(0, size)))
    return 'its header is spelled otherwise'
  return { header, size }
}

function parse(text: string): SegmentHeader | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { lineage, generation, first, previous, rootKey, log } = value as Record<string, unknown> // checked below
  if (
    typeof lineage !== 'string' ||
    typeof generation !== 'number' ||
    typeof first !== 'string' ||
    typeof previous !== 'string' ||
    typeof rootKey !== 'string' ||
    (log !== undefined && typeof log !== 'string')
  )
    return undefined
  const identity = { lineageId: lineage, generation, rootKeyFingerprint: rootKey, log }
  if (identityFault(identity) !== undefined || !/^[1-9]\d{0,18}$/.test(first)) return undefined
  const firstSequence = BigInt(first)
  if (firstSequence > maxSequence) return undefined
  if (previous.length !== (firstSequence === firstOf(identity) ? 0 : 64)) return undefined
  return { identity, firstSequence, previousHash: new Uint8Array(Buffer.from(previous, 'hex')) }
}
