import type { ArchivedCommit } from '@holdfast/archive'
import type { RootKey } from '@holdfast/crypto'
import type { ConfigFile, Keyset } from '@holdfast/full-backup'
import type { RestoreKey } from './key.ts'

/** What a backup says of itself, and what its key opened. */
export interface SourceHeader {
  /** `holdfast-….hfbak`, or the manifest's key. */
  readonly name: string
  readonly lineageId: string
  readonly generation: number
  /** Later ones of which something lies beside it. */
  readonly latestGeneration: number
  readonly rootKeyFingerprint: string
  readonly createdAtUnixMs: number
  /** Release that made it. */
  readonly version: string
  /** Of a copy: at least. */
  readonly lastSequence: bigint
  readonly recipients: readonly string[]
  readonly missing: readonly { readonly part: string; readonly reason: string }[]
}

/** A table whose rows follow. */
export interface SourceTable {
  readonly name: string
  /** Number of the newest migration of its service when it was read. */
  readonly migration: number
}

type Heard = void | Promise<void>

/** Hears of what a backup holds, each part found right by itself; the whole is right when `read` resolves. */
export interface SourceVisitor {
  /** In order, from 1, without a gap. */
  commits?(commits: readonly ArchivedCommit[], leaves: readonly Uint8Array[]): Heard
  /** A signed checkpoint of the log, whose root was found to be that of the commits. */
  note?(size: bigint, note: string): Heard
  accessNote?(epoch: string, size: bigint, note: string): Heard
  /** A file of an epoch of ACCESS, as the archive has it. */
  accessPart?(epoch: string, file: string, bytes: Uint8Array): Heard
  config?(files: readonly ConfigFile[]): Heard
  /** Lines of JSON, a row each; pieces end anywhere. An empty piece announces a table. */
  table?(table: SourceTable, piece: Uint8Array): Heard
}

export interface ReadOptions {
  /** Bytes of the backup read so far in this reading. */
  readonly onBytes?: ((bytes: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** A backup its key opens. */
export interface OpenedSource {
  readonly header: SourceHeader
  readonly rootKey: RootKey
  /** The newest there is. */
  readonly keyset: Keyset
  /** Of all of it; undefined where that is not known. */
  readonly totalBytes: number | undefined
  /**
   * Reads all of it, from the first byte to the last, and judges it: sums, chain, roots. Throws
   * full_restore.source_invalid, naming the part. May be called again: what is there is read anew.
   */
  read(visit: SourceVisitor, options: ReadOptions): Promise<void>
  /** A signature that only the log's own keys can judge; undefined where there is none. */
  readonly signature: { readonly part: string; readonly note: string } | undefined
}

/** A backup somewhere. */
export interface BackupSource {
  /** For people: where it is. */
  readonly label: string
  /** Compares key and header before anything else is read. Throws full_restore.wrong_key, full_restore.key_missing. */
  open(key: RestoreKey, signal?: AbortSignal): Promise<OpenedSource>
}
