import { join } from 'node:path'
import { errorCode, readRange, withFile } from './files.ts'
import { decodeFooter, footerOffset, type SegmentFooter, trailerBytes } from './footer.ts'
import { decodeHeader, maxHeaderBytes, type SegmentHeader } from './header.ts'
import { maxSegmentBytes } from './limits.ts'
import { parseSegmentName, type SegmentName } from './segment-name.ts'
import type { ArchiveIdentity, Damage, DamageKind, OpenFile, ReadFiles } from './types.ts'

/** Footers of ordinary segments fit. */
const endBytes = 4096
/** Files looked at side by side; an archive of a slow year has tens of thousands. */
const width = 16

/** These are the file's fault; others (too many open files, no permission) are not, and rise. */
const lostFile = new Set(['EIO', 'EISDIR', 'ELOOP', 'ENXIO', 'EUCLEAN', 'EBADMSG'])

/** A segment by name, header and footer; its frames have not been looked at. */
export interface Segment extends SegmentName {
  readonly size: number
  readonly header: SegmentHeader | undefined
  /** As they are on the disk; empty without a readable header. */
  readonly headerBytes: Buffer
  readonly footer: SegmentFooter | undefined
  /** Where frames end: at the footer, or with the file. */
  readonly framesEnd: number
}

export interface Survey {
  /** What can be worked with: ascending, none holding what another one holds. */
  readonly segments: readonly Segment[]
  readonly damage: readonly Damage[]
  /** The first segment of another log. */
  readonly foreign: Foreign | undefined
  /** All names in the directory. */
  readonly names: readonly string[]
}

export const damageOf = (
  kind: DamageKind,
  file: string,
  firstBadSequence: bigint,
  lastBadSequence: bigint,
  detail: string,
): Damage => ({ kind, file, firstBadSequence, lastBadSequence, detail, isRepaired: false })

export const bySequence = (a: Damage, b: Damage): number =>
  a.firstBadSequence < b.firstBadSequence ? -1 : a.firstBadSequence > b.firstBadSequence ? 1 : 0

export interface Foreign {
  readonly file: string
  readonly field: string
  readonly expected: string
  readonly found: string
}

/** The first field in which a segment is another log's. */
export function foreignField(
  file: string,
  found: ArchiveIdentity,
  expected: ArchiveIdentity,
): Foreign | undefined {
  const fields = [
    ['lineage', found.lineageId, expected.lineageId],
    ['generation', String(found.generation), String(expected.generation)],
    ['root key', knownRootKey(found, expected), expected.rootKeyFingerprint],
    ['log', found.log ?? 'the log', expected.log ?? 'the log'],
  ] as const
  const other = fields.find(([, is, ought]) => is !== ought)
  return other && { file, field: other[0], expected: other[2], found: other[1] }
}

/** One of a root key before a rotation is as good as the present one. */
const knownRootKey = (found: ArchiveIdentity, expected: ArchiveIdentity): string =>
  expected.formerRootKeys?.includes(found.rootKeyFingerprint) === true
    ? expected.rootKeyFingerprint
    : found.rootKeyFingerprint

/** Reads names, headers and footers of a generation's directory, and writes nothing. */
export async function survey(
  files: ReadFiles,
  directory: string,
  identity: ArchiveIdentity | undefined,
): Promise<Survey> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await surveyOnce(files, directory, identity)
    } catch (error) {
      // Sealed, or moved aside, between listing and looking.
      if (errorCode(error) !== 'ENOENT' || attempt === 5) throw error
    }
  }
}

async function surveyOnce(
  files: ReadFiles,
  directory: string,
  identity: ArchiveIdentity | undefined,
): Promise<Survey> {
  const names = [...(await files.list(directory))].sort()
  const found = names
    .map(parseSegmentName)
    .filter((name) => name !== undefined)
    .sort(sealedFirst)
  const looks: Look[] = []
  for (let at = 0; at < found.length; at += width)
    looks.push(
      ...(await Promise.all(
        found.slice(at, at + width).map((name) => look(files, directory, name)),
      )),
    )
  return { ...fit(looks, identity), names }
}

/** The open segment comes last, wherever it says it begins. */
function sealedFirst(a: SegmentName, b: SegmentName): number {
  if ((a.last === undefined) !== (b.last === undefined)) return a.last === undefined ? 1 : -1
  return a.first < b.first ? -1 : a.first > b.first ? 1 : 0
}

/** A file, and what is wrong with it by itself. Without `segment` nothing in it can be used. */
export interface Look {
  readonly name: SegmentName
  readonly segment: Segment | undefined
  readonly damage: readonly Damage[]
}

export async function look(files: ReadFiles, directory: string, name: SegmentName): Promise<Look> {
  try {
    return await withFile(files, join(directory, name.name), (file, size) =>
      examine(file, size, name),
    )
  } catch (error) {
    const code = errorCode(error)
    if (!lostFile.has(code)) throw error
    const end = name.last ?? name.first
    return {
      name,
      segment: undefined,
      damage: [damageOf('unreadable', name.name, name.first, end, `it cannot be read (${code})`)],
    }
  }
}

