import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { commitTimeUs } from './commit-time.ts'
import { ArchiveDamaged } from './errors.ts'
import { disk, errorCode, readRange, withFile } from './files.ts'
import { type SegmentFooter, trailerBytes } from './footer.ts'
import { FrameReader } from './frame-reader.ts'
import { decodeHeader, maxHeaderBytes } from './header.ts'
import { leafOf, prepare, SegmentBuilder } from './segment-builder.ts'
import { parseSegmentName, type SegmentName } from './segment-name.ts'
import { readFooter } from './survey.ts'
import type { ArchivedCommit, ArchiveIdentity, OpenFile, ReadFiles } from './types.ts'

// Reading an archive that somebody else is writing at this moment, for copies of it.

const chunkBytes = 256 * 1024

/** Sealed segments of a generation, or of an epoch of ACCESS, in order; never changed again, but healing may replace them. */
export async function sealedSegments(
  directory: string,
  files: ReadFiles = disk,
): Promise<readonly (SegmentName & { readonly last: bigint })[]> {
  const found = (await files.list(directory))
    .map(parseSegmentName)
    .filter((name): name is SegmentName & { readonly last: bigint } => name?.last !== undefined)
  return found.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
}

export interface SealedFacts {
  readonly size: number
  readonly identity: ArchiveIdentity
  /** Leaf hash of the commit before; empty for the first. */
  readonly previousHash: Uint8Array
  readonly footer: SegmentFooter
}

/** What a sealed segment says of itself. Throws archive.damaged. */
export async function sealedFacts(
  directory: string,
  name: string,
  files: ReadFiles = disk,
): Promise<SealedFacts> {
  return await withFile(files, join(directory, name), async (file, size) => {
    const head = decodeHeader(await readRange(file, 0, Math.min(size, maxHeaderBytes)))
    const end = await readFooter(file, size)
    const refuse = (reason: string) =>
      ArchiveDamaged({ file: name, firstBadSequence: parseSegmentName(name)?.first ?? 0n, reason })
    if (typeof head === 'string') throw refuse(head)
    if (typeof end === 'string') throw refuse(end)
    const { identity, previousHash } = head.header
    return { size, identity, previousHash, footer: end.footer }
  })
}

/** The bytes of a sealed segment; throws archive.damaged before the last of them when its SHA-256 is not theirs. */
export async function* sealedBytes(
  directory: string,
  name: string,
  files: ReadFiles = disk,
): AsyncGenerator<Uint8Array> {
  const file = await files.open(join(directory, name), 'read')
  try {
    const size = await file.size()
    const signed = size - trailerBytes - 32
    const hash = createHash('sha256')
    for (let at = 0; at < signed; at += chunkBytes) {
      const piece = await readRange(file, at, Math.min(at + chunkBytes, signed))
      hash.update(piece)
      yield piece
    }
    const rest = await readRange(file, Math.max(0, signed), size)
    if (signed <= 0 || !hash.digest().equals(rest.subarray(0, 32)))
      throw ArchiveDamaged({
        file: name,
        firstBadSequence: parseSegmentName(name)?.first ?? 0n,
        reason: 'its SHA-256 is not that of its bytes',
      })
    yield rest
  } finally {
    await file.close()
  }
}

export interface CutOptions {
  /** Of the generation. */
  readonly directory: string
  readonly from: bigint
  /** No further: commits up to it are durable. */
  readonly to: bigint
  /** Of frames, about; one commit at least. */
  readonly maxBytes: number
  readonly files?: ReadFiles
}

/** A piece of the archive as a sealed segment of its own, in memory. */
export interface Cut {
  readonly bytes: Buffer
  readonly first: bigint
  readonly last: bigint
  readonly previousHash: Uint8Array
  readonly lastHash: Uint8Array
  readonly treeHash: Uint8Array
  /** When the server stored the first of them. */
  readonly oldestStoredAtUnixNs: bigint
}

/**
 * Commits from `from` on, not beyond the segment they stand in, as a segment: header, frames, footer, trailer. Reads
 * beside the writer, the open segment too. Throws archive.damaged.
 */
export async function cutSegment(options: CutOptions): Promise<Cut> {
  const { directory, from, files = disk } = options
  for (let attempt = 1; ; attempt++) {
    const all = (await files.list(directory)).map(parseSegmentName).filter((n) => n !== undefined)
    const holder = all.find(
      ({ first, last }) => first <= from && last !== undefined && from <= last,
    )
    const place = holder ?? all.find(({ first, last }) => last === undefined && first <= from)
    try {
      if (!place)
        throw ArchiveDamaged({ file: '', firstBadSequence: from, reason: 'no segment holds it' })
      const before = all.find(({ last }) => last === place.first - 1n)
      const running = before
        ? (await sealedFacts(directory, before.name, files)).footer.runningMaxTimeUs
        : 0
      return await withFile(files, join(directory, place.name), (file, size) =>
        cut(file, size, place, running, options),
      )
    } catch (error) {
      // Sealed under another name just now, or put in another's place.
      if (attempt === 5 || (errorCode(error) !== 'ENOENT' && !(!place && attempt < 3))) throw error
    }
  }
}

