import { assertNever, type Decider, rfc3339 } from '@holdfast/domain'
import {
  BackupNotCompleted,
  BackupNotFound,
  BackupNotRunning,
  BackupRunning,
  RollbackSlotKept,
} from './backup-errors.ts'
import type { BackupKind, Contents } from './contents.ts'

/** What opens a backup; `none`: it is not encrypted. */
export const protections = ['none', 'passphrase', 'instance_key', 'recipients'] as const
export type Protection = (typeof protections)[number]

export const deletionCauses = ['hand', 'count', 'age'] as const
export type DeletionCause = (typeof deletionCauses)[number]

/** What was asked for. */
export interface BackupFacts {
  /** Empty: of the whole instance. */
  readonly organizationId: string
  readonly name: string
  readonly kind: BackupKind
  readonly contents: Contents
  readonly protection: Protection
  readonly storageLocationId: string
  readonly storageKind: string
  /** Empty: by hand. */
  readonly scheduleId: string
  /** Zero: by hand. */
  readonly slotUnixMs: number
  readonly rollbackFor: string
  /** Of a rollback slot: not deleted before. Zero: at any time. */
  readonly keptUntilUnixMs: number
}

/** What came of it. */
export interface BackupResult {
  readonly objectKey: string
  readonly bytes: number
  /** 32 bytes. */
  readonly sha256: Uint8Array
  /** It holds everything up to this one. */
  readonly sequence: bigint
  /** The clear, authenticated manifest, JSON. */
  readonly manifest: string
  /** age recipients that open it. */
  readonly recipients: readonly string[]
}

export type BackupCommand =
  | { readonly type: 'RequestBackup'; readonly id: string; readonly facts: BackupFacts }
  | { readonly type: 'CompleteBackup'; readonly id: string; readonly result: BackupResult }
  | {
      readonly type: 'FailBackup'
      readonly id: string
      readonly code: string
      readonly detail: string
    }
  | { readonly type: 'CancelBackup'; readonly id: string }
  | {
      readonly type: 'RecordVerification'
      readonly id: string
      readonly isGood: boolean
      readonly detail: string
    }
  | {
      readonly type: 'DeleteBackup'
      readonly id: string
      readonly cause: DeletionCause
      readonly nowUnixMs: number
    }

export type BackupEvent =
  | { readonly type: 'BackupRequested'; readonly facts: BackupFacts }
  | { readonly type: 'BackupCompleted'; readonly result: BackupResult }
  | { readonly type: 'BackupFailed'; readonly code: string; readonly detail: string }
  | { readonly type: 'BackupCancelled' }
  | { readonly type: 'BackupVerified'; readonly isGood: boolean; readonly detail: string }
  | { readonly type: 'BackupDeleted'; readonly cause: DeletionCause }

export type BackupOutcome = 'requested' | 'completed' | 'failed' | 'cancelled'

/** One backup. Its progress is the job's (jobs/): the log knows what was asked for and what came of it. */
export interface BackupState {
  exists: boolean
  isDeleted: boolean
  facts: BackupFacts | undefined
  outcome: BackupOutcome
  result: BackupResult | undefined
  isVerified: boolean
}

export const backup: Decider<BackupCommand, BackupEvent, BackupState> = {
  initial: () => ({
    exists: false,
    isDeleted: false,
    facts: undefined,
    outcome: 'requested',
    result: undefined,
    isVerified: false,
  }),

  decide(command, state) {
    if (command.type === 'RequestBackup') {
      // One id is one backup, whoever asks again: two instances fire one slot, and a deleted one does not come back.
      return state.exists ? [] : [{ type: 'BackupRequested', facts: command.facts }]
    }
    if (command.type === 'DeleteBackup' && state.isDeleted) return []
    if (!state.exists || state.isDeleted) throw BackupNotFound({ backup: command.id })

    switch (command.type) {
      case 'CompleteBackup':
        if (state.outcome === 'completed') return []
        if (state.outcome !== 'requested') throw BackupNotRunning({ status: state.outcome })
        return [{ type: 'BackupCompleted', result: command.result }]
      case 'FailBackup': // what is over stays as it ended
        return state.outcome === 'requested'
          ? [{ type: 'BackupFailed', code: command.code, detail: command.detail }]
          : []
      case 'CancelBackup':
        if (state.outcome === 'cancelled') return []
        if (state.outcome !== 'requested') throw BackupNotRunning({ status: state.outcome })
        return [{ type: 'BackupCancelled' }]
      case 'RecordVerification':
        requireCompleted(state)
        return [{ type: 'BackupVerified', isGood: command.isGood, detail: command.detail }]
      case 'DeleteBackup':
        requireDeletable(state, command.nowUnixMs)
        return [{ type: 'BackupDeleted', cause: command.cause }]
      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'BackupRequested':
        state.exists = true
        state.facts = event.facts
        return state
      case 'BackupCompleted':
        state.outcome = 'completed'
        state.result = event.result
        return state
      case 'BackupFailed':
        state.outcome = 'failed'
        return state
      case 'BackupCancelled':
        state.outcome = 'cancelled'
        return state
      case 'BackupVerified':
        state.isVerified = event.isGood
        return state
      case 'BackupDeleted':
        state.isDeleted = true
        return state
      default:
        return assertNever(event)
    }
  },
}

export function requireCompleted({ outcome }: Pick<BackupState, 'outcome'>): void {
  if (outcome !== 'completed') throw BackupNotCompleted({ status: outcome })
}

/** Asked before an object is touched, and again when the record goes. */
export function requireDeletable(
  { outcome, facts }: Pick<BackupState, 'outcome' | 'facts'>,
  nowUnixMs: number,
): void {
  if (outcome === 'requested') throw BackupRunning({})
  const until = facts?.keptUntilUnixMs ?? 0
  if (outcome === 'completed' && nowUnixMs < until)
    throw RollbackSlotKept({ until: rfc3339(until) })
}
