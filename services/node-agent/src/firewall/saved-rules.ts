import type { Logger } from '@holdfast/telemetry'
import {
  commitAt,
  decodeRecord,
  encodeRecord,
  positionOf,
  type RecordPosition,
} from '../state/record.ts'
import {
  openSavedFold,
  type Pin,
  requirePin,
  type SavedFold,
  type SavedFoldCodec,
} from '../state/saved-fold.ts'
import {
  foldRules,
  noRules,
  type Pending,
  type RuleSetState,
  ruleSetFacts,
  undoFacts,
  undoFrom,
} from './rule-set-state.ts'

/** The rule set of the organization on disk, and how far a change that waits for confirmation has come here. */
export interface SavedRules extends Omit<SavedFold<RuleSetState>, 'note'> {
  /** The change that waits has taken effect, and is taken back at this time. */
  tookEffect(pending: Pending, untilUnixMs: number): Promise<void>
  /** Nobody confirmed in time. */
  reverted(pending: Pending): Promise<void>
}

export async function openSavedRules(
  path: string,
  pin: Pin,
  log: Pick<Logger, 'warn'>,
): Promise<SavedRules> {
  const { note, ...saved } = await openSavedFold({ path, pin, codec, log })
  const say = (header: Progress): Promise<void> => {
    progress(saved.state, header)
    return note(encodeRecord<Header>({ header, events: [] }))
  }
  return {
    ...saved,
    tookEffect: ({ applyId }, untilUnixMs) => say({ kind: 'effect', applyId, untilUnixMs }),
    reverted: ({ applyId }) => say({ kind: 'reverted', applyId }),
  }
}

type Progress =
  | { readonly kind: 'effect'; readonly applyId: string; readonly untilUnixMs: number }
  | { readonly kind: 'reverted'; readonly applyId: string }

type Header =
  | Progress
  | ({ readonly kind: 'commit' } & RecordPosition)
  | ({ readonly kind: 'snapshot'; readonly revertedApplyId: string } & Pin &
      RecordPosition & {
        readonly pending?: Omit<Pending, 'before'> & {
          /** How many events at the end of the record undo it. */
          readonly undoCount: number
        }
      })

function progress(state: RuleSetState, header: Progress): void {
  const { pending } = state
  if (pending?.applyId !== header.applyId) return
  if (header.kind === 'effect') {
    pending.untilUnixMs = header.untilUnixMs
  } else {
    pending.isReverted = true
    state.revertedApplyId = header.applyId
  }
}

const codec: SavedFoldCodec<RuleSetState> = {
  empty: noRules,
  fold: foldRules,
  encodeCommit: ({ sequence, hash, events }) =>
    encodeRecord<Header>({ header: { kind: 'commit', ...positionOf(sequence, hash) }, events }),
  encodeSnapshot(state, { lineageId, generation }, hash) {
    const undo = state.pending ? undoFacts(state.pending) : []
    const header: Header = {
      kind: 'snapshot',
      lineageId,
      generation,
      ...positionOf(state.sequence, hash),
      revertedApplyId: state.revertedApplyId,
      ...(state.pending ? { pending: storedPending(state.pending, undo.length) } : {}),
    }
    return encodeRecord<Header>({ header, events: [...ruleSetFacts(state), ...undo] })
  },
  load(state, records, pin) {
    let last: Uint8Array | undefined
    let generation: number | undefined
    for (const bytes of records) {
      const { header, events } = decodeRecord<Header>(bytes)
      if (header.kind === 'effect' || header.kind === 'reverted') {
        progress(state, header)
        continue
      }
      const pending = header.kind === 'snapshot' ? header.pending : undefined
      const undo = events.length - (pending?.undoCount ?? 0)
      const commit = commitAt(header, events.slice(0, undo))
      if (header.kind === 'snapshot') {
        generation = requirePin(header, pin)
        state.revertedApplyId = header.revertedApplyId
      }
      if (foldRules(state, commit)) last = commit.hash.length > 0 ? commit.hash : undefined
      if (pending) {
        const { applyId, confirmWithinMs, untilUnixMs, isReverted } = pending
        const before = undoFrom(events.slice(undo))
        state.pending = { applyId, confirmWithinMs, untilUnixMs, isReverted, before }
      }
    }
    return { hash: last, generation }
  },
  replace(state, next) {
    state.rules.clear()
    for (const [id, rule] of next.rules) state.rules.set(id, rule)
    const { sequence, isLockoutAllowed, pending } = next
    // What this host took back by itself it does not put into force again because it is told a second time.
    const isReverted = pending?.applyId === state.revertedApplyId
    Object.assign(state, { sequence, isLockoutAllowed, pending })
    if (pending && isReverted) pending.isReverted = true
  },
}

const storedPending = (
  { applyId, confirmWithinMs, untilUnixMs, isReverted }: Pending,
  undoCount: number,
) => ({ applyId, confirmWithinMs, untilUnixMs, isReverted, undoCount })
