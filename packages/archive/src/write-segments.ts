import { join } from 'node:path'
import { makeDurably, writeWhole } from './directory.ts'
import { onDisk } from './disk-error.ts'
import { ArchiveGap } from './errors.ts'
import { disk } from './files.ts'
import { encodeFrames } from './frame.ts'
import { leafOf, SegmentBuilder } from './segment-builder.ts'
import { sealedName } from './segment-name.ts'
import type { ArchivedCommit, ArchiveIdentity, ArchivePosition, Files } from './types.ts'

export interface WriteSegmentsOptions {
  /** Of all archives; that of the generation is made below it, and has to be empty. */
  readonly directory: string
  readonly identity: ArchiveIdentity
  /** Default 8 MiB. */
  readonly sealAtBytes?: number
  readonly files?: Files
}

/** Writes the archive of a generation at once, sealed segments only. Nothing of it counts before `end`. */
export interface SegmentWriter {
  readonly last: ArchivePosition
  /** `leaves` where the caller has them already. Throws archive.gap, archive.commit_invalid, archive.full. */
  add(commits: readonly ArchivedCommit[], leaves?: readonly Uint8Array[]): Promise<void>
  /** Durable when it resolves. */
  end(): Promise<void>
}

// So many are looked at between two looks at the size.
const atOnce = 256

export async function writeSegments(options: WriteSegmentsOptions): Promise<SegmentWriter> {
  const { identity, sealAtBytes = 8 * 1024 * 1024, files = disk } = options
  const folder = join(options.directory, identity.lineageId, String(identity.generation))
  await onDisk('creating', folder, () => makeDurably(files, folder, 2))
  let frames: Buffer[] = []
  const begin = (at: ArchivePosition, runningMaxTimeUs: number): SegmentBuilder =>
    new SegmentBuilder({
      identity,
      firstSequence: at.sequence + 1n,
      previousHash: at.hash,
      runningMaxTimeUs,
    })
  let builder = begin({ sequence: 0n, hash: new Uint8Array() }, 0)

  async function seal(): Promise<void> {
    if (builder.isEmpty) return
    const { firstSequence, last, runningMaxTimeUs } = builder
    const path = join(folder, sealedName(firstSequence, last.sequence))
    const bytes = Buffer.concat([builder.header, ...frames, builder.footer()])
    await onDisk('writing', path, () => writeWhole(files, path, bytes))
    builder = begin(last, runningMaxTimeUs)
    frames = []
  }

  return {
    get last() {
      return builder.last
    },
    async add(commits, leaves) {
      for (let at = 0; at < commits.length; at += atOnce) {
        const some = commits.slice(at, at + atOnce)
        const expected = builder.last.sequence + 1n
        const wrong = some.find(({ sequence }, i) => sequence !== expected + BigInt(i))
        if (wrong) throw ArchiveGap({ expected, found: wrong.sequence })
        const { bytes, sizes } = encodeFrames(some)
        const theirs = leaves?.slice(at, at + atOnce) ?? some.map(leafOf)
        builder.add({ commits: some, bytes, sizes, leaves: theirs })
        frames.push(bytes)
        if (builder.size >= sealAtBytes) await seal()
      }
    },
    async end() {
      await seal()
      await onDisk('writing', folder, () => files.syncDirectory(folder))
    },
  }
}
