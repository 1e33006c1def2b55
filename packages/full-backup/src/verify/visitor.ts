import type { ArchivedCommit } from '@holdfast/archive'
import type { BundleManifest } from '../bundle-manifest.ts'
import type { ConfigFile } from '../config-tar.ts'
import type { Keyset } from '../keyset.ts'

type Heard = void | Promise<void>

/**
 * Hears of everything in a bundle while it is judged, in its order. Each part was found right by itself before it is told;
 * that the whole is right is known when `verifyBundle` resolves. Sealed parts are told of where they could be opened.
 */
export interface BundleVisitor {
  manifest?(manifest: BundleManifest, isWrapped: boolean): Heard
  keyset?(keyset: Keyset): Heard
  /** As text. */
  rootKey?(text: string): Heard
  config?(files: readonly ConfigFile[]): Heard
  /** Rows of a table, lines of JSON in pieces that end anywhere; not known to be rows until the table's end. */
  table?(name: string, piece: Uint8Array): Heard
  /** Of a checkpoint of the log. */
  note?(size: bigint, note: string): Heard
  commits?(commits: readonly ArchivedCommit[], leaves: readonly Uint8Array[]): Heard
  accessNote?(epoch: string, size: bigint, note: string): Heard
  /** A file of an epoch of ACCESS, as the archive has it. */
  accessPart?(epoch: string, file: string, bytes: Uint8Array): Heard
}
