import { join } from 'node:path'
import { commitTimeUs } from './commit-time.ts'
import { ArchiveDamaged } from './errors.ts'
import { errorCode, readRange, withFile } from './files.ts'
import type { IndexEntry } from './footer.ts'
import { FrameReader, findFrame } from './frame-reader.ts'
import { decodeHeader, maxHeaderBytes } from './header.ts'
import { indexEvery } from './limits.ts'
import type { Sealed } from './load.ts'
import { readFooter } from './survey.ts'
import type { ArchivedCommit, Damage, OpenFile, ReadFiles } from './types.ts'

const few = 64 * 1024
const many = 1024 * 1024

/** What there is to read at this moment. Asked anew for each segment, as sealing renames files. */
export interface Readable {
  readonly sealed: readonly Sealed[]
  readonly open:
    | {
        readonly name: string
        readonly first: bigint
        /** No further than this; what follows may be half written. */
        readonly size: number
        readonly index: readonly IndexEntry[]
        readonly runningMaxTimeUs: number
      }
    | undefined
  readonly lastSequence: bigint
  readonly damage: readonly Damage[]
}

export interface Source {
  readonly files: ReadFiles
  readonly directory: string
  readonly now: () => Readable
}

interface Place {
  readonly name: string
  readonly first: bigint
  readonly last: bigint
  readonly size: number
  /** Undefined: in the footer. */
  readonly index: readonly IndexEntry[] | undefined
}

/** The commits `from`..`to`, cut to what is there. Throws archive.damaged. */
export async function* readCommits(
  source: Source,
  from: bigint,
  to: bigint,
): AsyncGenerator<readonly ArchivedCommit[]> {
  const end = smaller(to, source.now().lastSequence)
  for (let sequence = from < 1n ? 1n : from; sequence <= end; ) {
    for await (const batch of readSegment(source, sequence, end)) {
      yield batch
      sequence += BigInt(batch.length)
    }
  }
}

/** From `from` to the end of its segment or `to`. Answers with at least one commit or throws. */
async function* readSegment(
  source: Source,
  from: bigint,
  to: bigint,
): AsyncGenerator<readonly ArchivedCommit[]> {
  const { file, place } = await openAt(source, from)
  try {
    const end = smaller(to, place.last)
    const start = await startOf(file, place, from)
    const chunk = end - from < BigInt(indexEvery) ? few : many
    let reader = new FrameReader(file, start.offset, start.limit, start.sequence, chunk)
    for (let sequence = from; sequence <= end; ) {
      const batch = await reader.next()
      if (batch !== undefined) {
        const wanted = batch.commits.filter((c) => c.sequence >= sequence && c.sequence <= end)
        if (wanted.length === 0) continue
        sequence += BigInt(wanted.length)
        yield wanted
        continue
      }
      const stop = reader.stop
      const bad = stop?.sequence ?? sequence
      // Damage before what is asked for need not keep it from being read.
      const next =
        stop !== undefined && bad < sequence
          ? await findFrame(file, stop.offset, start.limit, bad)
          : 'none'
      if (typeof next === 'string' || next.sequence > sequence)
        throw ArchiveDamaged({
          file: place.name,
          firstBadSequence: bad < sequence ? sequence : bad,
          reason: stop?.reason || 'its frames end early',
        })
      reader = new FrameReader(file, next.offset, start.limit, next.sequence, chunk)
    }
  } catch (error) {
    throw unreadable(error, place.name, from)
  } finally {
    await file.close()
  }
}

async function openAt(source: Source, from: bigint): Promise<{ file: OpenFile; place: Place }> {
  for (let attempt = 1; ; attempt++) {
    const place = placeOf(source.now(), from)
    try {
      return { file: await source.files.open(join(source.directory, place.name), 'read'), place }
    } catch (error) {
      // Sealed under another name just now.
      if (errorCode(error) === 'ENOENT' && attempt < 3) continue
      throw unreadable(error, place.name, from)
    }
  }
}

