import { join } from 'node:path'
import { ArchiveForeign } from './errors.ts'
import { readRange, withFile } from './files.ts'
import { carryOut, clearStaging, manifestName, stagingName } from './manifest.ts'
import type { SegmentBuilder } from './segment-builder.ts'
import { sealedName } from './segment-name.ts'
import { damageOf, type Segment, type Survey, survey } from './survey.ts'
import type { ArchiveIdentity, ArchivePosition, Damage, Files, OpenFile } from './types.ts'
import { type Walk, walkSegment } from './walk.ts'

/** A sealed segment as it is kept in memory. */
export interface Sealed {
  readonly name: string
  readonly first: bigint
  readonly last: bigint
  readonly size: number
  /** Undefined where the footer cannot be read. */
  readonly runningMaxTimeUs: number | undefined
}

/** The segment that is being written. Its file ends where the builder says. */
export interface Open {
  readonly name: string
  readonly file: OpenFile
  readonly builder: SegmentBuilder
}

export interface Loaded {
  readonly sealed: readonly Sealed[]
  /** Never there when there is unrepaired damage. */
  readonly open: Open | undefined
  /** An open segment that only can be read, for there is damage: where its frames end. */
  readonly readOnly:
    | { readonly name: string; readonly first: bigint; readonly size: number }
    | undefined
  readonly last: ArchivePosition
  readonly runningMaxTimeUs: number
  readonly damage: readonly Damage[]
}

/**
 * Brings a directory into the state a crash should not have kept it from: carries out a replacement that had
 * been decided, ends a seal, cuts a torn tail. Writes nothing when a segment is another log's. May run twice.
 */
export async function load(
  files: Files,
  directory: string,
  identity: ArchiveIdentity,
): Promise<Loaded> {
  const seen = await strangersRefused(files, directory, identity)
  const state = (await tidy(files, directory, seen.names))
    ? await strangersRefused(files, directory, identity)
    : seen
  const loaded = await take(files, directory, state)
  await files.syncDirectory(directory)
  return loaded
}

async function strangersRefused(
  files: Files,
  directory: string,
  identity: ArchiveIdentity,
): Promise<Survey> {
  const seen = await survey(files, directory, identity)
  if (seen.foreign !== undefined) throw ArchiveForeign({ ...seen.foreign })
  return seen
}

/** Whether there was anything to do. */
async function tidy(files: Files, directory: string, names: readonly string[]): Promise<boolean> {
  const half = names.filter((name) => /^(open-\d{20}\.hfs|replace\.json)\.tmp$/.test(name))
  for (const name of half) await files.remove(join(directory, name))
  if (names.includes(manifestName)) await carryOut(files, directory)
  else if (names.includes(stagingName)) await clearStaging(files, directory)
  else return false
  return true
}

const remember = ({ name, first, last, size, footer }: Segment): Sealed => ({
  name,
  first,
  last: last ?? first,
  size,
  runningMaxTimeUs: footer?.runningMaxTimeUs,
})

async function take(
  files: Files,
  directory: string,
  { segments, damage }: Survey,
): Promise<Loaded> {
  const sealed = segments.filter((segment) => segment.last !== undefined)
  const tail = sealed.at(-1)
  const begun = segments.find((segment) => segment.last === undefined)
  const running = tail?.footer?.runningMaxTimeUs ?? 0
  const base = { sealed: sealed.map(remember), open: undefined, readOnly: undefined, damage }

  if (begun !== undefined) {
    const taken = await takeOpen(files, directory, begun, running, damage)
    if ('isSealed' in taken) return load(files, directory, taken.isSealed)
    const { open, walk } = taken
    const last = { sequence: walk.lastSequence, hash: walk.lastHash }
    const isEmpty = walk.lastSequence < begun.first
    return {
      ...base,
      open,
      readOnly: open ? undefined : { name: begun.name, first: begun.first, size: begun.size },
      last: isEmpty ? await lastOf(files, directory, tail) : last,
      runningMaxTimeUs: walk.builder?.runningMaxTimeUs ?? running,
      damage: [...damage, ...taken.damage],
    }
  }
  const last = await lastOf(files, directory, tail)
  // The name of a file that the disk does not give says what had been there.
  const shown = damage
    .filter(({ kind }) => kind === 'unreadable')
    .reduce((most, { lastBadSequence }) => (lastBadSequence > most ? lastBadSequence : most), 0n)
  return {
    ...base,
    last: shown > last.sequence ? { sequence: shown, hash: new Uint8Array() } : last,
    runningMaxTimeUs: running,
  }
}

async function lastOf(
  files: Files,
  directory: string,
  tail: Segment | undefined,
): Promise<ArchivePosition> {
  if (tail?.last === undefined) return { sequence: 0n, hash: new Uint8Array() }
  if (tail.footer !== undefined) return { sequence: tail.last, hash: tail.footer.lastHash }
  const walk = await withFile(files, join(directory, tail.name), (file) => walkSegment(file, tail))
  return walk.lastSequence === tail.last
    ? { sequence: tail.last, hash: walk.lastHash }
    : { sequence: tail.last, hash: new Uint8Array() }
}

/** Opens the segment to go on with it, when nothing at all is damaged; else only reads it. */
async function takeOpen(
  files: Files,
  directory: string,
  segment: Segment,
  runningMaxTimeUs: number,
  known: readonly Damage[],
): Promise<
  | { readonly open: Open | undefined; readonly walk: Walk; readonly damage: readonly Damage[] }
  | { readonly isSealed: ArchiveIdentity }
> {
  const path = join(directory, segment.name)
  const file = await files.open(path, 'write')
  let isKept = false
  try {
    const walk = await walkSegment(file, segment, { runningMaxTimeUs })
    const { builder, end } = walk
    if (known.length > 0 || walk.damage.length > 0 || builder === undefined)
      return { open: undefined, walk, damage: walk.damage }
    const damage: Damage[] = []
    if (walk.isTorn) {
      const rest = await readRange(file, end, Math.min(segment.size, end + builder.footer().length))
      const isSealed =
        !builder.isEmpty && end + rest.length === segment.size && rest.equals(builder.footer())
      if (isSealed && segment.header) {
        await file.dataSync()
        await files.rename(path, join(directory, sealedName(segment.first, walk.lastSequence)))
        return { isSealed: segment.header.identity }
      }
      await file.truncate(end)
      const cut = `cut ${segment.size - end} bytes behind the last whole frame`
      damage.push({
        ...damageOf('torn_tail', segment.name, walk.lastSequence + 1n, walk.lastSequence + 1n, cut),
        isRepaired: true,
      })
    }
    // Frames of a process that was killed may be in memory only.
    await file.dataSync()
    isKept = true
    return { open: { name: segment.name, file, builder }, walk, damage }
  } finally {
    if (!isKept) await file.close()
  }
}
