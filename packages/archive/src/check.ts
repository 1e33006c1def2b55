import { join } from 'node:path'
import { errorCode, readRange, withFile } from './files.ts'
import type { PreparedFrames, SegmentBuilder } from './segment-builder.ts'
import { bySequence, damageOf, type Segment, survey } from './survey.ts'
import type { ArchiveIdentity, Damage, OpenFile, ReadFiles } from './types.ts'
import { walkSegment } from './walk.ts'

export interface CheckOptions {
  readonly identity?: ArchiveIdentity
  /** Readable frames in order of sequence; gaps where there is damage. */
  readonly visit?: (frames: PreparedFrames) => void | Promise<void>

  /** The last one that is known to have been there. */
  readonly lastSequence?: bigint
  /** How far an open segment is to be read, asked when its turn comes: it may grow meanwhile, or have been sealed. */
  readonly openLimit?: (
    first: bigint,
  ) => { readonly name: string; readonly size: number } | undefined
}

export interface Checked {
  readonly segments: readonly Segment[]
  /** In order of sequence. */
  readonly damage: readonly Damage[]
}

/** Reads and judges every byte of a generation's directory. Writes nothing. */
export async function checkArchive(
  files: ReadFiles,
  directory: string,
  options: CheckOptions = {},
): Promise<Checked> {
  const { segments, damage: found } = await survey(files, directory, options.identity)
  const damage = [...found]
  let before: Before | undefined
  let reached = 0n
  for (const segment of segments) {
    const limit = segment.last === undefined ? options.openLimit?.(segment.first) : undefined
    const name = limit?.name ?? segment.name
    try {
      before = await withFile(files, join(directory, name), async (file) => {
        const walk = await walkSegment(file, segment, {
          ...(limit && { limit: limit.size }),
          ...(options.visit && { visit: options.visit }),
          runningMaxTimeUs: before?.runningMaxTimeUs ?? 0,
        })
        damage.push(...walk.damage)
        if (walk.lastSequence > reached) reached = walk.lastSequence
        if (walk.isTorn && limit === undefined)
          damage.push(
            damageOf(
              'torn_tail',
              segment.name,
              walk.lastSequence + 1n,
              walk.lastSequence + 1n,
              'it ends inside a frame',
            ),
          )
        if (before !== undefined && !before.isVouched) damage.push(...joint(before, segment))
        if (walk.builder !== undefined && segment.footer !== undefined)
          damage.push(...(await digests(file, segment, walk.builder)))
        return {
          name: segment.name,
          last: walk.lastSequence,
          hash: walk.lastHash,
          isVouched: segment.footer !== undefined,
          runningMaxTimeUs:
            walk.builder?.runningMaxTimeUs ??
            segment.footer?.runningMaxTimeUs ??
            before?.runningMaxTimeUs ??
            0,
        }
      })
    } catch (error) {
      if (errorCode(error) === '') throw error
      before = undefined
      damage.push(
        damageOf(
          'unreadable',
          segment.name,
          segment.first,
          segment.last ?? segment.first,
          `it cannot be read (${errorCode(error)})`,
        ),
      )
    }
  }
  const shown = damage.reduce(
    (most, { lastBadSequence }) => (lastBadSequence > most ? lastBadSequence : most),
    reached,
  )
  if (options.lastSequence !== undefined && shown < options.lastSequence)
    damage.push(damageOf('missing', '', shown + 1n, options.lastSequence, 'no segment holds these'))
  return { segments, damage: damage.sort(bySequence) }
}

interface Before {
  readonly name: string
  readonly last: bigint
  readonly hash: Uint8Array
  /** By a footer; survey has compared that with the segment behind it. */
  readonly isVouched: boolean
  readonly runningMaxTimeUs: number
}

function joint(before: Before, { name, first, header }: Segment): Damage[] {
  if (header === undefined || before.last + 1n !== first) return []
  if (Buffer.compare(header.previousHash, before.hash) === 0) return []
  const detail = `it does not follow the last commit of ${before.name}`
  return [damageOf('chain', name, first, first - 1n, detail)]
}

/** Whether the footer is the one these frames make, SHA-256 of the file included. */
async function digests(
  file: OpenFile,
  segment: Segment,
  builder: SegmentBuilder,
): Promise<Damage[]> {
  const { name, first, framesEnd, size, footer } = segment
  const ought = builder.footer()
  if (footer === undefined || ought.equals(await readRange(file, framesEnd, size))) return []
  const made = builder.summary()
  const isTree = Buffer.compare(made.treeHash, footer.treeHash) === 0
  const detail = isTree
    ? 'header or footer are not those it was sealed with'
    : 'its commits are not those it was sealed with'
  return [damageOf('digest', name, first, isTree ? first - 1n : builder.last.sequence, detail)]
}
