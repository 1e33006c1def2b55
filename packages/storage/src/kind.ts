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
  /** On the control plane's own machine, or run there: only who runs all of it may have such a location. */
  readonly isInstanceOnly?: boolean
  /** What the fields together must be; asks no network. Each was judged by itself before. */
  check?(settings: Settings, surroundings: Surroundings): readonly FieldError[]
  /** Whom it will connect to, so that a name can be judged by its addresses before it is saved; at every connection it is again. */
  addresses?(settings: Settings): readonly KindAddress[]
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

export interface KindAddress {
  /** For example `config.host`. */
  readonly field: string
  /** A name or an address, without brackets. */
  readonly host: string
  /** Readable on the way. */
  readonly isPlain: boolean
}
