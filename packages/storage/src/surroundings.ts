import { tmpdir } from 'node:os'
import {
  type Connector,
  type EgressPolicy,
  egressPolicy,
  openConnector,
  type Resolver,
} from '@holdfast/egress'
import type { Logger } from '@holdfast/telemetry'

/** What storage may use of the machine and the network around it. */
export interface Surroundings {
  readonly policy: EgressPolicy
  readonly connector: Connector
  /** Where the built-in location is: `local` without a path. */
  readonly localBase: string
  /** Where `local` and `nfs` may point, besides the built-in one. */
  readonly localRoots: readonly string[]
  /** Files of private keys must lie in it; undefined: none may be named. */
  readonly keysDir: string | undefined
  /** For what programs read and write; a directory of ours is made below it. */
  readonly workDir: string
  readonly logger: Logger | undefined
  readonly timeouts: Timeouts
}

export interface Timeouts {
  /** For a connection: name, TCP, TLS. */
  readonly connectMs: number
  /** After so long without a byte moving, or an answer, a transfer is broken. */
  readonly idleMs: number
}

export const defaultTimeouts: Timeouts = { connectMs: 15_000, idleMs: 60_000 }

/** The same as plain data, which goes to a thread of its own. */
export interface SurroundingsData {
  /** HOLDFAST_EGRESS_ALLOW. */
  readonly egressAllow: readonly string[]
  readonly localBase: string
  readonly localRoots: readonly string[]
  readonly keysDir?: string | undefined
  /** Room for one object at a time; the system's directory for temporary files unless told. */
  readonly workDir?: string | undefined
  readonly timeouts?: Partial<Timeouts>
}

export function surroundingsOf(
  data: SurroundingsData,
  more: { readonly logger?: Logger; readonly resolver?: Resolver } = {},
): Surroundings {
  const policy = egressPolicy(data.egressAllow)
  return {
    policy,
    connector: openConnector({ policy, ...(more.resolver ? { resolver: more.resolver } : {}) }),
    localBase: data.localBase,
    localRoots: data.localRoots,
    keysDir: data.keysDir,
    workDir: data.workDir ?? tmpdir(),
    logger: more.logger,
    timeouts: { ...defaultTimeouts, ...data.timeouts },
  }
}
