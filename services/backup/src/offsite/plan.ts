import { join } from 'node:path'
import type { ObjectKeys } from '@holdfast/full-backup'
import type { ArchiveStock } from './archive-stock.ts'
import type { Step } from './steps.ts'
import type { StoredRow } from './store.ts'

/** What stands at the location. */
export interface Standing {
  get(key: string): StoredRow | undefined
  rows(): Iterable<StoredRow>
}

export interface PlanInput {
  readonly keys: ObjectKeys
  readonly lineageId: string
  readonly generation: number
  /** Durable in the archive up to it. */
  readonly archived: bigint
  readonly stock: ArchiveStock
  readonly standing: Standing
  /** Of one tail, about. */
  readonly tailBytes: number
}

export interface Plan {
  /** In this order; the oldest commits first, so that what stands there has no gap at any moment. */
  readonly steps: readonly Step[]
  /** Keys the next manifest does not name: tails that segments cover, what the archive has given up. */
  readonly retire: readonly string[]
}

const isSound = (row: StoredRow | undefined): row is StoredRow =>
  row !== undefined && row.damage === ''

/** What was retired and is wanted again, of a log that was set back say, may be another by the same name. */
const isNamed = (row: StoredRow | undefined): boolean => isSound(row) && row.namedTo === undefined

/** The last sequence up to which everything of the generation is there. */
export function pushedSequence(rows: Iterable<StoredRow>, generation: number): bigint {
  return coverage(
    [...rows].filter(
      (row) => (row.kind === 'segment' || row.kind === 'tail') && row.generation === generation,
    ),
  )
}

function coverage(
  rows: readonly (Pick<StoredRow, 'first' | 'last'> & { damage?: string })[],
): bigint {
  let next = 1n
  const sorted = [...rows].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
  for (const { first, last, damage = '' } of sorted)
    if (damage === '' && first <= next && last >= next) next = last + 1n
  return next - 1n
}

/** What is to be put there so that it is as the archive is. Pure. */
export function plan(input: PlanInput): Plan {
  const { keys, generation, archived, stock, standing, lineageId } = input
  const steps: Step[] = []
  const retire: string[] = []
  const rows = [...standing.rows()]
  const ofGeneration = rows.filter((row) => row.generation === generation)
  const living = new Set<string>()

  for (const { name: file, first, last } of stock.segments) {
    const name = keys.segment(generation, first, last)
    living.add(name.key)
    if (!isSound(standing.get(name.key)))
      steps.push({ do: 'segment', name, directory: stock.directory, file })
  }
  const tails = ofGeneration.filter(({ kind }) => kind === 'tail')
  const pushed = coverage([...stock.segments, ...tails])
  if (archived > pushed)
    steps.push({
      do: 'tail',
      lineageId,
      generation,
      directory: stock.directory,
      from: pushed + 1n,
      to: archived,
      maxBytes: input.tailBytes,
    })
  // Only what is there covers, not what is about to be; a damaged tail was put anew under this or another name.
  const segments = ofGeneration
    .filter((row) => row.kind === 'segment' && isSound(row))
    .sort(byFirst)
  const isCovered = ({ first, last }: StoredRow, by: readonly StoredRow[]): boolean =>
    coverageFrom(first, by) >= last
  for (const tail of tails) {
    // Old manifests name more of them than there are commits in an hour.
    if (tail.namedTo !== undefined) continue
    const others =
      tail.damage === '' ? segments : [...segments, ...tails.filter(isSound)].sort(byFirst)
    if (isCovered(tail, others)) retire.push(tail.key)
  }

  for (const { epoch, directory, file } of stock.access) {
    const name = keys.access(epoch, file)
    if (!name) continue
    living.add(name.key)
    if (isNamed(standing.get(name.key))) continue
    steps.push(
      name.kind === 'access'
        ? { do: 'segment', name, directory, file }
        : { do: 'file', name, path: join(directory, file), isCompressed: true },
    )
  }
  for (const { epoch, size, path } of stock.notes) {
    const name = epoch === '' ? keys.checkpoint(size) : keys.accessNote(epoch, size)
    living.add(name.key)
    if (!isNamed(standing.get(name.key)))
      steps.push({ do: 'file', name, path, isCompressed: false })
  }

  for (const row of rows) {
    switch (row.kind) {
      case 'segment':
      case 'tail':
      case 'writer':
        // Of a generation that ended: named by its own manifests, and by no new one.
        if (row.generation !== generation) retire.push(row.key)
        break
      case 'access':
      case 'access_gone':
      case 'access_note':
      case 'checkpoint':
        // Older notes prove nothing the newest does not.
        if (!living.has(row.key)) retire.push(row.key)
        break
      case 'keyset':
      case 'root_key':
      case 'config':
      case 'tables':
      case 'manifest':
        // Whoever writes the next one sees to those before it.
        break
    }
  }
  return { steps, retire: retire.filter((key) => standing.get(key)?.namedTo === undefined) }
}

const byFirst = (a: { readonly first: bigint }, b: { readonly first: bigint }): number =>
  a.first < b.first ? -1 : a.first > b.first ? 1 : 0

/** Of rows in order. */
function coverageFrom(from: bigint, rows: readonly StoredRow[]): bigint {
  let next = from
  for (const { first, last } of rows) if (first <= next && last >= next) next = last + 1n
  return next - 1n
}
