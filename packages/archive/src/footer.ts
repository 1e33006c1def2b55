import { crcOf } from './crc.ts'
import { indexEvery, maxSequence } from './limits.ts'

/** Where a frame's length stands; as a length it is far beyond the greatest, so that the two never meet. */
export const footerMark = 0x48465346
const endMagic = Buffer.from('HFSEND\r\n', 'latin1')
const fixedBytes = 56
const entryBytes = 12
const digestBytes = 3 * 32
/** Offset of the footer, CRC, magic: the last bytes of a sealed segment. */
export const trailerBytes = 20

/** Of every 256th frame. */
export interface IndexEntry {
  /** Of the frame in its file. */
  readonly offset: number
  /** The greatest commit time of all commits before it, in this segment and earlier ones, in µs. */
  readonly maxTimeBeforeUs: number
}

export interface SegmentFooter {
  readonly firstSequence: bigint
  readonly lastSequence: bigint
  /** Of the commits of this segment that state one, in µs; 0 when none does. */
  readonly minTimeUs: number
  readonly maxTimeUs: number
  /** Of this segment and all before it. */
  readonly runningMaxTimeUs: number
  readonly index: readonly IndexEntry[]
  /** Leaf hash of the last commit. */
  readonly lastHash: Uint8Array
  /** Merkle tree hash (RFC 6962) over the leaf hashes of this segment alone. */
  readonly treeHash: Uint8Array
}

/** Footer and trailer up to the SHA-256, which is over all of the file before it. `offset`: where the footer begins. */
export function encodeFooterHead(footer: SegmentFooter): Buffer {
  const { index } = footer
  const bytes = Buffer.alloc(fixedBytes + index.length * entryBytes + 64)
  let at = bytes.writeUInt32BE(footerMark, 0)
  at = bytes.writeUInt32BE(index.length, at)
  at = bytes.writeBigUInt64BE(footer.firstSequence, at)
  at = bytes.writeBigUInt64BE(footer.lastSequence, at)
  at = bytes.writeBigUInt64BE(footer.lastSequence - footer.firstSequence + 1n, at)
  at = bytes.writeBigUInt64BE(BigInt(footer.minTimeUs), at)
  at = bytes.writeBigUInt64BE(BigInt(footer.maxTimeUs), at)
  at = bytes.writeBigUInt64BE(BigInt(footer.runningMaxTimeUs), at)
  for (const entry of index) {
    at = bytes.writeUInt32BE(entry.offset, at)
    at = bytes.writeBigUInt64BE(BigInt(entry.maxTimeBeforeUs), at)
  }
  bytes.set(footer.lastHash, at)
  bytes.set(footer.treeHash, at + 32)
  return bytes
}

/** What follows `encodeFooterHead`: the SHA-256 and the trailer. */
export function encodeFooterTail(head: Buffer, sha256: Uint8Array, offset: number): Buffer {
  const bytes = Buffer.alloc(32 + trailerBytes)
  bytes.set(sha256)
  bytes.writeBigUInt64BE(BigInt(offset), 32)
  bytes.writeUInt32BE(crcOf(head, bytes.subarray(0, 40)), 40)
  endMagic.copy(bytes, 44)
  return bytes
}

/** Where a sealed segment of `size` bytes says its footer begins, by its last bytes; undefined when it has no trailer. */
export function footerOffset(end: Buffer, size: number): number | undefined {
  if (end.length < trailerBytes || !end.subarray(-8).equals(endMagic)) return undefined
  const offset = end.readBigUInt64BE(end.length - trailerBytes)
  const least = fixedBytes + digestBytes + trailerBytes
  return offset > 0n && offset <= BigInt(size - least) ? Number(offset) : undefined
}

/** `bytes` are all of a file from `offset` on. Answers with what is wrong when it is no footer. */
export function decodeFooter(
  bytes: Buffer,
  offset: number,
): { footer: SegmentFooter; sha256: Uint8Array } | string {
  if (bytes.length < fixedBytes + digestBytes + trailerBytes) return 'its footer is too short'
  if (bytes.readUInt32BE(0) !== footerMark) return 'no footer stands where its trailer says'
  const trailer = bytes.length - trailerBytes
  if (!bytes.subarray(trailer + 12).equals(endMagic)) return 'it has no trailer'
  if (bytes.readBigUInt64BE(trailer) !== BigInt(offset)) return 'its footer stands elsewhere'
  const entries = bytes.readUInt32BE(4)
  if (bytes.length !== fixedBytes + entries * entryBytes + digestBytes + trailerBytes)
    return 'its footer has another length than it says'
  if (bytes.readUInt32BE(trailer + 8) !== crcOf(bytes.subarray(0, trailer + 8)))
    return 'the CRC-32 of its footer is wrong'

  const firstSequence = bytes.readBigUInt64BE(8)
  const lastSequence = bytes.readBigUInt64BE(16)
  const count = bytes.readBigUInt64BE(24)
  const times = [32, 40, 48].map((at) => bytes.readBigUInt64BE(at))
  const index = Array.from({ length: entries }, (_, i) => ({
    offset: bytes.readUInt32BE(fixedBytes + i * entryBytes),
    maxTimeBeforeUs: Number(bytes.readBigUInt64BE(fixedBytes + i * entryBytes + 4)),
  }))
  const isOrdered = index.every(
    (entry, i) =>
      entry.offset > (index[i - 1]?.offset ?? 0) &&
      entry.offset < offset &&
      entry.maxTimeBeforeUs >= (index[i - 1]?.maxTimeBeforeUs ?? 0) &&
      Number.isSafeInteger(entry.maxTimeBeforeUs),
  )
  if (
    firstSequence < 1n ||
    lastSequence < firstSequence ||
    lastSequence > maxSequence ||
    count !== lastSequence - firstSequence + 1n ||
    BigInt(entries) !== (count + BigInt(indexEvery) - 1n) / BigInt(indexEvery) ||
    times.some((time) => time > BigInt(Number.MAX_SAFE_INTEGER)) ||
    !isOrdered
  )
    return 'its footer contradicts itself'
  const [minTimeUs = 0, maxTimeUs = 0, runningMaxTimeUs = 0] = times.map(Number)
  const digests = trailer - digestBytes
  const copy = (at: number): Uint8Array => new Uint8Array(bytes.subarray(at, at + 32))
  return {
    footer: {
      firstSequence,
      lastSequence,
      minTimeUs,
      maxTimeUs,
      runningMaxTimeUs,
      index,
      lastHash: copy(digests),
      treeHash: copy(digests + 32),
    },
    sha256: copy(digests + 64),
  }
}
