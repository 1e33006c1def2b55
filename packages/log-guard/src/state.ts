import type { VolumeState } from './disk-gate.ts'
import type { Durability } from './judge.ts'

export type WriteState = 'open' | 'checking' | 'exhausted' | 'frozen'

export const incidentKinds = [
  'log_healed',
  'archive_healed',
  'log_rebuilt',
  'repaired',
  'frozen',
  'exhausted',
  'opened',
  'drift',
] as const
export type IncidentKind = (typeof incidentKinds)[number]

/** Something worth telling a human, once. */
export interface Incident {
  readonly atUnixMs: number
  readonly kind: IncidentKind
  readonly detail: string
  /** 0 where it is about no commit. */
  readonly firstSequence: bigint
  readonly lastSequence: bigint
}

/** How log and archive stand. */
export interface LogKeeperState {
  readonly writes: WriteState
  /** Why not, and what to do; empty when open. */
  readonly reason: string
  /** 0 when there is none. */
  readonly firstBadSequence: bigint
  /** The server that is approved; undefined while none is. */
  readonly serverId: string | undefined
  readonly durability: Durability
  readonly lineageId: string
  readonly generation: number
  readonly archiveDirectory: string
  /** As last seen; the archive may be a moment ahead. */
  readonly lastSequence: bigint
  readonly archivedSequence: bigint
  /** The last one in a sealed segment. */
  readonly sealedSequence: bigint
  readonly segments: number
  readonly archiveBytes: number
  readonly logBytes: number
  readonly logMaxBytes: number
  /** When the last whole comparison ended and how far it went; 0 before the first. */
  readonly verifiedAtUnixMs: number
  readonly verifiedSequence: bigint
  /** Newest first, at most 50. */
  readonly incidents: readonly Incident[]
  readonly volumes: readonly VolumeState[]
}

/** What a whole comparison found. */
export interface Verification {
  readonly isEqual: boolean
  /** Commits looked at in both. */
  readonly compared: bigint
  /** 0 when all is well. */
  readonly firstBadSequence: bigint
  readonly detail: string
  readonly tookMs: number
}
