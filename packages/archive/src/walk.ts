import { FrameReader, findFrame } from './frame-reader.ts'
import { leafOf, type PreparedFrames, SegmentBuilder } from './segment-builder.ts'
import { damageOf, type Segment } from './survey.ts'
import type { Damage, OpenFile } from './types.ts'

export interface Walk {
  readonly damage: readonly Damage[]
  /** All frames, when nothing is wrong with header and frames; it knows what the footer has to say. */
  readonly builder: SegmentBuilder | undefined
  /** The greatest sequence of a readable frame, one less than the segment's first without any. */
  readonly lastSequence: bigint
  /** Its leaf hash; empty without any. */
  readonly lastHash: Uint8Array
  /** Behind the last frame, where no damage stands before it. */
  readonly end: number
  /** For an open segment: no frame stands behind `end`, only one that a crash cut short, or a footer. */
  readonly isTorn: boolean
}

export interface WalkOptions {
  /** Do not look at more of the file than this. */
  readonly limit?: number
  /** Readable frames in order, also those behind damage. */
  readonly visit?: (frames: PreparedFrames) => void | Promise<void>
  /** Greatest commit time of the segments before, where the footer does not tell. */
  readonly runningMaxTimeUs?: number
}

/** Where the first frame stands; undefined when nothing says so and none can be found. */
async function framesStart(file: OpenFile, segment: Segment): Promise<number | undefined> {
  if (segment.header !== undefined) return segment.headerBytes.length
  const indexed = segment.footer?.index[0]?.offset
  if (indexed !== undefined) return indexed
  const found = await findFrame(file, 0, segment.framesEnd, segment.first)
  return typeof found === 'string' || found.sequence !== segment.first ? undefined : found.offset
}

/** Reads every frame of a segment, and goes on behind damage where it finds frames again. */
export async function walkSegment(
  file: OpenFile,
  segment: Segment,
  options: WalkOptions = {},
): Promise<Walk> {
  const { name, first, last, header, footer } = segment
  const limit = Math.min(options.limit ?? segment.framesEnd, segment.framesEnd)
  const damage: Damage[] = []
  let builder: SegmentBuilder | undefined
  if (header !== undefined)
    builder = new SegmentBuilder({
      identity: header.identity,
      firstSequence: first,
      previousHash: header.previousHash,
      runningMaxTimeUs: footer?.index[0]?.maxTimeBeforeUs ?? options.runningMaxTimeUs ?? 0,
      header: segment.headerBytes,
    })
  let lastSequence = first - 1n
  let lastHash: Uint8Array = new Uint8Array()
  let isTorn = false
  const isOpen = last === undefined
  const bad = (from: bigint, to: bigint, detail: string): void => {
    builder = undefined
    damage.push(damageOf('frame', name, from, to, detail))
  }

  let offset = (await framesStart(file, segment)) ?? 0
  for (let sequence = first; ; ) {
    const reader = new FrameReader(file, offset, limit, sequence)
    for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
      const frames = { ...batch, leaves: batch.commits.map(leafOf) }
      lastSequence = frames.commits.at(-1)?.sequence ?? lastSequence
      lastHash = frames.leaves.at(-1) ?? lastHash
      builder?.add(frames)
      await options.visit?.(frames)
    }
    const stop = reader.stop
    if (stop === undefined) break
    offset = stop.offset
    if (stop.kind === 'end') break
    // Behind the last commit stands a footer, in whatever state; survey has judged it.
    if (last !== undefined && stop.sequence > last && footer === undefined) break
    const found = await findFrame(file, stop.offset, limit, stop.sequence)
    if (found === 'none' && isOpen && header !== undefined) {
      isTorn = true
      break
    }
    if (typeof found === 'string') {
      bad(stop.sequence, last ?? stop.sequence, stop.reason || 'its frames end early')
      return { damage, builder, lastSequence, lastHash, end: offset, isTorn }
    }
    bad(stop.sequence, found.sequence - 1n, stop.reason)
    sequence = found.sequence
    offset = found.offset
  }
  if (last !== undefined && lastSequence < last)
    bad(lastSequence + 1n, last, 'its frames end early')
  if (last !== undefined && lastSequence > last)
    bad(last + 1n, lastSequence, 'it holds more than its name says')
  return { damage, builder, lastSequence, lastHash, end: offset, isTorn }
}
