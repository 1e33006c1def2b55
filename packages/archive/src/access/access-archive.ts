import { join } from 'node:path'
import { type AccessEpoch, formatEpoch, TreeHead } from '@holdfast/merkle'
import { makeDurably, writeWhole } from '../directory.ts'
import { onDisk } from '../disk-error.ts'
import { ArchiveDamaged, ArchiveForeign, ArchiveGap } from '../errors.ts'
import { disk, readRange, withFile } from '../files.ts'
import { identityFault } from '../header.ts'
import { leafOf, prepare, SegmentBuilder } from '../segment-builder.ts'
import { sealedName } from '../segment-name.ts'
import type { ArchivedCommit, ArchiveIdentity, Damage, Files } from '../types.ts'
import { walkSegment } from '../walk.ts'
import { decodeGone, eachLeaf, encodeGone, goneName } from './gone-file.ts'
import { type AccessSurvey, type Part, surveyAccess } from './survey-access.ts'

/** A sealed segment that still has its content. */
export interface KeptSegment {
  readonly first: bigint
  readonly last: bigint
  /** When its newest record was stored. */
  readonly newestAtUnixMs: number
}

/**
 * The archive of one epoch of ACCESS: whole sealed segments, and tombstones in the place of those that were given up.
 * There is no open segment: a segment is written in one go, so that a crash leaves all of it or nothing.
 * One process, one object; calls one after the other.
 */
export interface AccessArchive {
  readonly directory: string
  readonly epoch: AccessEpoch
  /** The sequence to go on with. */
  readonly next: bigint
  /** Tree over all leaves before `next`. */
  readonly head: TreeHead
  readonly damage: readonly Damage[]
  /** Oldest first. */
  readonly kept: readonly KeptSegment[]
  /** The tree when these were added. Throws archive.gap, archive.commit_invalid. */
  headWith(records: readonly ArchivedCommit[]): TreeHead
  /** Writes them as one sealed segment; durable when it resolves. Throws archive.damaged, archive.gap, archive.full. */
  append(records: readonly ArchivedCommit[]): Promise<void>
  /** Leaf hashes of whole kept segments, read from their content. Throws archive.damaged. */
  leaves(first: bigint, last: bigint): Promise<Uint8Array>
  /**
   * Puts a tombstone in the place of whole kept segments, or behind the last record. A crash leaves the segments, or
   * the tombstone. Throws FormatError when it is not of these leaves.
   */
  bury(note: string, leaves: Uint8Array): Promise<void>
}

export interface OpenAccessOptions {
  /** Of all archives. */
  readonly directory: string
  readonly identity: Omit<ArchiveIdentity, 'log'>
  readonly epoch: AccessEpoch
  readonly files?: Files
}

/** `<directory>/<lineage>/access/<epoch>`. */
export const accessDirectory = (directory: string, lineageId: string, epoch: string): string =>
  join(directory, lineageId, 'access', epoch)

/** Opens the archive of an epoch, or begins it; finishes what a crash left half done. */
export async function openAccessArchive(options: OpenAccessOptions): Promise<AccessArchive> {
  const { epoch, files = disk } = options
  const name = formatEpoch(epoch)
  const identity: ArchiveIdentity = { ...options.identity, log: `access/${name}` }
  const fault = identityFault(identity)
  if (fault !== undefined) throw new RangeError(`archive: ${fault}`)
  const directory = accessDirectory(options.directory, identity.lineageId, name)
  return await onDisk('opening', directory, async () => {
    await makeDurably(files, directory, 3)
    const survey = await surveyAccess(files, directory, epoch.first, identity)
    const foreign = survey.damage.find(({ kind }) => kind === 'foreign')
    if (foreign)
      throw ArchiveForeign({
        file: foreign.file,
        field: 'owner',
        expected: name,
        found: foreign.detail,
      })
    for (const half of survey.names.filter((one) => one.endsWith('.tmp')))
      await files.remove(join(directory, half))
    await removeAll(files, directory, survey.leftOver)
    const archive = new FileAccessArchive(directory, epoch, identity, files)
    await archive.load(survey)
    return archive
  })
}

/** Tombstones are on the disk before what they stand for goes. */
async function removeAll(files: Files, directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) await files.remove(join(directory, name))
  if (names.length > 0) await files.syncDirectory(directory)
}

class FileAccessArchive implements AccessArchive {
  readonly directory: string
  readonly epoch: AccessEpoch
  readonly #identity: ArchiveIdentity
  readonly #files: Files
  #parts: Part[] = []
  #head = TreeHead.empty()
  #lastHash: Uint8Array = new Uint8Array()
  #runningMaxTimeUs = 0
  #damage: readonly Damage[] = []

  constructor(directory: string, epoch: AccessEpoch, identity: ArchiveIdentity, files: Files) {
    this.directory = directory
    this.epoch = epoch
    this.#identity = identity
    this.#files = files
  }

  /** Every leaf once: the tree is made of them. */
  async load({ parts, damage }: AccessSurvey): Promise<void> {
    const found = [...damage]
    const head = TreeHead.empty()
    for (const part of parts) {
      for await (const leaf of this.#leavesIn(part, found)) {
        head.append(leaf)
        this.#lastHash = leaf
      }
      if (part.kind === 'segment')
        this.#runningMaxTimeUs = part.segment.footer?.runningMaxTimeUs ?? this.#runningMaxTimeUs
    }
    this.#parts = [...parts]
    this.#head = head
    this.#damage = found
  }

