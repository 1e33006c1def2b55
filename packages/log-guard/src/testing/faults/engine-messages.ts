import type { VolumeSpec } from '../../disk-gate.ts'
import type { Durability } from '../../judge.ts'
import type { DiskFault } from './failing-disk.ts'

/** What an engine process is started with, as JSON. */
export interface EngineSettings {
  readonly url: string
  readonly credentialsFile: string
  readonly ingestSeedFile: string
  readonly stream: string
  readonly lineageId: string
  readonly maxBytes: number
  readonly archiveDirectory: string
  readonly positionFile: string
  readonly durability: Durability
  readonly volumes: readonly VolumeSpec[]
  readonly reserveBytes?: number
  readonly sealAtBytes: number
}

export type ToEngine =
  | { readonly type: 'disk'; readonly fault: DiskFault }
  | { readonly type: 'verify'; readonly id: number }

/** The state as it travels: sequences as text. */
export interface EngineState {
  readonly writes: 'open' | 'checking' | 'exhausted' | 'frozen'
  readonly reason: string
  readonly firstBad: string
  readonly serverId: string | undefined
  readonly archived: string
  /** Newest first. */
  readonly incidents: readonly string[]
}

export type FromEngine =
  | { readonly type: 'state'; readonly state: EngineState }
  | {
      readonly type: 'verified'
      readonly id: number
      readonly isEqual: boolean
      readonly detail: string
    }