function unreadable(error: unknown, file: string, sequence: bigint): unknown {
  const code = errorCode(error)
  if (!/^E[A-Z0-9]+$/.test(code)) return error
  return ArchiveDamaged(
    { file, firstBadSequence: sequence, reason: `it cannot be read (${code})` },
    error,
  )
}

/** The segment of a sequence. Throws archive.damaged when none can be used. */
function placeOf({ sealed, open, damage, lastSequence }: Readable, sequence: bigint): Place {
  if (open !== undefined && sequence >= open.first) return { ...open, last: lastSequence }
  const at = firstWhere(sealed.length, (i) => (sealed[i]?.last ?? 0n) >= sequence)
  const segment = sealed[at]
  if (segment !== undefined && segment.first <= sequence) return { ...segment, index: undefined }
  const known = damage.find((d) => d.firstBadSequence <= sequence && d.lastBadSequence >= sequence)
  throw ArchiveDamaged({
    file: known?.file ?? segment?.name ?? '',
    firstBadSequence: sequence,
    reason: known?.detail ?? 'no segment holds it',
  })
}

/** Where to begin reading for `from`: its index entry, or the first frame. */
async function startOf(
  file: OpenFile,
  { first, size, index }: Place,
  from: bigint,
): Promise<{ offset: number; sequence: bigint; limit: number }> {
  let limit = size
  let entries = index
  if (entries === undefined) {
    const end = await readFooter(file, size)
    if (typeof end !== 'string') {
      limit = end.offset
      entries = end.footer.index
    }
  }
  const block = Number(from - first) >> 8
  const entry = entries?.[block]
  if (entry !== undefined)
    return { offset: entry.offset, sequence: first + BigInt(block * indexEvery), limit }
  const head = decodeHeader(await readRange(file, 0, Math.min(size, maxHeaderBytes)))
  if (typeof head !== 'string') return { offset: head.size, sequence: first, limit }
  const found = await findFrame(file, 0, limit, first)
  return typeof found === 'string' ? { offset: 0, sequence: first, limit } : { ...found, limit }
}

/** The greatest sequence whose running-maximum commit time is at most this; 0 when there is none. */
export async function sequenceAtTime(source: Source, unixMicros: bigint): Promise<bigint> {
  const { sealed, open, lastSequence } = source.now()
  const time = Number(unixMicros)
  const at = firstWhere(sealed.length, (i) => (sealed[i]?.runningMaxTimeUs ?? -1) > time)
  const segment = sealed[at]
  if (segment !== undefined)
    return lastUntil(source, { ...segment, index: undefined }, segment.last, time)
  if (open === undefined || open.runningMaxTimeUs <= time) return lastSequence
  return lastUntil(source, { ...open, last: lastSequence }, lastSequence, time)
}

/** Within the segment whose commits go beyond this time, but not those before it. */
async function lastUntil(
  source: Source,
  place: Place,
  last: bigint,
  time: number,
): Promise<bigint> {
  const entries = place.index ?? (await indexOf(source, place))
  const block = Math.max(
    0,
    firstWhere(entries.length, (i) => (entries[i]?.maxTimeBeforeUs ?? 0) > time) - 1,
  )
  const from = place.first + BigInt(block * indexEvery)
  for await (const batch of readCommits(source, from, last))
    for (const commit of batch) if (commitTimeUs(commit.payload) > time) return commit.sequence - 1n
  return last
}

async function indexOf(source: Source, place: Place): Promise<readonly IndexEntry[]> {
  try {
    const end = await withFile(source.files, join(source.directory, place.name), readFooter)
    if (typeof end !== 'string') return end.footer.index
    throw ArchiveDamaged({ file: place.name, firstBadSequence: place.first, reason: end })
  } catch (error) {
    throw unreadable(error, place.name, place.first)
  }
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** The least index that holds, where all after one that holds do too; `length` when none does. */
function firstWhere(length: number, holds: (index: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
