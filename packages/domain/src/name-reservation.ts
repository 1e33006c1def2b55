import { assertNever } from './assert-never.ts'
import type { Decider } from './decider.ts'

export type NameCommand =
  | {
      readonly type: 'Reserve'
      readonly holderId: string
      /** A holder known not to use the name: it may be taken from it. */
      readonly abandonedBy?: string
    }
  | { readonly type: 'Release'; readonly holderId: string }

export type NameEvent =
  | { readonly type: 'NameReserved'; readonly holderId: string }
  | { readonly type: 'NameReleased'; readonly holderId: string }

/** One name in one organization. Invariant: one holder at a time. */
export interface NameState {
  holderId: string | undefined
}

/**
 * Answers with no events when somebody else holds the name: the state says who, and whose error that is, the caller
 * knows.
 */
export const nameReservation: Decider<NameCommand, NameEvent, NameState> = {
  initial: () => ({ holderId: undefined }),

  decide(command, { holderId: held }) {
    const { holderId } = command
    switch (command.type) {
      case 'Reserve':
        if (held === undefined) return [{ type: 'NameReserved', holderId }]
        if (held === holderId || held !== command.abandonedBy) return []
        return [
          { type: 'NameReleased', holderId: held },
          { type: 'NameReserved', holderId },
        ]
      case 'Release':
        return held === holderId ? [{ type: 'NameReleased', holderId }] : []
      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'NameReserved':
        state.holderId = event.holderId
        return state
      case 'NameReleased':
        state.holderId = undefined
        return state
      default:
        return assertNever(event)
    }
  },
}
