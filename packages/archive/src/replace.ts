import { join } from 'node:path'
import { TreeHead } from '@holdfast/merkle'
import { onDisk } from './disk-error.ts'
import { ArchiveDamaged, ArchiveGap } from './errors.ts'
import { withFile } from './files.ts'
import { carryOut, clearStaging, decide, stagingName, takeBack } from './manifest.ts'
import type { PreparedFrames } from './segment-builder.ts'
import { parseSegmentName } from './segment-name.ts'
import { Stager } from './stager.ts'
import { type Segment, survey } from './survey.ts'
import type { ArchivedCommit, ArchiveIdentity, Files, ReplaceOptions } from './types.ts'
import { walkSegment } from './walk.ts'

export interface Replacement {
  readonly files: Files
  readonly directory: string
  readonly identity: ArchiveIdentity
  readonly sealAtBytes: number
  readonly nowMs: number
  /** How much of the open segment is durable, and the last sequence in it. */
  readonly open: { readonly name: string; readonly size: number } | undefined
  readonly from: bigint
  readonly to: bigint
  readonly commits: AsyncIterable<readonly ArchivedCommit[]>
  readonly options: ReplaceOptions
}

/** Whether everything changed or nothing. Throws as `Archive.replace` says, and then nothing has. */
export async function replaceSegments(replacement: Replacement): Promise<void> {
  const { files, directory } = replacement
  await onDisk('clearing', stagingName, () => clearStaging(files, directory))
  try {
    await stage(replacement)
  } catch (error) {
    // If the disk does not let us now, the next reading of the directory clears up, or carries out what was decided.
    await takeBack(files, directory).catch(() => {})
    throw error
  }
  await onDisk('moving', directory, () => carryOut(files, directory))
}

async function stage(replacement: Replacement): Promise<void> {
  const { files, directory, identity, from, to } = replacement
  const tail = replacement.options.tail ?? 'keep'
  const { segments, names } = await onDisk('reading', directory, () =>
    survey(files, directory, identity),
  )
  const found = names.map(parseSegmentName).filter((name) => name !== undefined)

  const isDropped = (first: bigint, last: bigint | undefined): boolean =>
    tail === 'drop' && (first > to || last === undefined || last > to)
  const isTouched = ({ first, last }: { first: bigint; last: bigint | undefined }): boolean =>
    isDropped(first, last) || (first <= to && (last === undefined || last >= from))
  const touched = found.filter(isTouched)
  const usable = segments.filter(isTouched)

  // What usable segments hold beside the range is taken over.
  const head = usable.find(({ first }) => first < from)
  const keeps = tail === 'keep'
  const behind = keeps
    ? usable.find(({ first, last }) => first <= to + 1n && (last === undefined || last > to))
    : undefined
  const start = head?.first ?? from
  const lost = isHeld(segments, start - 1n) ? undefined : touched.find(({ first }) => first < start)
  if (lost !== undefined)
    throw ArchiveDamaged({
      file: lost.name,
      firstBadSequence: lost.first,
      reason: 'what stands in it before the range cannot be read; replace that too',
    })

  const before = await onDisk('reading', directory, () =>
    positionBefore(files, directory, segments, start),
  )
  const vouched =
    replacement.options.content === 'other'
      ? []
      : usable.filter(({ last }) => last !== undefined && (keeps || last <= to))
  const trees = new DigestCheck(vouched)
  const stager = new Stager({ ...replacement, firstSequence: start, ...before }, trees)
  try {
    await onDisk('making', stagingName, () => files.makeDirectory(join(directory, stagingName)))
    if (head !== undefined) await takeOver(replacement, head, start, from - 1n, stager)
    await takeGiven(replacement, stager)
    const rest = behind && (await endOf(replacement, behind))
    if (behind !== undefined && rest !== undefined && rest > to)
      await takeOver(replacement, behind, to + 1n, rest, stager)
    await stager.finish()
  } finally {
    await stager.close()
  }

  const finish = stager.last.sequence
  const cut = isHeld(segments, finish + 1n)
    ? undefined
    : touched.find(
        ({ first, last }) => keeps && last !== undefined && last > finish && first <= finish,
      )
  if (cut !== undefined)
    throw ArchiveDamaged({
      file: cut.name,
      firstBadSequence: finish + 1n,
      reason: 'what stands in it behind the range cannot be read; replace that too',
    })
  const next = keeps ? segments.find(({ first }) => first === finish + 1n) : undefined
  if (
    next?.header !== undefined &&
    Buffer.compare(next.header.previousHash, stager.last.hash) !== 0
  )
    throw ArchiveDamaged({
      file: next.name,
      firstBadSequence: next.first,
      reason: 'it does not follow the commits given',
    })

  const aside = touched.map(
    ({ name }) => [name, asideName(name, names, replacement.nowMs)] as const,
  )
  await onDisk('staging', directory, async () => {
    await files.syncDirectory(join(directory, stagingName))
    await decide(files, directory, { aside, into: stager.parts })
  })
}