async function cut(
  file: OpenFile,
  size: number,
  place: SegmentName,
  runningMaxTimeUs: number,
  { from, to, maxBytes }: CutOptions,
): Promise<Cut> {
  const head = decodeHeader(await readRange(file, 0, Math.min(size, maxHeaderBytes)))
  const refuse = (sequence: bigint, reason: string) =>
    ArchiveDamaged({ file: place.name, firstBadSequence: sequence, reason })
  if (typeof head === 'string') throw refuse(place.first, head)
  const end = place.last !== undefined && place.last < to ? place.last : to
  const wanted: ArchivedCommit[] = []
  let previousHash = head.header.previousHash
  let running = runningMaxTimeUs
  let bytes = 0
  const reader = new FrameReader(file, head.size, size, place.first)
  reading: for (let batch = await reader.next(); batch; batch = await reader.next()) {
    for (const [at, commit] of batch.commits.entries()) {
      if (commit.sequence < from) {
        running = Math.max(running, commitTimeUs(commit.payload))
        if (commit.sequence === from - 1n) previousHash = leafOf(commit)
        continue
      }
      if (commit.sequence > end) break reading
      bytes += batch.sizes[at] ?? 0
      if (wanted.length > 0 && bytes > maxBytes) break reading
      wanted.push(commit)
      if (commit.sequence === end) break reading
    }
  }
  const first = wanted[0]
  const isWhole = wanted.at(-1)?.sequence === end || bytes > maxBytes
  if (!first || !isWhole)
    throw refuse(reader.stop?.sequence ?? from, reader.stop?.reason || 'its frames end early')
  const builder = new SegmentBuilder({
    identity: head.header.identity,
    firstSequence: from,
    previousHash,
    runningMaxTimeUs: running,
  })
  const frames = prepare(wanted)
  builder.add(frames)
  const { treeHash } = builder.summary()
  return {
    bytes: Buffer.concat([builder.header, frames.bytes, builder.footer()]),
    first: from,
    last: builder.last.sequence,
    previousHash,
    lastHash: builder.last.hash,
    treeHash,
    oldestStoredAtUnixNs: first.storedAtUnixNs,
  }
}

/** A segment in memory: its commits, when every byte of it is as it was sealed. Throws archive.damaged, naming `name`. */
export async function readSegmentBytes(
  name: string,
  bytes: Buffer,
): Promise<{
  readonly facts: SealedFacts
  readonly commits: readonly ArchivedCommit[]
  /** Of each commit. */
  readonly leaves: readonly Uint8Array[]
}> {
  const file: OpenFile = {
    size: async () => bytes.length,
    read: async (into, position) => {
      const part = bytes.subarray(position, position + into.length)
      into.set(part)
      return part.length
    },
    write: () => Promise.reject(new Error('read only')),
    truncate: () => Promise.reject(new Error('read only')),
    dataSync: async () => {},
    close: async () => {},
  }
  const refuse = (reason: string) => ArchiveDamaged({ file: name, firstBadSequence: 0n, reason })
  const head = decodeHeader(bytes.subarray(0, maxHeaderBytes))
  if (typeof head === 'string') throw refuse(head)
  const end = await readFooter(file, bytes.length)
  if (typeof end === 'string') throw refuse(end)
  const { identity, previousHash, firstSequence } = head.header
  const reader = new FrameReader(file, head.size, end.offset, firstSequence)
  const builder = new SegmentBuilder({
    identity,
    firstSequence,
    previousHash,
    runningMaxTimeUs: end.footer.index[0]?.maxTimeBeforeUs ?? 0,
    header: bytes.subarray(0, head.size),
  })
  const commits: ArchivedCommit[] = []
  const all: Uint8Array[] = []
  for (let batch = await reader.next(); batch; batch = await reader.next()) {
    const leaves = batch.commits.map(leafOf)
    builder.add({ ...batch, leaves })
    commits.push(...batch.commits)
    all.push(...leaves)
  }
  if (builder.isEmpty || !builder.footer().equals(bytes.subarray(end.offset)))
    throw refuse('its commits are not those it was sealed with')
  return {
    facts: { size: bytes.length, identity, previousHash, footer: end.footer },
    commits,
    leaves: all,
  }
}
