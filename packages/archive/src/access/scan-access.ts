import { basename, dirname, join } from 'node:path'
import { parseEpoch, TreeHead } from '@holdfast/merkle'
import { readCheckpointNotes, type StatedCheckpoint } from '../checkpoint-notes.ts'
import { disk, readRange, withFile } from '../files.ts'
import { type MissingRange, RootsAt, type ScannedCheckpoint } from '../scan.ts'
import { bySequence, damageOf } from '../survey.ts'
import type { ArchivedCommit, Damage, Progress, ReadFiles } from '../types.ts'
import { walkSegment } from '../walk.ts'
import { eachLeaf, type GoneFile } from './gone-file.ts'
import { surveyAccess } from './survey-access.ts'

/** The archive of one epoch of ACCESS, as its files show it. */
export interface ScannedAccess {
  readonly directory: string
  readonly lineageId: string
  /** As the segments or tombstones state it; undefined when nothing readable does. */
  readonly generation: number | undefined
  readonly first: bigint
  /** Leaves in a row from the first record. */
  readonly size: bigint
  readonly root: Uint8Array
  /** Of those, the ones that still have their content. */
  readonly kept: bigint
  /** Where content was given up. Their signatures are not checked here. */
  readonly gone: readonly (GoneFile & { readonly file: string })[]
  readonly damage: readonly Damage[]
  readonly missing: readonly MissingRange[]
  /** By size. */
  readonly checkpoints: readonly ScannedCheckpoint[]
}

export interface ScanAccessOptions {
  /** Every leaf in a row, with its sequence. */
  readonly onLeaf?: (sequence: bigint, leaf: Uint8Array) => void
  readonly onRecord?: (record: ArchivedCommit) => void
  readonly onProgress?: (progress: Progress & { readonly generation: number }) => void
  readonly files?: ReadFiles
}

/** Reads every byte of `<lineage>/access/<epoch>` and judges it, without writing. Throws FormatError for another name. */
export async function scanAccess(
  directory: string,
  options: ScanAccessOptions = {},
): Promise<ScannedAccess> {
  const { files = disk, onLeaf, onRecord, onProgress } = options
  const { first } = parseEpoch(basename(directory))
  const lineageId = basename(dirname(dirname(directory)))
  const { parts, damage: found } = await surveyAccess(files, directory, first, undefined)
  const { checkpoints: stated, unreadable } = await readCheckpointNotes(files, directory)
  const roots = new RootsAt(stated)
  const tree = TreeHead.empty()
  const damage = [...found]
  const gone: (GoneFile & { file: string })[] = []
  const lastSequence = parts.at(-1)?.last ?? 0n
  let generation: number | undefined
  let kept = 0n
  roots.at(tree)
  const add = (sequence: bigint, leaf: Uint8Array) => {
    if (sequence !== first + tree.size) return
    tree.append(leaf)
    onLeaf?.(sequence, leaf)
    roots.at(tree)
  }
  for (const part of parts) {
    if (part.kind === 'gone') {
      const { name, file } = part
      gone.push({ ...file, file: name })
      generation ??= generationIn(file.tombstone.origin)
      let sequence = part.first
      for (const leaf of eachLeaf(file.leaves)) add(sequence++, leaf)
      continue
    }
    const { segment } = part
    const { header } = segment
    generation ??= header?.identity.generation
    if (header && header.identity.log !== `access/${basename(directory)}`)
      damage.push(
        damageOf('foreign', segment.name, part.first, part.last, 'it is of another epoch'),
      )
    else if (header && header.identity.lineageId !== lineageId)
      damage.push(
        damageOf('foreign', segment.name, part.first, part.last, 'it is of another lineage'),
      )
    await withFile(files, join(directory, segment.name), async (file, size) => {
      const walk = await walkSegment(file, segment, {
        visit({ commits, leaves }) {
          commits.forEach((record, at) => {
            const leaf = leaves[at]
            if (!leaf) return
            kept += 1n
            onRecord?.(record)
            add(record.sequence, leaf)
          })
        },
      })
      damage.push(...walk.damage)
      const ought = walk.builder?.footer()
      if (ought && segment.footer && !ought.equals(await readRange(file, segment.framesEnd, size)))
        damage.push(
          damageOf(
            'digest',
            segment.name,
            part.first,
            part.last,
            'its records are not those it was sealed with',
          ),
        )
    })
    onProgress?.({ generation: generation ?? 0, sequence: part.last, lastSequence })
  }
  for (const file of unreadable)
    damage.push(damageOf('checkpoint', file, 0n, 0n, 'it cannot be read as a checkpoint'))
  const missing = damage
    .filter(({ kind }) => kind === 'missing')
    .map((d) => ({ first: d.firstBadSequence, last: d.lastBadSequence, shownBy: d.file }))
  return {
    directory,
    lineageId,
    generation: generation ?? generationOf(stated),
    first,
    size: tree.size,
    root: tree.root(),
    kept,
    gone,
    damage: damage.filter(({ kind }) => kind !== 'missing').sort(bySequence),
    missing,
    checkpoints: roots.judged(),
  }
}

const generationIn = (origin: string): number | undefined => {
  const generation = Number(origin.split('/')[2])
  return Number.isSafeInteger(generation) && generation > 0 ? generation : undefined
}

const generationOf = ([one]: readonly StatedCheckpoint[]): number | undefined =>
  one && generationIn(one.origin)
