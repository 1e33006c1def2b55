import { createHash } from 'node:crypto'
import { FormatError, leafHash, TreeHead } from '@holdfast/merkle'
import { commitTimeUs } from './commit-time.ts'
import { ArchiveCommitInvalid } from './errors.ts'
import {
  encodeFooterHead,
  encodeFooterTail,
  type IndexEntry,
  type SegmentFooter,
} from './footer.ts'
import { encodeFrames } from './frame.ts'
import { encodeHeader } from './header.ts'
import { indexEvery } from './limits.ts'
import type { ArchivedCommit, ArchiveIdentity } from './types.ts'

/** Frames ready to be written, with what the builder has to know of them. */
export interface PreparedFrames {
  readonly commits: readonly ArchivedCommit[]
  readonly bytes: Buffer
  readonly sizes: readonly number[]
  readonly leaves: readonly Uint8Array[]
}

/** Encodes and hashes. Throws archive.commit_invalid. */
export function prepare(commits: readonly ArchivedCommit[]): PreparedFrames {
  return { commits, ...encodeFrames(commits), leaves: commits.map(leafOf) }
}

export function leafOf(commit: ArchivedCommit): Uint8Array {
  try {
    return leafHash(commit)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw ArchiveCommitInvalid({ sequence: commit.sequence, reason: error.message })
  }
}

/**
 * What a segment's footer will say, kept as frames are added. Knows no file: whoever writes calls
 * `add` once the bytes are where they belong, and never before.
 */
export class SegmentBuilder {
  readonly firstSequence: bigint
  readonly header: Buffer
  readonly #sha = createHash('sha256')
  readonly #tree = TreeHead.empty()
  readonly #index: IndexEntry[] = []
  readonly #timeOf: (commit: ArchivedCommit) => number
  #size: number
  #last: bigint
  #lastHash: Uint8Array
  #minTimeUs = 0
  #maxTimeUs = 0
  #runningMaxTimeUs: number

  constructor(start: {
    readonly identity: ArchiveIdentity
    readonly firstSequence: bigint
    /** Leaf hash of the commit before; empty before the first. */
    readonly previousHash: Uint8Array
    /** Greatest commit time of all segments before. */
    readonly runningMaxTimeUs: number
    /** The header as read, where it is not the one these values make. */
    readonly header?: Buffer
  }) {
    this.firstSequence = start.firstSequence
    this.header = start.header ?? encodeHeader(start)
    this.#sha.update(this.header)
    // Records of ACCESS are no commits: their time is the server's, and nothing republishes them.
    this.#timeOf =
      start.identity.log === undefined
        ? ({ payload }) => commitTimeUs(payload)
        : ({ storedAtUnixNs }) => Number(storedAtUnixNs / 1000n)
    this.#size = this.header.length
    this.#last = start.firstSequence - 1n
    this.#lastHash = start.previousHash
    this.#runningMaxTimeUs = start.runningMaxTimeUs
  }

  /** Header and frames. */
  get size(): number {
    return this.#size
  }
  get isEmpty(): boolean {
    return this.#last < this.firstSequence
  }
  /** One less than `firstSequence` while empty, and the hash of that commit. */
  get last(): { readonly sequence: bigint; readonly hash: Uint8Array } {
    return { sequence: this.#last, hash: this.#lastHash }
  }
  get index(): readonly IndexEntry[] {
    return this.#index
  }
  get runningMaxTimeUs(): number {
    return this.#runningMaxTimeUs
  }

  /** They follow `last` without a gap; the caller has looked. */
  add({ commits, bytes, sizes, leaves }: PreparedFrames): void {
    this.#sha.update(bytes)
    commits.forEach((commit, i) => {
      if (Number(commit.sequence - this.firstSequence) % indexEvery === 0)
        this.#index.push({ offset: this.#size, maxTimeBeforeUs: this.#runningMaxTimeUs })
      const leaf = leaves[i] ?? leafOf(commit)
      this.#tree.append(leaf)
      this.#lastHash = leaf
      this.#last = commit.sequence
      this.#size += sizes[i] ?? 0
      const time = this.#timeOf(commit)
      if (time === 0) return
      if (this.#minTimeUs === 0 || time < this.#minTimeUs) this.#minTimeUs = time
      if (time > this.#maxTimeUs) this.#maxTimeUs = time
      if (time > this.#runningMaxTimeUs) this.#runningMaxTimeUs = time
    })
  }

  /** What a footer says of the commits so far. */
  summary(): SegmentFooter {
    return {
      firstSequence: this.firstSequence,
      lastSequence: this.#last,
      minTimeUs: this.#minTimeUs,
      maxTimeUs: this.#maxTimeUs,
      runningMaxTimeUs: this.#runningMaxTimeUs,
      index: this.#index,
      lastHash: this.#lastHash,
      treeHash: this.#tree.root(),
    }
  }

  /** Footer and trailer, to be written at `size`. Adding may go on when that fails. */
  footer(): Buffer {
    const head = encodeFooterHead(this.summary())
    const sha256 = this.#sha.copy().update(head).digest()
    return Buffer.concat([head, encodeFooterTail(head, sha256, this.#size)])
  }
}