/** By a segment that can be used; one that is being replaced gives it to the new ones. */
const isHeld = (segments: readonly Segment[], sequence: bigint): boolean =>
  segments.some(({ first, last }) => first <= sequence && (last === undefined || last >= sequence))

function asideName(name: string, taken: readonly string[], nowMs: number): string {
  let ms = nowMs
  while (taken.includes(`${name}.damaged-${ms}`)) ms += 1
  return `${name}.damaged-${ms}`
}

/** Leaf hash and greatest commit time before a sequence. */
async function positionBefore(
  files: Files,
  directory: string,
  segments: readonly Segment[],
  start: bigint,
): Promise<{ previousHash: Uint8Array; runningMaxTimeUs: number }> {
  if (start === 1n) return { previousHash: new Uint8Array(), runningMaxTimeUs: 0 }
  const before = segments.findLast(({ first }) => first < start)
  if (before === undefined) throw ArchiveGap({ expected: 1n, found: start })
  if (before.footer !== undefined) {
    const { lastSequence, lastHash, runningMaxTimeUs } = before.footer
    if (lastSequence + 1n !== start) throw ArchiveGap({ expected: lastSequence + 1n, found: start })
    return { previousHash: lastHash, runningMaxTimeUs }
  }
  const walk = await withFile(files, join(directory, before.name), (file) =>
    walkSegment(file, before),
  )
  if (walk.builder === undefined || walk.lastSequence + 1n !== start)
    throw ArchiveDamaged({
      file: before.name,
      firstBadSequence: before.first,
      reason: 'it cannot be followed; replace it too',
    })
  return { previousHash: walk.lastHash, runningMaxTimeUs: walk.builder.runningMaxTimeUs }
}

async function endOf({ files, directory, open }: Replacement, segment: Segment): Promise<bigint> {
  if (segment.last !== undefined) return segment.last
  const limit = open?.name === segment.name ? { limit: open.size } : {}
  const path = join(directory, segment.name)
  const walk = await onDisk('reading', path, () =>
    withFile(files, path, (file) => walkSegment(file, segment, limit)),
  )
  return walk.lastSequence
}

/** Copies `first`..`last` of a segment, skipping damage outside of them. */
async function takeOver(
  { files, directory }: Replacement,
  segment: Segment,
  first: bigint,
  last: bigint,
  stager: Stager,
): Promise<void> {
  let expected = first
  const lacking = (): Error =>
    ArchiveDamaged({
      file: segment.name,
      firstBadSequence: expected,
      reason: 'it has to be taken over and cannot be read; replace it too',
    })
  const visit = async ({ commits }: PreparedFrames): Promise<void> => {
    const kept = commits.filter(({ sequence }) => sequence >= first && sequence <= last)
    if (kept.length === 0) return
    if (kept[0]?.sequence !== expected) throw lacking()
    expected += BigInt(kept.length)
    await stager.add(kept)
  }
  const path = join(directory, segment.name)
  await onDisk('reading', path, () =>
    withFile(files, path, (file) => walkSegment(file, segment, { visit })),
  )
  if (expected !== last + 1n) throw lacking()
}

async function takeGiven({ commits, from, to }: Replacement, stager: Stager): Promise<void> {
  let expected = from
  for await (const batch of commits) {
    for (const { sequence } of batch) {
      if (sequence !== expected || sequence > to) throw ArchiveGap({ expected, found: sequence })
      expected += 1n
    }
    await stager.add(batch)
  }
  if (expected !== to + 1n) throw ArchiveGap({ expected, found: 0n })
}

/** Holds what is written against the tree hashes of the footers that are being replaced. */
export class DigestCheck {
  readonly #segments: readonly Segment[]
  #at = 0
  #tree = TreeHead.empty()

  constructor(segments: readonly Segment[]) {
    this.#segments = segments.filter(({ footer }) => footer !== undefined)
  }

  /** Throws archive.damaged at the end of a segment whose tree hash it is not. */
  add(sequence: bigint, leaf: Uint8Array): void {
    const segment = this.#segments[this.#at]
    if (segment?.footer === undefined || sequence < segment.first) return
    this.#tree.append(leaf)
    if (sequence !== segment.last) return
    if (Buffer.compare(this.#tree.root(), segment.footer.treeHash) !== 0)
      throw ArchiveDamaged({
        file: segment.name,
        firstBadSequence: segment.first,
        reason: 'the commits given are not those its footer vouches for',
      })
    this.#at += 1
    this.#tree = TreeHead.empty()
  }
}
