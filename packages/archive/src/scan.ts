import { basename, dirname, join } from 'node:path'
import { TreeHead } from '@holdfast/merkle'
import { checkArchive } from './check.ts'
import { readCheckpointNotes, type StatedCheckpoint } from './checkpoint-notes.ts'
import { disk } from './files.ts'
import { isLineageId } from './header.ts'
import { manifestName } from './manifest.ts'
import { parseSegmentName } from './segment-name.ts'
import { bySequence, damageOf } from './survey.ts'
import type { ArchivedCommit, Damage, Progress, ReadFiles } from './types.ts'

/** Sequences that ought to be there and are not. */
export interface MissingRange {
  readonly first: bigint
  readonly last: bigint
  /** How it is known: the name of the segment behind the gap, or of a checkpoint's note. */
  readonly shownBy: string
}

/** A note in `checkpoints/` that names this generation. Its signatures are not checked here. */
export interface ScannedCheckpoint extends StatedCheckpoint {
  /** `different`: not the root of these commits. `beyond`: more commits than are readable in a row. */
  readonly verdict: 'same' | 'different' | 'beyond'
}

/** One generation, as its files show it. */
export interface ScannedGeneration {
  readonly directory: string
  readonly lineageId: string
  readonly generation: number
  /** As the segments state it; undefined when no header is readable. */
  readonly rootKeyFingerprint: string | undefined
  readonly segments: number
  readonly bytes: number
  /** Readable commits in a row from sequence 1. */
  readonly commits: bigint
  /** The root of the Merkle tree over those, 32 bytes. */
  readonly root: Uint8Array
  /**
   * Integrity: bytes that are not what was written. A torn tail is among them; it takes nothing away that was
   * ever durable. Gaps between segments are in `missing` alone.
   */
  readonly damage: readonly Damage[]
  /** Completeness: what neighbours and checkpoints show to have been there. */
  readonly missing: readonly MissingRange[]
  /** By size. */
  readonly checkpoints: readonly ScannedCheckpoint[]
  /** The least that is bad or missing; where no commit is lost, the first of the segment concerned. */
  readonly firstBadSequence: bigint | undefined
}

export interface ScanOptions {
  /** Every readable commit with its leaf hash, in order; those behind damage too. */
  readonly onCommit?: (commit: ArchivedCommit, leaf: Uint8Array) => void
  readonly onProgress?: (progress: Progress & { readonly generation: number }) => void
  readonly files?: ReadFiles
}

/**
 * Reads every byte of an archive and judges it, without a server, without writing, in bounded
 * memory. `directory` is that of all archives, of a lineage, or of one generation. None found: an empty list.
 */
export async function scanArchive(
  directory: string,
  options: ScanOptions = {},
): Promise<readonly ScannedGeneration[]> {
  const files = options.files ?? disk
  const scanned: ScannedGeneration[] = []
  for (const found of await generationsIn(files, directory))
    scanned.push(await scanGeneration(files, found, options))
  return scanned
}

interface Found {
  readonly directory: string
  readonly lineageId: string
  readonly generation: number
}

const isGeneration = (name: string): boolean =>
  /^[1-9]\d{0,9}$/.test(name) && Number(name) <= 0xffff_ffff

async function generationsIn(files: ReadFiles, directory: string): Promise<readonly Found[]> {
  const name = basename(directory)
  if (isGeneration(name) && isLineageId(basename(dirname(directory))))
    return [{ directory, lineageId: basename(dirname(directory)), generation: Number(name) }]
  const names = [...(await files.list(directory))].sort()
  if (isLineageId(name))
    return names
      .filter(isGeneration)
      .map(Number)
      .sort((a, b) => a - b)
      .map((generation) => ({
        directory: join(directory, String(generation)),
        lineageId: name,
        generation,
      }))
  const all: Found[] = []
  for (const lineage of names.filter(isLineageId))
    all.push(...(await generationsIn(files, join(directory, lineage))))
  return all
}

