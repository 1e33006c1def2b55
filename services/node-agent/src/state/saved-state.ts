import type { Logger } from '@holdfast/telemetry'
import { factsOf } from '../follow/events.ts'
import { fold } from '../follow/fold.ts'
import { emptyNode, type NodeState } from '../follow/node-state.ts'
import {
  type LoadedFold,
  openSavedFold,
  type Pin,
  requirePin,
  type SavedFold,
  type SavedFoldCodec,
  type TakenCommit,
} from './saved-fold.ts'

/** The interfaces of this node on disk. Secrets are kept as they came, sealed to the node. */
export interface SavedState extends Omit<SavedFold<NodeState>, 'note'> {
  /** Drops what `isNeeded` no longer wants of deleted interfaces. */
  forget(isNeeded: (interfaceId: string) => boolean): void
}

export async function openSavedState(path: string, pin: Pin, log: Logger): Promise<SavedState> {
  const saved = await openSavedFold({ path, pin, codec, log })
  const { state } = saved
  return {
    ...saved,
    forget(isNeeded) {
      for (const { id, isDeleted } of state.interfaces.values()) {
        if (isDeleted && !isNeeded(id)) state.interfaces.delete(id)
      }
    },
  }
}

/** The subject of an interface names its node first. */
const interfaceIdOf = (aggregateId: string): string =>
  aggregateId.slice(aggregateId.lastIndexOf('.') + 1)

interface StoredRecord {
  readonly kind: 'snapshot' | 'commit'
  readonly lineageId?: string
  readonly generation?: number
  readonly sequence: string
  readonly hash?: string
  readonly interfaces: readonly {
    readonly id: string
    readonly revision: string
    readonly events: readonly (readonly [type: string, schema: number, data: string])[]
  }[]
}

const text = (record: StoredRecord): Uint8Array => Buffer.from(JSON.stringify(record))
const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
const packed = (events: TakenCommit['events']): [string, number, string][] =>
  events.map(({ type, schema, data }) => [type, schema, base64(data)])

const codec: SavedFoldCodec<NodeState> = {
  empty: emptyNode,
  fold: (state, { sequence, aggregateId, events }) =>
    fold(state, { sequence, interfaceId: interfaceIdOf(aggregateId), events }),
  encodeSnapshot: (state, pin, hash) =>
    text({
      kind: 'snapshot',
      lineageId: pin.lineageId,
      generation: pin.generation,
      sequence: String(state.sequence),
      ...(hash ? { hash: base64(hash) } : {}),
      interfaces: [...state.interfaces.values()].map((each) => ({
        id: each.id,
        revision: String(each.revision),
        events: packed(factsOf(each)),
      })),
    }),
  encodeCommit({ sequence, aggregateId, events, hash }) {
    const id = interfaceIdOf(aggregateId)
    return text({
      kind: 'commit',
      sequence: String(sequence),
      hash: base64(hash),
      interfaces: [{ id, revision: String(sequence), events: packed(events) }],
    })
  },
  load,
  replace(state, next) {
    // Of an interface that the log does not know any more the device is still there.
    const revision = next.sequence > 0n ? next.sequence : 1n
    for (const gone of state.interfaces.values()) {
      if (next.interfaces.has(gone.id)) continue
      next.interfaces.set(gone.id, { ...gone, revision, peers: new Map(), isDeleted: true })
    }
    state.interfaces.clear()
    for (const [id, each] of next.interfaces) state.interfaces.set(id, each)
    state.sequence = next.sequence
  },
}

/** Folds the records into the state. */
function load(state: NodeState, records: readonly Uint8Array[], pin: Pin): LoadedFold {
  let hash: Uint8Array | undefined
  let generation: number | undefined
  for (const bytes of records) {
    // as: we wrote it, and the checksum says it is what we wrote
    const record = JSON.parse(Buffer.from(bytes).toString()) as StoredRecord
    if (record.kind === 'snapshot') generation = requirePin(record, pin)
    // A snapshot may already hold commits that were on their way to the disk while it was made.
    if (record.kind === 'commit' && BigInt(record.sequence) <= state.sequence) continue
    for (const { id, revision, events } of record.interfaces) {
      // A snapshot's interfaces come by age of creation, not by revision; each is folded by itself.
      const part: NodeState = { sequence: 0n, interfaces: state.interfaces }
      fold(part, {
        sequence: BigInt(revision),
        interfaceId: id,
        events: events.map(([type, schema, data]) => ({
          type,
          schema,
          data: Buffer.from(data, 'base64'),
        })),
      })
    }
    state.sequence = BigInt(record.sequence)
    hash = record.hash === undefined ? undefined : Buffer.from(record.hash, 'base64')
  }
  return { hash, generation }
}
