import type { RecoveryService } from '@holdfast/proto'
import type { Handlers } from '@holdfast/service'

/** The off-site copy as the rest of the service sees it. */
export interface Offsite {
  /** Part of RecoveryService. */
  readonly handlers: Pick<Handlers<typeof RecoveryService>, 'getOffsiteState' | 'verifyOffsite'>
  /** What else is copied beside the log. Nothing is pushed before this was called. */
  from(sources: OffsiteSources): void
  /** The operator's recipients objects were sealed to that are still off-site, with how many and until when. */
  neededRecipients(): Promise<readonly NeededRecipient[]>
}

export interface NeededRecipient {
  /** `age1…`, of the operator; the derived one opens everything and is not told. */
  readonly recipient: string
  /** Objects at all locations that none of the operator's recipients in use opens but this one. */
  readonly objects: number
  /** When retention lets the last of them go; undefined: not foreseeable (the log is kept for good). */
  readonly neededUntilUnixMs: number | undefined
}

/** What the pusher asks for when it writes a manifest. Each piece is read whole, in the order told, and never kept in memory as a whole. */
export interface OffsiteSources {
  /** The operator's recipients in use, `age1…`. */
  recipients(): Promise<readonly string[]>
  /** Auth's key store, sealed already. Undefined: auth cannot give it yet. */
  keyset(recipients: readonly string[], signal: AbortSignal): Promise<Keyset | undefined>
  /** Configuration, environment and identities needed to rebuild, as members of a tar. */
  config(signal: AbortSignal): AsyncIterable<ConfigFile>
  /** Operational tables of all services, as lines of JSON; `table` is `<service>.<table>`. */
  tables(signal: AbortSignal): AsyncIterable<TableRows>
  /** Appends KeysetsRewritten. The same again appends nothing. */
  keysetsRewritten(rewritten: RewrittenKeysets): Promise<void>
}

export interface Keyset {
  /** age files. */
  readonly keyset: Uint8Array
  /** Empty without a recipient of the operator. */
  readonly rootKey: Uint8Array
  readonly contentSha256: Uint8Array
  readonly destroyedSequence: bigint
  readonly keys: number
}
export interface ConfigFile {
  /** Relative, `/` between parts. */
  readonly name: string
  readonly mode: number
  readonly content: Uint8Array
}
export interface TableRows {
  readonly table: string
  readonly migration: number
  /** JSON objects. */
  readonly rows: readonly string[]
}
export interface RewrittenKeysets {
  readonly destroyedSequence: bigint
  readonly locationIds: readonly string[]
  readonly unreachedLocationIds: readonly string[]
}
