import { type Archive, ArchiveDamaged, type ArchivedCommit, type Damage } from '@holdfast/archive'
import { leafHash } from '@holdfast/merkle'
import {
  addHole,
  type Durability,
  type Facts,
  type PositionFacts,
  type SequenceRange,
} from './judge.ts'
import type { LogStream } from './log-stream.ts'
import type { PositionRead } from './position-file.ts'

export interface Comparison {
  readonly facts: Facts
  /** How many commits were looked at in both. */
  readonly compared: bigint
}

export interface CompareOptions {
  readonly stream: LogStream
  readonly archive: Archive
  readonly position: PositionRead
  readonly durability: Durability
  /** The first sequence to look at; what is before it counts as whole. */
  readonly from: bigint
  /** Reads every byte of the archive first; otherwise only the commits that are compared. */
  readonly isThorough: boolean
  /** The last one to look at, for a comparison beside a running archiver. Default: the ends of both. */
  readonly to?: bigint
  readonly signal: AbortSignal
}

/** Reads both copies side by side. Changes nothing. */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { archive, isThorough } = options
  if (!isThorough) {
    try {
      return await compareWith(archive.damage, options)
    } catch (error) {
      // A frame was damaged that opening did not look at: then everything is read.
      if (!ArchiveDamaged.is(error)) throw error
    }
  }
  return await compareWith(await archive.verify(), { ...options, from: 1n })
}

async function compareWith(
  damage: readonly Damage[],
  { stream, archive, position, durability, from, to, signal }: CompareOptions,
): Promise<Comparison> {
  const end = (last: bigint): bigint => (to !== undefined && to < last ? to : last)
  const streamLast = end((await stream.standing())?.last ?? 0n)
  const archiveLast = end(archive.last.sequence)
  const { holes: archiveHoles, unsound } = damageIn(damage, archiveLast)
  const streamHoles: SequenceRange[] = []
  const watched = position.type === 'known' ? position.position.sequence : 0n
  let atWatched: ArchivedCommit | undefined
  let firstDifference: bigint | undefined
  let expected = from
  let compared = 0n

  const archived = new ArchiveCursor(archive, archiveHoles, from, archiveLast)
  try {
    for await (const batch of stream.read(from, streamLast)) {
      signal.throwIfAborted()
      for (const commit of batch) {
        const { sequence } = commit
        if (sequence > expected) addHole(streamHoles, expected, sequence - 1n)
        expected = sequence + 1n
        if (sequence === watched) atWatched = commit
        const other = await archived.at(sequence)
        if (!other) continue
        compared++
        if (!isSame(commit, other)) firstDifference ??= sequence
      }
    }
  } finally {
    await archived.close()
  }
  if (expected <= streamLast) addHole(streamHoles, expected, streamLast)
  if (watched > 0n && watched < from && watched <= streamLast) atWatched = await stream.at(watched)

  return {
    compared,
    facts: {
      stream: { last: streamLast, holes: streamHoles },
      archive: { last: archiveLast, holes: archiveHoles },
      unsound,
      position: await positionFacts(position, atWatched, archive, archiveHoles),
      firstDifference,
      durability,
    },
  }
}

async function positionFacts(
  read: PositionRead,
  inStream: ArchivedCommit | undefined,
  archive: Archive,
  archiveHoles: readonly SequenceRange[],
): Promise<PositionFacts> {
  if (read.type !== 'known') return read
  const { sequence, hash } = read.position
  const isHash = (commit: ArchivedCommit | undefined): boolean | undefined =>
    commit && Buffer.from(leafHash(commit)).equals(hash)
  const isLost = archiveHoles.some(({ first, last }) => first <= sequence && sequence <= last)
  const inArchive = isLost || sequence === 0n ? undefined : await archive.at(sequence)
  return { type: 'known', sequence, isInStream: isHash(inStream), isInArchive: isHash(inArchive) }
}

/** Which sequences damage takes away, and where it takes none away but has to be mended all the same. */
export function damageIn(
  damage: readonly Damage[],
  last: bigint,
): { readonly holes: readonly SequenceRange[]; readonly unsound: readonly bigint[] } {
  const holes: SequenceRange[] = []
  const unsound: bigint[] = []
  const ranges = damage
    .filter(({ isRepaired }) => !isRepaired)
    .map(({ firstBadSequence: first, lastBadSequence }) => ({
      first: first < 1n ? 1n : first,
      last: lastBadSequence > last ? last : lastBadSequence,
    }))
    .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
  for (const { first, last: end } of ranges) {
    if (end >= first) addHole(holes, first, end)
    else unsound.push(first)
  }
  return { holes, unsound }
}

/** Reads what can be read of an archive once, from its beginning to its end. */
class ArchiveCursor {
  readonly #batches: AsyncGenerator<readonly ArchivedCommit[], void>
  #batch: readonly ArchivedCommit[] = []
  #next = 0
  #isAtEnd = false

  constructor(archive: Archive, holes: readonly SequenceRange[], from: bigint, to: bigint) {
    this.#batches = readable(archive, holes, from, to)
  }

  /** Sequences have to be asked for in order. Undefined for one in a hole, and beyond the end. */
  async at(sequence: bigint): Promise<ArchivedCommit | undefined> {
    for (;;) {
      for (; this.#next < this.#batch.length; this.#next++) {
        const commit = this.#batch[this.#next]
        if (commit && commit.sequence >= sequence)
          return commit.sequence === sequence ? commit : undefined
      }
      if (this.#isAtEnd) return undefined
      const { done, value } = await this.#batches.next()
      this.#isAtEnd = done === true
      this.#batch = value ?? []
      this.#next = 0
    }
  }

  async close(): Promise<void> {
    await this.#batches.return()
  }
}

async function* readable(
  archive: Archive,
  holes: readonly SequenceRange[],
  first: bigint,
  last: bigint,
): AsyncGenerator<readonly ArchivedCommit[], void> {
  let from = first
  for (const hole of holes) {
    if (hole.last < from) continue
    if (hole.first > last) break
    if (hole.first > from) yield* archive.read(from, hole.first - 1n)
    from = hole.last + 1n
  }
  if (from <= last) yield* archive.read(from, last)
}

/** What a leaf is made of. The rest of the headers and the time of storing are another server's business. */
export const isSame = (a: ArchivedCommit, b: ArchivedCommit): boolean =>
  a.sequence === b.sequence &&
  a.subject === b.subject &&
  a.messageId === b.messageId &&
  Buffer.compare(a.payload, b.payload) === 0