async function examine(file: OpenFile, size: number, name: SegmentName): Promise<Look> {
  const { first, last } = name
  const damage: Damage[] = []
  // Frames may be whole all the same; they are judged by themselves.
  const report = (kind: DamageKind, detail: string): void => {
    damage.push(damageOf(kind, name.name, first, first - 1n, detail))
  }
  const unusable = (damage: Damage): Look => ({ name, segment: undefined, damage: [damage] })
  // Its name is no evidence of what it should hold, as with a file that cannot be read.
  const misnamed = (held: bigint, detail: string): Look =>
    unusable(damageOf('misnamed', name.name, held, held - 1n, detail))
  if (size > maxSegmentBytes) {
    const detail = 'it is too large for a segment'
    return unusable(damageOf('unreadable', name.name, first, last ?? first, detail))
  }

  const head = decodeHeader(await readRange(file, 0, Math.min(size, maxHeaderBytes)))
  if (typeof head === 'string') report('header', head)
  else if (head.header.firstSequence !== first)
    return misnamed(
      head.header.firstSequence,
      `it begins with sequence ${head.header.firstSequence}`,
    )
  const start = typeof head === 'string' ? 0 : head.size

  let footer: SegmentFooter | undefined
  let framesEnd = size
  if (last !== undefined) {
    const end = await readFooter(file, size)
    if (typeof end === 'string') report('footer', end)
    else if (end.footer.firstSequence !== first || end.footer.lastSequence !== last)
      return misnamed(
        end.footer.firstSequence,
        `it holds sequences ${end.footer.firstSequence} to ${end.footer.lastSequence}`,
      )
    else if (start > 0 && end.footer.index[0]?.offset !== start)
      report('footer', 'its index does not begin behind its header')
    else {
      footer = end.footer
      framesEnd = end.offset
    }
  }
  return {
    name,
    damage,
    segment: {
      ...name,
      size,
      header: typeof head === 'string' ? undefined : head.header,
      headerBytes: await readRange(file, 0, start),
      footer,
      framesEnd,
    },
  }
}

/** The footer at the end of a file, or what is wrong with it. */
export async function readFooter(
  file: OpenFile,
  size: number,
): Promise<{ footer: SegmentFooter; offset: number } | string> {
  const tailFrom = Math.max(0, size - endBytes)
  const tail = await readRange(file, tailFrom, size)
  const offset = footerOffset(tail.subarray(-trailerBytes), size)
  if (offset === undefined) return 'it does not end as a sealed segment does'
  const bytes =
    offset >= tailFrom ? tail.subarray(offset - tailFrom) : await readRange(file, offset, size)
  const decoded = decodeFooter(bytes, offset)
  return typeof decoded === 'string' ? decoded : { footer: decoded.footer, offset }
}

/** Puts segments in a row, and says where they do not fit together. */
function fit(looks: readonly Look[], identity: ArchiveIdentity | undefined): Omit<Survey, 'names'> {
  let stranger: Foreign | undefined
  const segments: Segment[] = []
  const damage: Damage[] = []
  let owner = identity
  let expected = 1n
  let before: Segment | undefined
  for (const { name, segment, damage: own } of looks) {
    const end = name.last ?? name.first
    const refuse = (kind: DamageKind, detail: string): void => {
      damage.push(damageOf(kind, name.name, name.first, end, detail))
    }
    owner ??= segment?.header?.identity
    const foreign =
      segment?.header && owner && foreignField(name.name, segment.header.identity, owner)
    stranger ??= foreign
    const [misnamed] = own.filter(({ kind }) => kind === 'misnamed')
    if (misnamed !== undefined) {
      const isHeld = misnamed.firstBadSequence < expected
      damage.push(
        isHeld
          ? { ...misnamed, firstBadSequence: name.first, lastBadSequence: name.first - 1n }
          : misnamed,
      )
      continue
    }
    if (name.first < expected) {
      refuse('overlap', `another segment holds sequence ${name.first} already`)
      continue
    }
    if (name.first > expected)
      damage.push(
        damageOf('missing', name.name, expected, name.first - 1n, 'no segment holds these'),
      )
    damage.push(...own)
    expected = end + 1n
    if (segment === undefined) {
      before = undefined
      continue
    }
    if (foreign !== undefined) {
      refuse('foreign', `its ${foreign.field} is ${foreign.found}, not ${foreign.expected}`)
      before = undefined
      continue
    }
    if (before?.last !== undefined && before.last + 1n === name.first)
      damage.push(...joint(before, segment))
    segments.push(segment)
    before = segment
    // What an open segment holds is known by its frames alone; nothing may stand behind it.
    if (name.last === undefined) expected = 1n << 64n
  }
  return { segments, damage: damage.sort(bySequence), foreign: stranger }
}

function joint(before: Segment, { name, first, header, footer }: Segment): Damage[] {
  const report = (detail: string): Damage[] => [damageOf('chain', name, first, first - 1n, detail)]
  if (before.footer === undefined) return []
  if (header && Buffer.compare(header.previousHash, before.footer.lastHash) !== 0)
    return report(`it does not follow the last commit of ${before.name}`)
  if (footer && footer.index[0]?.maxTimeBeforeUs !== before.footer.runningMaxTimeUs)
    return report(`its commit times do not go on from those of ${before.name}`)
  return []
}
