import { type ObjectKeys, type ObjectName, objectKeys } from '@holdfast/full-backup'
import type { Storage } from '@holdfast/storage'
import { SourceInvalid } from '../errors.ts'

export interface Listing {
  readonly keys: ObjectKeys
  readonly lineageId: string
  /** The newest with a manifest, unless told otherwise. */
  readonly generation: number
  /** Of anything there. */
  readonly latestGeneration: number
  /** With a checksum beside them: what has none was cut short. */
  readonly objects: readonly ObjectName[]
  /** Manifests there are, newest first; of which generation shows when they are opened. */
  readonly manifests: readonly ObjectName[]
  readonly totalBytes: number
}

const lineagePattern = /^holdfast\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\//

/** What stands at a location, by names alone. Throws full_restore.source_invalid. */
export async function listCopy(
  storage: Storage,
  wanted: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Listing> {
  const prefix = wanted === undefined ? 'holdfast' : `holdfast/${wanted}`
  const found = new Map<string, number>()
  const lineages = new Set<string>()
  for await (const { key, size } of storage.list(prefix, signal)) {
    const lineage = lineagePattern.exec(key)?.[1]
    if (lineage === undefined) continue
    lineages.add(lineage)
    found.set(key, size)
  }
  const [lineageId, ...others] = [...lineages].sort()
  if (lineageId === undefined)
    throw SourceInvalid({
      part: '',
      reason:
        wanted === undefined
          ? 'there is no off-site copy at this location'
          : `there is no off-site copy of lineage ${wanted} at this location`,
    })
  if (others.length > 0)
    throw SourceInvalid({
      part: '',
      reason: `copies of several instances are at this location, name one by --lineage: ${[lineageId, ...others].join(', ')}`,
    })
  const keys = objectKeys(lineageId)
  const objects = [...found.keys()].flatMap((key) => {
    const name = found.has(`${key}.sha256`) ? keys.parse(key) : undefined
    return name ? [name] : []
  })
  const manifests = objects
    .filter(({ kind }) => kind === 'manifest')
    .sort((a, b) => (a.first > b.first ? -1 : 1))
  if (manifests.length === 0)
    throw SourceInvalid({ part: keys.root, reason: 'no manifest of a copy is there' })
  const generations = objects.map(({ generation }) => generation)
  return {
    ...{ keys, lineageId, objects, manifests },
    generation: Math.max(1, ...generations),
    latestGeneration: Math.max(1, ...generations),
    totalBytes: objects.reduce((sum, { key }) => sum + (found.get(key) ?? 0), 0),
  }
}

export interface Piece {
  readonly name: ObjectName
  /** The first commit of it that no piece before it holds. */
  readonly from: bigint
}

/** Segments and tails that together hold 1 to the end, each commit once. Throws full_restore.source_invalid. */
export function piecesOfLog(objects: readonly ObjectName[], generation: number): readonly Piece[] {
  const parts = objects
    .filter(
      (one) => (one.kind === 'segment' || one.kind === 'tail') && one.generation === generation,
    )
    .sort((a, b) => (a.first === b.first ? (a.last > b.last ? -1 : 1) : a.first < b.first ? -1 : 1))
  const pieces: Piece[] = []
  let next = 1n
  let best: ObjectName | undefined
  const take = (): void => {
    if (!best || best.last < next) return
    pieces.push({ name: best, from: next })
    next = best.last + 1n
    best = undefined
  }
  for (const part of parts) {
    if (part.first > next) take()
    if (part.first > next)
      throw SourceInvalid({
        part: part.key,
        reason: `commits ${next} to ${part.first - 1n} are missing before it`,
      })
    if (part.last >= next && (!best || part.last > best.last)) best = part
  }
  take()
  return pieces
}
