import type { ArchivedCommit, Damage, Files, Progress } from './types.ts'

/** Sequences that ought to be there and are not. */
export interface MissingRange {
  readonly first: bigint
  /** 0 when nobody knows where it would end. */
  readonly last: bigint
  /** How it is known: a neighbouring segment, or a checkpoint's file name. */
  readonly shownBy: string
}

/** A note in `checkpoints/` that names this generation. Its signatures are not checked here. */
export interface ScannedCheckpoint {
  readonly file: string
  /** Commits it covers. */
  readonly size: bigint
  /** As it states it, 32 bytes. */
  readonly root: Uint8Array
  /** `different`: not the root of these commits. `beyond`: more commits than are readable here. */
  readonly verdict: 'same' | 'different' | 'beyond'
  readonly note: string
}

/** One generation, as its files show it. */
export interface ScannedGeneration {
  readonly directory: string
  readonly lineageId: string
  readonly generation: number
  /** As the segments state it; undefined when no header is readable. */
  readonly rootKeyFingerprint: string | undefined
  readonly segments: number
  readonly bytes: number
  /** Readable commits in a row from sequence 1. */
  readonly commits: bigint
  /** The root of the Merkle tree over those, 32 bytes. */
  readonly root: Uint8Array
  /** Bytes that are not what was written. A torn tail is among them, with `isRepaired: false`. */
  readonly damage: readonly Damage[]
  readonly missing: readonly MissingRange[]
  readonly checkpoints: readonly ScannedCheckpoint[]
  /** The least of all bad or missing sequences. */
  readonly firstBadSequence: bigint | undefined
}

export interface ScanOptions {
  /** Every readable commit with its leaf hash, in order. Not called for what is damaged. */
  readonly onCommit?: (commit: ArchivedCommit, leaf: Uint8Array) => void | Promise<void>
  readonly onProgress?: (progress: Progress & { readonly generation: number }) => void
  readonly files?: Files
}

/**
 * Reads every byte of an archive and judges it, without a server, without writing, in bounded
 * memory. `directory` is that of all archives, of a lineage, or of one generation.
 */
export function scanArchive(
  _directory: string,
  _options: ScanOptions = {},
): Promise<readonly ScannedGeneration[]> {
  return Promise.reject(new Error('not yet'))
}
