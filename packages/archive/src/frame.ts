import { isUtf8 } from 'node:buffer'
import { crcOf } from './crc.ts'
import { ArchiveCommitInvalid } from './errors.ts'
import { frameHeadBytes, maxBodyBytes, maxSequence, minBodyBytes } from './limits.ts'
import { messageIdOf } from './message-id.ts'
import type { ArchivedCommit } from './types.ts'

const maxU64 = (1n << 64n) - 1n

/** Bytes of a commit's frame. Throws archive.commit_invalid for what the format has no room for. */
export function frameBytes(commit: ArchivedCommit): number {
  const { sequence, subject, headers, payload, storedAtUnixNs } = commit
  const refuse = (reason: string): never => {
    throw ArchiveCommitInvalid({ sequence, reason })
  }
  const subjectBytes = Buffer.byteLength(subject)
  if (sequence < 1n || sequence > maxSequence) refuse('its sequence is out of range')
  if (storedAtUnixNs < 0n || storedAtUnixNs > maxU64) refuse('its time is out of range')
  if (subjectBytes > 0xffff) refuse('its subject is longer than 65,535 bytes')
  const body = minBodyBytes + subjectBytes + headers.length + payload.length
  if (body > maxBodyBytes) refuse(`it takes ${body} bytes, more than ${maxBodyBytes}`)
  if (messageIdOf(headers) !== commit.messageId) refuse('its message id is not that of its headers')
  return frameHeadBytes + body
}

/** Writes a frame of `size` bytes, as `frameBytes` told, and returns where it ends. */
function writeFrame(into: Buffer, start: number, size: number, commit: ArchivedCommit): number {
  const { headers, payload } = commit
  const end = start + size
  const body = start + frameHeadBytes
  const subjectBytes = size - frameHeadBytes - minBodyBytes - headers.length - payload.length
  let at = into.writeUInt32BE(size - frameHeadBytes, start)
  at = into.writeBigUInt64BE(commit.sequence, body)
  at = into.writeBigUInt64BE(commit.storedAtUnixNs, at)
  at = into.writeUInt16BE(subjectBytes, at)
  at += into.write(commit.subject, at, subjectBytes, 'utf8')
  at = into.writeUInt32BE(headers.length, at)
  into.set(headers, at)
  at = into.writeUInt32BE(payload.length, at + headers.length)
  into.set(payload, at)
  into.writeUInt32BE(crcOf(into.subarray(start, start + 4), into.subarray(body, end)), start + 4)
  return end
}

/** The frames of these commits after each other, and the size of each. Throws archive.commit_invalid. */
export function encodeFrames(commits: readonly ArchivedCommit[]): {
  readonly bytes: Buffer
  readonly sizes: readonly number[]
} {
  const sizes = commits.map(frameBytes)
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, 0))
  let at = 0
  commits.forEach((commit, i) => {
    at = writeFrame(bytes, at, sizes[i] ?? 0, commit)
  })
  return { bytes, sizes }
}

/** Why bytes are no frame. `short`: they end before the frame does, and as far as they go nothing is wrong. */
export interface FrameFault {
  readonly fault: 'short' | 'length' | 'crc' | 'body' | 'sequence'
  /** For people. */
  readonly reason: string
  /** For `short`: bytes needed from the frame's start, as far as known. */
  readonly needs: number
}
export interface DecodedFrame {
  readonly commit: ArchivedCommit
  /** Head and body. */
  readonly size: number
}

const fault = (kind: FrameFault['fault'], reason: string, needs = 0): FrameFault => ({
  fault: kind,
  reason,
  needs,
})

/**
 * The frame at `start`, with `expected` as its sequence. The commit's bytes are views of `bytes`.
 * Nothing in it is trusted before its CRC has been checked, and its lengths not after either.
 */
export function decodeFrame(
  bytes: Buffer,
  start: number,
  expected: bigint,
): DecodedFrame | FrameFault {
  const left = bytes.length - start
  if (left < 4) return fault('short', 'it ends inside a length', frameHeadBytes)
  const length = bytes.readUInt32BE(start)
  if (length < minBodyBytes || length > maxBodyBytes)
    return fault('length', `a frame cannot have ${length} bytes`)
  const size = frameHeadBytes + length
  if (left < size) return fault('short', 'it ends inside a frame', size)
  const body = start + frameHeadBytes
  const end = start + size
  if (
    bytes.readUInt32BE(start + 4) !==
    crcOf(bytes.subarray(start, start + 4), bytes.subarray(body, end))
  )
    return fault('crc', 'the CRC-32 of a frame is wrong')

  const sequence = bytes.readBigUInt64BE(body)
  const subjectAt = body + 18
  const headersAt = subjectAt + bytes.readUInt16BE(body + 16) + 4
  if (headersAt + 4 > end) return fault('body', 'a subject is longer than its frame')
  const payloadAt = headersAt + bytes.readUInt32BE(headersAt - 4) + 4
  if (payloadAt > end) return fault('body', 'headers are longer than their frame')
  if (payloadAt + bytes.readUInt32BE(payloadAt - 4) !== end)
    return fault('body', 'a payload does not end with its frame')
  const subject = bytes.toString('utf8', subjectAt, headersAt - 4)
  // ASCII has as many characters as bytes.
  if (
    subject.length !== headersAt - 4 - subjectAt &&
    !isUtf8(bytes.subarray(subjectAt, headersAt - 4))
  )
    return fault('body', 'a subject is not UTF-8')
  if (sequence !== expected)
    return fault('sequence', `sequence ${sequence} stands where ${expected} belongs`)
  const headers = bytes.subarray(headersAt, payloadAt - 4)
  const messageId = messageIdOf(headers)
  if (messageId.length > 0x5555 && Buffer.byteLength(messageId) > 0xffff)
    return fault('body', 'a message id is longer than 65,535 bytes')
  return {
    commit: {
      sequence,
      subject,
      messageId,
      headers,
      payload: bytes.subarray(payloadAt, end),
      storedAtUnixNs: bytes.readBigUInt64BE(body + 8),
    },
    size,
  }
}
