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
  /** Each step is a process, a tenth of a second on a machine that does nothing else: every rule, with less of everything. */
  readonly startsProcesses?: boolean
  /** Tests of the kind alone, against the same server. */
  readonly rules?: (contract: Contract) => void
}

/** How much of everything the rules take. */
export interface Amounts {
  /** Objects of a long list; more than a page of any server. */
  readonly many: number
  /** Puts at once of one key, and as many of others. */
  readonly atOnce: number
  /** Reads given up, one after the other. */
  readonly givenUp: number
  readonly offsets: readonly number[]
  readonly wrongSizes: readonly number[]
  /** What is too large to be held, and what may be held of it. */
  readonly large: { readonly mebibytes: number; readonly held: number }
  /** For a reader who takes longer than that; whoever is slower to begin looks as if they stalled. */
  readonly slowIdleMs: number
  /** What else is allowed while an address is not. */
  readonly alsoAllowed: readonly (readonly string[])[]
}

const others = ['192.0.2.0/24']

export const amountsOf = ({ startsProcesses = false }: ContractOptions): Amounts =>
  startsProcesses
    ? {
        many: 9,
        atOnce: 3,
        givenUp: 3,
        offsets: [1, 199_999],
        wrongSizes: [399_999, 400_001],
        large: { mebibytes: 48, held: 28 },
        slowIdleMs: 3_000,
        alsoAllowed: [others],
      }
    : {
        many: 120,
        atOnce: 6,
        givenUp: 12,
        offsets: [0, 1, 65_536, 199_999],
        wrongSizes: [399_999, 400_001, 1],
        large: { mebibytes: 80, held: 56 },
        slowIdleMs: 400,
        // Kinds without encryption ask for addresses only when something is allowed.
        alsoAllowed: [[], others],
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
  readonly amounts: Amounts
  readonly target: ContractTarget
  readonly network: Tamperer
  /** A prefix no other test uses. */
  prefix(): string
  /** Closed after the test. */
  open(options?: OpenOptions): Promise<Storage>
}

export const allowLoopback = ['127.0.0.0/8']
