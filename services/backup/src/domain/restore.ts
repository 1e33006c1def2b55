import { assertNever, type Decider } from '@holdfast/domain'
import { RestoreNotFound } from './restore-errors.ts'

/** What was asked for. */
export interface RestoreWish {
  /** Brought back is the state right after this one. */
  readonly toSequence: bigint
  /** Kinds of objects and services; empty: all. */
  readonly only: readonly string[]
  /** Empty: of the whole instance. */
  readonly organizationId: string
  readonly reason: string
  /** Empty: none was made. */
  readonly planId: string
  /** 32 bytes over what it was to change; empty without a plan. */
  readonly digest: Uint8Array
  /** The restore it undoes; empty: none. */
  readonly undoes: string
  /** It may begin without a rollback point. */
  readonly allowsWithoutRollback: boolean
}

/** What stands for everything before. The point itself is the position right before RestoreStarted. */
export interface RollbackPoint {
  /** Of the signed checkpoint; 0: none could be taken. */
  readonly checkpointSize: bigint
  readonly checkpointNote: string
  readonly keptUntilUnixMs: number
  /** Why there is none; empty: there is. */
  readonly withoutBecause: string
}

export interface RestoreCounts {
  readonly created: number
  readonly updated: number
  readonly deleted: number
  readonly blocked: number
}

export type RestoreCommand =
  | { readonly type: 'StartRestore'; readonly wish: RestoreWish; readonly point: RollbackPoint }
  | {
      readonly type: 'CompleteRestore'
      readonly id: string
      readonly counts: RestoreCounts
      readonly tookMs: number
    }
  | {
      readonly type: 'FailRestore'
      readonly wish: RestoreWish
      readonly code: string
      readonly detail: string
      readonly isRolledBack: boolean
    }

export type RestoreEvent =
  | { readonly type: 'RestoreStarted'; readonly wish: RestoreWish; readonly point: RollbackPoint }
  | { readonly type: 'RestoreCompleted'; readonly counts: RestoreCounts; readonly tookMs: number }
  | {
      readonly type: 'RestoreFailed'
      readonly code: string
      readonly detail: string
      readonly isRolledBack: boolean
      /** Of one that never began. */
      readonly wish: RestoreWish | undefined
    }

export interface RestoreState {
  outcome: 'none' | 'started' | 'completed' | 'failed'
}

/** One restore on the live instance. How far it is, is its job's (restores/): the log knows that it began, and how it ended. */
export const restore: Decider<RestoreCommand, RestoreEvent, RestoreState> = {
  initial: () => ({ outcome: 'none' }),

  decide(command, { outcome }) {
    switch (command.type) {
      case 'StartRestore': // once, whoever says so again after a crash
        return outcome === 'none'
          ? [{ type: 'RestoreStarted', wish: command.wish, point: command.point }]
          : []
      case 'CompleteRestore':
        if (outcome === 'none') throw RestoreNotFound({ restore: command.id })
        return outcome === 'started'
          ? [{ type: 'RestoreCompleted', counts: command.counts, tookMs: command.tookMs }]
          : []
      case 'FailRestore': {
        if (outcome === 'completed' || outcome === 'failed') return []
        const { code, detail, isRolledBack } = command
        const wish = outcome === 'none' ? command.wish : undefined
        return [{ type: 'RestoreFailed', code, detail, isRolledBack, wish }]
      }
      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'RestoreStarted':
        state.outcome = 'started'
        return state
      case 'RestoreCompleted':
        state.outcome = 'completed'
        return state
      case 'RestoreFailed':
        state.outcome = 'failed'
        return state
      default:
        return assertNever(event)
    }
  },
}
