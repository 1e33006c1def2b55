import type { FieldError } from '@holdfast/errors'
import type { Settings } from './settings.ts'
import type { Surroundings } from './surroundings.ts'
import type { Storage, StorageField } from './types.ts'

/** One kind of storage: what it is asked for, and how it is opened. Its clients are imported when it is opened. */
export interface KindDefinition {
  /** For example `s3`. */
  readonly kind: string
  readonly title: string
  /** Secret ones are given as `credentials`, the others as `config`. */
  readonly fields: readonly StorageField[]
  /** What the fields together must be; asks no network. Each was judged by itself before. */
  check?(settings: Settings, surroundings: Surroundings): readonly FieldError[]
  /** Why this machine cannot use it, when it cannot. */
  unavailableBecause?(): Promise<string | undefined>
  /**
   * Keys were judged, sizes are counted and stalls are cut off around what this answers (guard.ts): it maps its own errors
   * where it knows better than `storageErrorOf`, and obeys `signal`.
   */
  open(settings: Settings, surroundings: Surroundings): Promise<KindStorage>
}

export interface KindStorage extends Storage {
  /** It buffers so much that a body not asked for says nothing: `put` cuts stalls off itself. */
  readonly timesPutsItself?: boolean
}
