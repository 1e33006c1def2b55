import { join } from 'node:path'
import { errorCode, readRange, withFile } from '../files.ts'
import { parseSegmentName } from '../segment-name.ts'
import { bySequence, damageOf, foreignField, look, type Segment } from '../survey.ts'
import type { ArchiveIdentity, Damage, ReadFiles } from '../types.ts'
import { decodeGone, type GoneFile, maxGone, parseGoneName } from './gone-file.ts'

/** A part of an epoch: a sealed segment, or what is left of some. */
export type Part =
  | {
      readonly kind: 'segment'
      readonly first: bigint
      readonly last: bigint
      readonly segment: Segment
    }
  | {
      readonly kind: 'gone'
      readonly first: bigint
      readonly last: bigint
      readonly name: string
      readonly file: GoneFile
    }

export interface AccessSurvey {
  /** In order, without overlap. */
  readonly parts: readonly Part[]
  /** Segments a whole tombstone stands for: a crash kept them from being removed. */
  readonly leftOver: readonly string[]
  readonly damage: readonly Damage[]
  readonly names: readonly string[]
}

/** Reads names, headers, footers and tombstones of an epoch's directory, and writes nothing. */
export async function surveyAccess(
  files: ReadFiles,
  directory: string,
  first: bigint,
  identity: ArchiveIdentity | undefined,
): Promise<AccessSurvey> {
  const names = [...(await files.list(directory))].sort()
  const damage: Damage[] = []
  const gone: Extract<Part, { kind: 'gone' }>[] = []
  for (const name of names) {
    const named = parseGoneName(name)
    if (!named) continue
    const file = await readGone(files, join(directory, name))
    if (typeof file === 'string')
      damage.push(damageOf('footer', name, named.first, named.last, file))
    else if (file.tombstone.first !== named.first || file.tombstone.last !== named.last)
      damage.push(damageOf('misnamed', name, named.first, named.last, 'its tombstone is of others'))
    else gone.push({ kind: 'gone', ...named, file })
  }
  const found: Part[] = [...gone]
  const leftOver: string[] = []
  for (const name of names.map(parseSegmentName)) {
    if (name?.last === undefined) continue
    const { last } = name
    if (gone.some((one) => one.first <= name.first && last <= one.last)) {
      leftOver.push(name.name)
      continue
    }
    const { segment, damage: own } = await look(files, directory, name)
    damage.push(...own)
    const header = segment?.header
    const foreign = header && identity && foreignField(name.name, header.identity, identity)
    if (foreign)
      damage.push(
        damageOf(
          'foreign',
          name.name,
          name.first,
          last,
          `its ${foreign.field} is ${foreign.found}, not ${foreign.expected}`,
        ),
      )
    else if (segment) found.push({ kind: 'segment', first: name.first, last, segment })
  }
  found.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
  const parts: Part[] = []
  let next = first
  let hash: Uint8Array | undefined = new Uint8Array()
  for (const part of found) {
    const file = part.kind === 'gone' ? part.name : part.segment.name
    if (part.first < next) {
      const detail = `another file holds record ${part.first} already`
      damage.push(damageOf('overlap', file, part.first, part.last, detail))
      continue
    }
    if (part.first > next) {
      hash = undefined
      if (!damage.some((d) => d.firstBadSequence <= next && d.lastBadSequence >= part.first - 1n))
        damage.push(damageOf('missing', file, next, part.first - 1n, 'no file holds these'))
    }
    const previous = part.kind === 'segment' ? part.segment.header?.previousHash : undefined
    if (previous && hash && Buffer.compare(previous, hash) !== 0)
      damage.push(
        damageOf(
          'chain',
          file,
          part.first,
          part.first - 1n,
          'it does not follow what is before it',
        ),
      )
    parts.push(part)
    next = part.last + 1n
    hash = part.kind === 'gone' ? part.file.leaves.slice(-32) : part.segment.footer?.lastHash
  }
  return { parts, leftOver, damage: damage.sort(bySequence), names }
}

async function readGone(files: ReadFiles, path: string): Promise<GoneFile | string> {
  try {
    return await withFile(files, path, async (file, size) =>
      size > maxGone * 32 + 128 * 1024
        ? 'it is too large'
        : decodeGone(await readRange(file, 0, size)),
    )
  } catch (error) {
    const code = errorCode(error)
    if (code === '' || code === 'EMFILE' || code === 'EACCES') throw error
    return `it cannot be read (${code})`
  }
}
