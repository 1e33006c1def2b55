import type { Cidr, HostCidr } from '../cidr.ts'
import type { DnsEntry } from '../dns.ts'
import type { Endpoint } from '../endpoint.ts'
import type { WgKey } from '../wg-key.ts'

/** A directive this release does not interpret, kept as it stands. */
export interface WgQuickDirective {
  readonly key: string
  readonly value: string
  /** Line of the file it was read from, from 1. */
  readonly line?: number
}

export interface WgQuickInterface {
  /** Without the leading `#`, one entry a line. */
  readonly comments: readonly string[]
  readonly privateKey?: WgKey
  readonly addresses: readonly HostCidr[]
  readonly listenPort?: number
  readonly mtu?: number
  readonly dns: readonly DnsEntry[]
  readonly others: readonly WgQuickDirective[]
}

export interface WgQuickPeer {
  /** Those inside the section and those right above its header, where most tools write the name. */
  readonly comments: readonly string[]
  readonly publicKey: WgKey
  readonly presharedKey?: WgKey
  readonly allowedIps: readonly Cidr[]
  readonly endpoint?: Endpoint
  /** 0 is off. */
  readonly keepaliveSeconds?: number
  readonly others: readonly WgQuickDirective[]
  /** Line of the section's header, from 1. */
  readonly line?: number
}

/** What a wg-quick(8) file says. Order of peers, directives and comments is kept; blank lines are not. */
export interface WgQuickFile {
  readonly interface: WgQuickInterface
  readonly peers: readonly WgQuickPeer[]
}

export interface WgQuickProblem {
  /** From 1; 0 when it concerns the whole file. */
  readonly line: number
  readonly code: string
  readonly detail: string
}
