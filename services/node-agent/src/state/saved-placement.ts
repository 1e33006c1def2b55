import type { Logger } from '@holdfast/telemetry'
import { foldPlacement, nowhere, type Placement, placementFacts } from '../follow/placement.ts'
import { commitAt, decodeRecord, encodeRecord, positionOf, type RecordPosition } from './record.ts'
import {
  openSavedFold,
  type Pin,
  requirePin,
  type SavedFold,
  type SavedFoldCodec,
} from './saved-fold.ts'

type Header = RecordPosition & ({ readonly kind: 'commit' } | ({ readonly kind: 'snapshot' } & Pin))

export const openSavedPlacement = (
  path: string,
  pin: Pin,
  log: Logger,
): Promise<SavedFold<Placement>> => openSavedFold({ path, pin, codec, log })

const codec: SavedFoldCodec<Placement> = {
  empty: nowhere,
  fold: foldPlacement,
  encodeCommit: ({ sequence, hash, events }) =>
    encodeRecord<Header>({ header: { kind: 'commit', ...positionOf(sequence, hash) }, events }),
  encodeSnapshot: (state, { lineageId, generation }, hash) =>
    encodeRecord<Header>({
      header: { kind: 'snapshot', lineageId, generation, ...positionOf(state.sequence, hash) },
      events: placementFacts(state),
    }),
  load(state, records, pin) {
    let last: Uint8Array | undefined
    let generation: number | undefined
    for (const bytes of records) {
      const { header, events } = decodeRecord<Header>(bytes)
      if (header.kind === 'snapshot') generation = requirePin(header, pin)
      const commit = commitAt(header, events)
      if (foldPlacement(state, commit)) last = commit.hash.length > 0 ? commit.hash : undefined
    }
    return { hash: last, generation }
  },
  replace: (state, next) => void Object.assign(state, next),
}
