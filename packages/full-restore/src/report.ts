import type { RestoreKey } from './key.ts'

/** What a backup holds and what restoring it would bring. */
export interface RestorePlan {
  /** Where it is, for people. */
  readonly source: string
  readonly backup: string
  readonly madeAtUnixMs: number
  /** Release. */
  readonly madeBy: string
  readonly lineageId: string
  /** Of the backup. */
  readonly generation: number
  readonly nextGeneration: number
  /** Commits the backup holds, and the root over them. */
  readonly lastSequence: bigint
  readonly rootAtEnd: Uint8Array
  /** Commits that are restored, and the root over them. */
  readonly upTo: bigint
  readonly root: Uint8Array
  /** Running maximum of commit times up to there. */
  readonly upToTimeUnixMs: number
  /** The greatest size of a signed checkpoint. */
  readonly signedUpTo: bigint
  readonly keyUsed: RestoreKey['how']
  /** Fingerprint or recipients; no secret. */
  readonly keyShown: string
  readonly rootKeyFingerprint: string
  readonly recipients: readonly string[]
  readonly logBytes: number
  readonly missing: readonly { readonly part: string; readonly reason: string }[]
  readonly warnings: readonly string[]
}

export interface RestoreReport extends RestorePlan {
  readonly restoreId: string
  readonly restoredAtUnixMs: number
  readonly data: string
  readonly archive: string
  /** Where what stood there is. */
  readonly movedAside: string | undefined
  /** Undefined: it is in no file, and has to be given. */
  readonly rootKeyFile: string | undefined
  /** The operator's settings of before. */
  readonly environment: string | undefined
  readonly restoredSequence: bigint
  /** Revocations from behind the point, as commits of the new generation. */
  readonly carried: number
  readonly tables: readonly {
    readonly name: string
    readonly migration: number
    readonly rows: number
  }[]
  /** Keys the instance that stood there had and the backup did not. */
  readonly keptKeys: number
  /** What attempts that were cut short had left. */
  readonly removed: readonly string[]
  readonly verifyMs: number
  readonly stageMs: number
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const time = (unixMs: number): string => new Date(unixMs).toISOString()

export const planJson = (plan: RestorePlan) => ({
  source: plan.source,
  backup: plan.backup,
  made_at: time(plan.madeAtUnixMs),
  made_by: plan.madeBy,
  lineage: plan.lineageId,
  generation: plan.generation,
  next_generation: plan.nextGeneration,
  last_sequence: String(plan.lastSequence),
  root_at_end: hex(plan.rootAtEnd),
  up_to: String(plan.upTo),
  root: hex(plan.root),
  up_to_time: time(plan.upToTimeUnixMs),
  signed_up_to: String(plan.signedUpTo),
  key_used: plan.keyUsed,
  key_shown: plan.keyShown,
  root_key_fingerprint: plan.rootKeyFingerprint,
  recipients: plan.recipients,
  log_bytes: String(plan.logBytes),
  missing: plan.missing,
  warnings: plan.warnings,
})

export const reportJson = (report: RestoreReport) => ({
  ...planJson(report),
  restore_id: report.restoreId,
  restored_at: time(report.restoredAtUnixMs),
  data: report.data,
  archive: report.archive,
  moved_aside: report.movedAside ?? null,
  root_key_file: report.rootKeyFile ?? null,
  environment: report.environment ?? null,
  restored_sequence: String(report.restoredSequence),
  carried_revocations: report.carried,
  tables: report.tables,
  kept_keys: report.keptKeys,
  removed: report.removed,
  verify_ms: report.verifyMs,
  stage_ms: report.stageMs,
})
