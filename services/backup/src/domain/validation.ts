import type { Decider } from '@holdfast/domain'

export const validationResults = ['ok', 'warn', 'error', 'timeout'] as const
export type ValidationResult = (typeof validationResults)[number]

/** What came of it for one organization. */
export interface Verdict {
  readonly result: ValidationResult
  /** Empty: there is none. */
  readonly backupId: string
  /** Zero: there is none. */
  readonly backupCreatedAtUnixMs: number
  /** Why it is not ok. */
  readonly code: string
  readonly detail: string
  /** Records a restore would look at. */
  readonly records: number
  readonly tookMs: number
}

export interface ValidationFacts extends Verdict {
  readonly organizationId: string
  /** Of all organizations that were looked at along with this one. */
  readonly runId: string
}

export interface RecordValidation {
  readonly type: 'RecordValidation'
  readonly facts: ValidationFacts
}

export type ValidationEvent =
  | { readonly type: 'BackupValidated'; readonly facts: ValidationFacts }
  | { readonly type: 'BackupValidationFailed'; readonly facts: ValidationFacts }

export interface ValidationState {
  lastRunId: string
}

/**
 * Whether the newest backup of an organization could be restored. An aggregate of its own, one an organization, and not
 * something said of backups: an organization without any is what has to be told most of all, and whoever asks wants the
 * history of the organization, whichever backup was its newest. One run is one verdict, whoever comes to it.
 */
export const validation: Decider<RecordValidation, ValidationEvent, ValidationState> = {
  initial: () => ({ lastRunId: '' }),
  decide({ facts }, { lastRunId }) {
    if (facts.runId === lastRunId) return []
    const isGood = facts.result === 'ok' || facts.result === 'warn'
    return [{ type: isGood ? 'BackupValidated' : 'BackupValidationFailed', facts }]
  },
  evolve(state, { facts }) {
    state.lastRunId = facts.runId
    return state
  },
}