async function scanGeneration(
  files: ReadFiles,
  found: Found,
  { onCommit, onProgress }: ScanOptions,
): Promise<ScannedGeneration> {
  const { directory, lineageId, generation } = found
  const names = await files.list(directory)
  const lastSequence = names
    .map((name) => parseSegmentName(name))
    .reduce((most, name) => (name?.last && name.last > most ? name.last : most), 0n)

  const { checkpoints: stated, unreadable } = await readCheckpointNotes(files, dirname(directory))
  const ours = stated.filter(({ origin }) => origin === `holdfast/${lineageId}/${generation}`)
  const roots = new RootsAt(ours)
  const tree = TreeHead.empty()
  roots.at(tree)
  let sequence = 0n
  const { segments, damage: all } = await checkArchive(files, directory, {
    visit: ({ commits, leaves }) => {
      commits.forEach((commit, i) => {
        const leaf = leaves[i]
        if (leaf === undefined) return
        onCommit?.(commit, leaf)
        if (commit.sequence !== tree.size + 1n) return
        tree.append(leaf)
        roots.at(tree)
      })
      sequence = commits.at(-1)?.sequence ?? sequence
      onProgress?.({ generation, sequence, lastSequence })
    },
  })

  const damage = all.filter(({ kind }) => kind !== 'missing')
  const missing: MissingRange[] = all
    .filter(({ kind }) => kind === 'missing')
    .map(({ file, firstBadSequence: first, lastBadSequence: last }) => ({
      first,
      last,
      shownBy: file,
    }))
  const wrongPlace = segments.find(
    ({ header }) =>
      header !== undefined &&
      (header.identity.lineageId !== lineageId ||
        header.identity.generation !== generation ||
        header.identity.log !== undefined),
  )
  if (wrongPlace !== undefined)
    damage.push(
      damageOf(
        'foreign',
        wrongPlace.name,
        wrongPlace.first,
        wrongPlace.first - 1n,
        'it is of another lineage or generation than its directory',
      ),
    )
  if (names.includes(manifestName))
    damage.push(damageOf('unfinished', manifestName, 0n, 0n, 'a replacement was not carried out'))
  for (const file of unreadable)
    damage.push(damageOf('checkpoint', file, 0n, 0n, 'it cannot be read as a checkpoint'))

  const checkpoints = roots.judged()
  let agreed = 0n
  for (const { file, size, verdict } of checkpoints)
    if (verdict === 'same') agreed = size
    else if (verdict === 'different')
      damage.push(
        damageOf(
          'checkpoint',
          file,
          agreed + 1n,
          size,
          'it states another root than these commits have',
        ),
      )
  const end = [...segments, ...all.map((d) => ({ last: d.lastBadSequence }))].reduce(
    (most, { last }) => (last !== undefined && last > most ? last : most),
    sequence,
  )
  const beyond = checkpoints.findLast(({ size }) => size > end)
  if (beyond !== undefined)
    missing.push({ first: end + 1n, last: beyond.size, shownBy: beyond.file })
  damage.sort(bySequence)
  return {
    ...found,
    rootKeyFingerprint: segments.find(({ header }) => header)?.header?.identity.rootKeyFingerprint,
    segments: segments.length,
    bytes: segments.reduce((sum, { size }) => sum + size, 0),
    commits: tree.size,
    root: tree.root(),
    damage,
    missing,
    checkpoints,
    firstBadSequence:
      least([
        ...damage.filter(takesCommits).map((d) => d.firstBadSequence),
        ...missing.map((m) => m.first),
      ]) ?? least(damage.map((d) => d.firstBadSequence).filter((sequence) => sequence > 0n)),
  }
}

/** Roots of the growing tree at the sizes of checkpoints. */
export class RootsAt {
  readonly #waiting: readonly StatedCheckpoint[]
  readonly #judged: ScannedCheckpoint[] = []

  /** By size. */
  constructor(checkpoints: readonly StatedCheckpoint[]) {
    this.#waiting = checkpoints
  }

  at(tree: TreeHead): void {
    const checkpoint = this.#waiting[this.#judged.length]
    if (checkpoint === undefined || checkpoint.size !== tree.size) return
    const isSame = Buffer.compare(checkpoint.root, tree.root()) === 0
    this.#judged.push({ ...checkpoint, verdict: isSame ? 'same' : 'different' })
  }

  judged(): readonly ScannedCheckpoint[] {
    const rest = this.#waiting.slice(this.#judged.length)
    return [...this.#judged, ...rest.map((c) => ({ ...c, verdict: 'beyond' as const }))]
  }
}

const takesCommits = ({ firstBadSequence: first, lastBadSequence: last }: Damage): boolean =>
  first > 0n && last >= first

const least = (sequences: readonly bigint[]): bigint | undefined =>
  sequences.reduce<bigint | undefined>(
    (min, sequence) => (min === undefined || sequence < min ? sequence : min),
    undefined,
  )
