import type { Decider } from '@holdfast/domain'

export interface ImportFacts {
  readonly organizationId: string
  /** From the header of the snapshot. */
  readonly backupId: string
  /** Of the file, 32 bytes. */
  readonly sha256: Uint8Array
  readonly created: number
  readonly updated: number
  readonly skipped: number
  readonly refused: number
  /** The log before the first write of it. */
  readonly rollbackSequence: bigint
}

export interface RecordImport {
  readonly type: 'RecordImport'
  readonly facts: ImportFacts
}

export interface SnapshotImported {
  readonly type: 'SnapshotImported'
  readonly facts: ImportFacts
}

/** One portable snapshot brought into one organization. What it changed are commits of others; this says that it is over. */
export const snapshotImport: Decider<RecordImport, SnapshotImported, { exists: boolean }> = {
  initial: () => ({ exists: false }),
  decide: ({ facts }, { exists }) => (exists ? [] : [{ type: 'SnapshotImported', facts }]),
  evolve(state) {
    state.exists = true
    return state
  },
}
