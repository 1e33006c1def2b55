import type { KindDefinition } from '../../kind.ts'
import type { Values } from '../../settings.ts'
import type { SurroundingsData } from '../../surroundings.ts'
import type { Storage } from '../../types.ts'
import type { Tamperer } from '../tampering.ts'

/** A real server of this machine, with a place for objects that is empty. */
export interface ContractTarget {
  /** All it listens on, on 127.0.0.1; none for kinds without a network. The suite reaches them by 127.0.0.2 as well. */
  readonly ports: readonly number[]
  config(host: string): Values
  /** The kind for a server there, when its address is no setting. */
  definition?(host: string): KindDefinition
  readonly credentials: Values
  /** Complete, and not right. */
  readonly wrongCredentials?: Values
  /** Besides what the suite sets. */
  readonly surroundings?: Partial<SurroundingsData>
  /** Leaves what an upload that was killed leaves, in the folder `left`. Absent: the kind leaves nothing. */
  readonly leave?: () => Promise<void>
  /** A place with room for less than 4 MiB. */
  readonly full?: { config(host: string): Values }
  stop(): Promise<void>
}

export interface ContractOptions {
  /** Whether a read that broke can go on where it was. Default true. */
  readonly resumes?: boolean
  /** Objects of the test of long lists. Default 240. */
  readonly many?: number
  /** Tests of the kind alone, against the same server. */
  readonly rules?: (contract: Contract) => void
}

export interface OpenOptions {
  readonly host?: string
  readonly idleMs?: number
  readonly credentials?: Values
  readonly config?: (host: string) => Values
  readonly allow?: readonly string[]
  readonly resolver?: (name: string) => Promise<readonly string[]>
}

/** What the rules are given. */
export interface Contract {
  readonly kind: string
  readonly options: ContractOptions
  readonly target: ContractTarget
  readonly network: Tamperer
  /** A prefix no other test uses. */
  prefix(): string
  /** Closed after the test. */
  open(options?: OpenOptions): Promise<Storage>
}

export const allowLoopback = ['127.0.0.0/8']
