import type { Decider } from '@holdfast/domain'
import type { Contents } from './contents.ts'

export interface RestoreJobFacts {
  /** Of the backup; empty: of the whole instance. */
  readonly organizationId: string
  readonly backupId: string
  /** Of the object, 32 bytes. */
  readonly sha256: Uint8Array
  readonly contents: Contents
  readonly overwritesExisting: boolean
  readonly targetSiteId: string
  /** The slot that undoes it; empty: none could be taken. */
  readonly rollbackBackupId: string
  /** The log before the first write of it. */
  readonly rollbackSequence: bigint
  /** Why there is no slot: an error code. */
  readonly withoutRollbackBecause: string
}

export interface StartSnapshotRestore {
  readonly type: 'StartSnapshotRestore'
  readonly facts: RestoreJobFacts
}

export interface SnapshotRestoreStarted {
  readonly type: 'SnapshotRestoreStarted'
  readonly facts: RestoreJobFacts
}

export interface RestoreJobState {
  facts: RestoreJobFacts | undefined
}

/**
 * One stored snapshot brought in. Said before anything is written: what it goes back to when it is undone stands in the
 * log, whatever becomes of the job's own row. A job that goes on after an interruption goes back to the same.
 */
export const restoreJob: Decider<StartSnapshotRestore, SnapshotRestoreStarted, RestoreJobState> = {
  initial: () => ({ facts: undefined }),
  decide: ({ facts }, state) => (state.facts ? [] : [{ type: 'SnapshotRestoreStarted', facts }]),
  evolve(state, { facts }) {
    state.facts = facts
    return state
  },
}
