import type { ObjectKeys } from '@holdfast/full-backup'
import type { SurroundingsData } from '@holdfast/storage'
import type { Logger } from '@holdfast/telemetry'
import type { RootKeyNames } from '../guard/root-keys.ts'
import type { Location, LocationAccess } from '../storage/locations.ts'
import type { Work } from '../work/work.ts'
import type { ArchiveStock } from './archive-stock.ts'
import type { ArchiveTimes } from './archive-times.ts'
import type { Keyset, OffsiteSources } from './offsite.ts'

/** How often what is done. */
export interface Pace {
  /** What is new is pushed after that long. */
  readonly pushMs: number
  readonly manifestMs: number
  /** A manifest is written that often although no commit came. */
  readonly idleManifestMs: number
  /** What stands there is listed anew. */
  readonly stockMs: number
  readonly sampleMs: number
  readonly verifyMs: number
  /** Everything is looked at that often without being told. */
  readonly lookMs: number
  /** After a failure; doubles up to the other. */
  readonly minRetryMs: number
  readonly maxRetryMs: number
  /** Read back between two pushes, about. */
  readonly sliceBytes: number
  /** How often it is asked whether something is due. */
  readonly tickMs: number
  /** How often settings of locations are looked at. */
  readonly locationsMs: number
  /** Of a tail before it is compressed, about. */
  readonly tailBytes: number
}

const minute = 60_000
export const usualPace: Pace = {
  pushMs: 15_000,
  manifestMs: 60 * minute,
  idleManifestMs: 24 * 60 * minute,
  stockMs: 24 * 60 * minute,
  sampleMs: 60 * minute,
  verifyMs: 24 * 60 * minute,
  lookMs: minute,
  minRetryMs: 1_000,
  maxRetryMs: minute,
  sliceBytes: 32 * 1024 * 1024,
  tickMs: 500,
  locationsMs: 5_000,
  tailBytes: 4 * 1024 * 1024,
}

export interface OffsiteRecipients {
  readonly derived: string
  readonly operators: readonly string[]
}

/** What all destinations share. */
export interface OffsiteTools {
  readonly work: Pick<Work, 'run'>
  readonly surroundings: SurroundingsData
  readonly keys: ObjectKeys
  readonly lineageId: string
  readonly generation: number
  readonly rootKeys: RootKeyNames
  readonly release: string
  /** Of this installation. */
  readonly writerId: string
  readonly pace: Pace
  readonly times: ArchiveTimes
  /** ms since 1970. */
  now(): number
  /** Durable in the archive up to it. */
  archived(): bigint
  stock(): Promise<ArchiveStock>
  access(location: Location): Promise<LocationAccess>
  /** Rejects with `backup.offsite_nobody`. */
  recipients(): Promise<OffsiteRecipients>
  /** As auth last gave it; undefined: it cannot yet. */
  keyset(): Promise<Keyset | undefined>
  sources(): OffsiteSources
  sign(sha256: Uint8Array): Promise<string>
  /** Moments whose manifests stay: rollback points. */
  pinned(): Promise<readonly number[]>
  /** Keysets of that location follow the destruction now. */
  rewritten(locationId: string, destroyedSequence: bigint): Promise<void>
  readonly logger: Logger
}
