import { readRange } from './files.ts'
import { footerMark } from './footer.ts'
import { decodeFrame } from './frame.ts'
import { frameHeadBytes, maxBodyBytes, minBodyBytes } from './limits.ts'
import type { ArchivedCommit, OpenFile } from './types.ts'

const chunkBytes = 1024 * 1024

/** Whole frames after each other. */
export interface FrameBatch {
  readonly commits: readonly ArchivedCommit[]
  /** All of their bytes, of which the commits are views. */
  readonly bytes: Buffer
  readonly sizes: readonly number[]
}

/** Where frames stop. `end`: with the file. `footer`: at what looks like the start of one. `short`: inside a frame. */
export interface FrameStop {
  readonly kind: 'end' | 'footer' | 'short' | 'bad'
  readonly offset: number
  /** Of the frame that should stand there. */
  readonly sequence: bigint
  readonly reason: string
}

/** Reads frames in order, about 1 MiB at a time, or one frame where it is larger. */
export class FrameReader {
  readonly #file: OpenFile
  readonly #limit: number
  readonly #chunk: number
  #offset: number
  #sequence: bigint
  #needs = 0
  #stop: FrameStop | undefined

  /** From `offset` on, where the frame of `sequence` begins, up to `limit` (the file's size, or less). */
  constructor(file: OpenFile, offset: number, limit: number, sequence: bigint, chunk = chunkBytes) {
    this.#file = file
    this.#offset = offset
    this.#limit = limit
    this.#chunk = chunk
    this.#sequence = sequence
  }

  /** Set once `next` has answered undefined. */
  get stop(): FrameStop | undefined {
    return this.#stop
  }

  async next(): Promise<FrameBatch | undefined> {
    while (this.#stop === undefined) {
      const wanted = Math.max(this.#chunk, this.#needs)
      const end = Math.min(this.#offset + wanted, this.#limit)
      const bytes = await readRange(this.#file, this.#offset, end)
      const batch = this.#decode(bytes, bytes.length < wanted)
      if (batch.commits.length > 0) return batch
    }
    return undefined
  }

  /** `isLast`: no bytes follow these. */
  #decode(bytes: Buffer, isLast: boolean): FrameBatch {
    const commits: ArchivedCommit[] = []
    const sizes: number[] = []
    let at = 0
    this.#needs = 0
    while (at < bytes.length) {
      const frame = decodeFrame(bytes, at, this.#sequence)
      if ('commit' in frame) {
        commits.push(frame.commit)
        sizes.push(frame.size)
        at += frame.size
        this.#sequence += 1n
        continue
      }
      if (frame.fault === 'short' && !isLast) {
        this.#needs = frame.needs
        break
      }
      const isFooter = bytes.length - at >= 4 && bytes.readUInt32BE(at) === footerMark
      const kind = isFooter ? 'footer' : frame.fault === 'short' ? 'short' : 'bad'
      this.#halt(kind, this.#offset + at, frame.reason)
      break
    }
    if (at === bytes.length && isLast) this.#halt('end', this.#offset + at, '')
    this.#offset += at
    return { commits, bytes: bytes.subarray(0, at), sizes }
  }

  #halt(kind: FrameStop['kind'], offset: number, reason: string): void {
    this.#stop = { kind, offset, sequence: this.#sequence, reason }
  }
}

const headBytes = frameHeadBytes + 8
/** A file made to look full of frames must not keep anybody busy. */
const maxCandidates = 100_000

/**
 * The first place from `from` on where a whole frame stands, with a sequence that could follow: at
 * least `least`, at most what fits in between. `unknown` when it gave up looking.
 */
export async function findFrame(
  file: OpenFile,
  from: number,
  limit: number,
  least: bigint,
): Promise<{ readonly offset: number; readonly sequence: bigint } | 'none' | 'unknown'> {
  const shortest = frameHeadBytes + minBodyBytes
  let candidates = 0
  for (let start = from; limit - start >= shortest; start += chunkBytes) {
    const bytes = await readRange(file, start, Math.min(start + chunkBytes + headBytes, limit))
    for (let at = 0; at < chunkBytes && at + headBytes <= bytes.length; at++) {
      const length = bytes.readUInt32BE(at)
      if (length < minBodyBytes || length > maxBodyBytes) continue
      if (start + at + frameHeadBytes + length > limit) continue
      const sequence = bytes.readBigUInt64BE(at + frameHeadBytes)
      const most = least + BigInt(Math.ceil((start + at - from) / shortest))
      if (sequence < least || sequence > most) continue
      candidates += 1
      if (candidates > maxCandidates) return 'unknown'
      const offset = start + at
      const frame = await readRange(file, offset, offset + frameHeadBytes + length)
      if ('commit' in decodeFrame(frame, 0, sequence)) return { offset, sequence }
    }
  }
  return 'none'
}
