import type { ObjectName } from '@holdfast/full-backup'
import type { Location } from '../storage/locations.ts'
import type { Inventory } from './inventory.ts'
import type { Judged } from './look-over.ts'
import type { Destination, Done, PieceWish, Step, StreamName } from './steps.ts'
import type { ObjectStore, StoredRow } from './store.ts'
import type { OffsiteTools } from './tools.ts'

export type Streams = Partial<Record<StreamName, () => AsyncIterable<Uint8Array>>>

/** One location while something is done there. */
export interface Place {
  readonly tools: OffsiteTools
  readonly location: Location
  readonly inventory: Inventory
  readonly store: ObjectStore
  readonly signal: AbortSignal
  readonly onPut: (done: Extract<Done, { did: 'put' }>) => void
  readonly onDamage: (row: StoredRow, damage: string) => void
}

export async function destinationOf({ tools, location }: Place): Promise<Destination> {
  return { access: await tools.access(location), surroundings: tools.surroundings }
}

export interface CarryOptions {
  readonly streams?: Streams
  /** Hex, of the plain content. */
  readonly contentSha256?: (name: ObjectName) => string
}

/** Does the steps there; each is on record before the next begins. */
export async function carry(
  place: Place,
  steps: readonly Step[],
  { streams = {}, contentSha256 = () => '' }: CarryOptions = {},
): Promise<void> {
  if (steps.length === 0) return
  const { tools, inventory, signal, onPut } = place
  const { derived, operators } = await tools.recipients()

  async function done(what: Done): Promise<void> {
    if (what.did === 'delete') return await inventory.remove([what.key])
    const row = {
      ...what.name,
      sha256: what.sha256,
      bytes: what.bytes,
      lastHash: what.lastHash,
      contentSha256: contentSha256(what.name),
      recipients: operators,
      putAtUnixMs: tools.now(),
      namedFrom: undefined,
      namedTo: undefined,
    }
    await (row.kind === 'manifest' ? inventory.putManifest(row) : inventory.put([row]))
    onPut(what)
  }

  const input = {
    ...(await destinationOf(place)),
    ...{ steps, recipients: [derived, ...operators] },
    rootKeyFingerprint: tools.rootKeys.present,
  }
  const answers = { done, piece: pieceReader(streams) }
  await tools.work.run('offsite.carry-out', input, { signal, answers })
}

/** Hands a stream out piece by piece, anew whenever its first is asked for. */
function pieceReader(streams: Streams): (wish: PieceWish) => Promise<Uint8Array | undefined> {
  let reading: { stream: StreamName; pieces: AsyncIterator<Uint8Array>; next: number } | undefined
  return async ({ stream, piece }) => {
    if (piece === 0) {
      await reading?.pieces.return?.()
      const open = streams[stream]
      if (!open) throw new Error(`nobody gives ${stream}`)
      reading = { stream, pieces: open()[Symbol.asyncIterator](), next: 0 }
    }
    if (reading?.stream !== stream || reading.next !== piece)
      throw new Error(`a piece of ${stream} was asked for out of turn`)
    reading.next++
    const { done, value } = await reading.pieces.next()
    return done ? undefined : value
  }
}

export const remove = (place: Place, rows: readonly StoredRow[]): Promise<void> =>
  carry(
    place,
    rows.map(({ key }) => ({ do: 'delete', key })),
  )

/** Reads them back from there; answers those that are not right. */
export async function readBackRows(
  place: Place,
  rows: readonly StoredRow[],
): Promise<readonly StoredRow[]> {
  if (rows.length === 0) return []
  const { tools, inventory, signal, onDamage } = place
  const byKey = new Map(rows.map((row) => [row.key, row]))
  const bad: StoredRow[] = []
  async function judged({ key, damage }: Judged): Promise<void> {
    const row = byKey.get(key)
    if (!row) return
    await inventory.judge(row, damage, tools.now())
    if (damage === '') return
    bad.push(row)
    onDamage(row, damage)
  }
  const objects = rows.map(({ key, sha256, bytes }) => ({ key, sha256, bytes }))
  const input = { ...(await destinationOf(place)), objects }
  await tools.work.run('offsite.read-back', input, { signal, answers: { judged } })
  return bad
}