  get next(): bigint {
    return this.epoch.first + this.#head.size
  }
  get head(): TreeHead {
    return this.#head.clone()
  }
  get damage(): readonly Damage[] {
    return this.#damage
  }
  get kept(): readonly KeptSegment[] {
    return this.#parts.flatMap((part) =>
      part.kind === 'segment' && part.segment.footer
        ? {
            first: part.first,
            last: part.last,
            newestAtUnixMs: Math.ceil(part.segment.footer.maxTimeUs / 1000),
          }
        : [],
    )
  }

  headWith(records: readonly ArchivedCommit[]): TreeHead {
    const head = this.#head.clone()
    let expected = this.next
    for (const record of records) {
      if (record.sequence !== expected) throw ArchiveGap({ expected, found: record.sequence })
      head.append(leafOf(record))
      expected += 1n
    }
    return head
  }

  async append(records: readonly ArchivedCommit[]): Promise<void> {
    this.#requireWhole()
    const [first] = records
    const last = records.at(-1)
    if (!first || !last) return
    const head = this.headWith(records)
    const builder = new SegmentBuilder({
      identity: this.#identity,
      firstSequence: first.sequence,
      previousHash: this.#lastHash,
      runningMaxTimeUs: this.#runningMaxTimeUs,
    })
    const frames = prepare(records)
    builder.add(frames)
    const bytes = Buffer.concat([builder.header, frames.bytes, builder.footer()])
    const name = sealedName(first.sequence, last.sequence)
    await this.#write(name, bytes)
    const survey = await surveyAccess(
      { open: this.#files.open, list: async () => [name] },
      this.directory,
      first.sequence,
      this.#identity,
    )
    this.#parts.push(...survey.parts)
    this.#head = head
    this.#lastHash = builder.last.hash
    this.#runningMaxTimeUs = builder.runningMaxTimeUs
  }

  async leaves(first: bigint, last: bigint): Promise<Uint8Array> {
    const all: Uint8Array[] = []
    for (const part of this.#wholeParts(first, last)) {
      const found: Damage[] = []
      for await (const leaf of this.#leavesIn(part, found)) all.push(leaf)
      const [damage] = found
      if (damage) throw damaged(damage)
    }
    return new Uint8Array(Buffer.concat(all))
  }

  async bury(note: string, leaves: Uint8Array): Promise<void> {
    const bytes = encodeGone(note, leaves)
    const [first, last] = rangeOf(bytes)
    const isBehind = first === this.next
    if (isBehind) this.#requireWhole()
    const replaced = isBehind ? [] : this.#wholeParts(first, last)
    await this.#write(goneName(first, last), bytes)
    const names = replaced.flatMap((part) => (part.kind === 'segment' ? part.segment.name : []))
    await onDisk('giving up', this.directory, () => removeAll(this.#files, this.directory, names))
    const { files, directory } = { files: this.#files, directory: this.directory }
    const found = await onDisk('reading again', directory, () =>
      surveyAccess(files, directory, this.epoch.first, this.#identity),
    )
    this.#parts = [...found.parts]
    if (!isBehind) return
    for (const leaf of eachLeaf(leaves)) {
      this.#head.append(leaf)
      this.#lastHash = leaf
    }
  }

  #requireWhole(): void {
    const [damage] = this.#damage
    if (damage) throw damaged(damage)
  }

  async #write(name: string, bytes: Buffer): Promise<void> {
    await onDisk('writing', name, async () => {
      await writeWhole(this.#files, join(this.directory, name), bytes)
      await this.#files.syncDirectory(this.directory)
    })
  }

  /** The segments of a range that begins and ends with one. */
  #wholeParts(first: bigint, last: bigint): readonly Part[] {
    const parts = this.#parts.filter((part) => part.first >= first && part.last <= last)
    const isWhole = parts[0]?.first === first && parts.at(-1)?.last === last
    if (!isWhole || parts.some(({ kind }) => kind === 'gone'))
      throw new RangeError('archive: not the records of whole segments')
    return parts
  }

  /** In order; what is wrong with the segment is added to `damage`, and its leaves are not to be used then. */
  async *#leavesIn(part: Part, damage: Damage[]): AsyncGenerator<Uint8Array> {
    if (part.kind === 'gone') {
      yield* eachLeaf(part.file.leaves)
      return
    }
    const { segment } = part
    const leaves: Uint8Array[] = []
    await withFile(this.#files, join(this.directory, segment.name), async (file, size) => {
      const walk = await walkSegment(file, segment, {
        visit: (frames) => void leaves.push(...frames.leaves),
      })
      damage.push(...walk.damage)
      if (walk.builder === undefined || segment.footer === undefined) return
      if (walk.builder.footer().equals(await readRange(file, segment.framesEnd, size))) return
      const detail = 'its records are not those it was sealed with'
      damage.push({
        kind: 'digest',
        file: segment.name,
        firstBadSequence: part.first,
        lastBadSequence: part.last,
        detail,
        isRepaired: false,
      })
    })
    yield* leaves
  }
}

const damaged = ({ file, firstBadSequence, detail }: Damage) =>
  ArchiveDamaged({ file, firstBadSequence, reason: detail })

function rangeOf(bytes: Buffer): readonly [bigint, bigint] {
  const read = decodeGone(bytes)
  if (typeof read === 'string') throw new RangeError(`archive: ${read}`)
  return [read.tombstone.first, read.tombstone.last]
}
