import type { Cidr } from '@holdfast/net'

/**
 * The words of the firewall, as spec and log use them. Everything here is data; what it means is said once, in
 * `evaluate.ts`, and every other enforcement (eBPF, nftables) is tested against that.
 */

export const actions = ['allow', 'deny', 'rate_limit', 'log'] as const
export type Action = (typeof actions)[number]

export const ruleDirections = ['ingress', 'egress', 'both'] as const
export type RuleDirection = (typeof ruleDirections)[number]
/** Of a packet: into the host through the device, or out of it. */
export type Direction = Exclude<RuleDirection, 'both'>
export const directions: readonly Direction[] = ['ingress', 'egress']

export const protocols = ['any', 'tcp', 'udp', 'icmp'] as const
export type Protocol = (typeof protocols)[number]

/** Both ends included, 0 to 65535. */
export interface PortRange {
  readonly from: number
  readonly to: number
}

export const rateScopes = ['rule', 'source', 'peer'] as const
export type RateScope = (typeof rateScopes)[number]

/** A token bucket: `pps` packets a second, at most `burst` at once. */
export interface RateLimit {
  readonly pps: number
  readonly burst: number
  readonly scope: RateScope
}

/** Where a rule holds. */
export type Target =
  | { readonly kind: 'everything' }
  | { readonly kind: 'site'; readonly id: string }
  | { readonly kind: 'node'; readonly id: string }
  | { readonly kind: 'interface'; readonly id: string }
  | { readonly kind: 'peer'; readonly id: string }
  /** The uplinks of the node with this id. */
  | { readonly kind: 'uplinks'; readonly id: string }

/** What an administrator says about a rule. */
export interface RuleSettings {
  readonly name: string
  readonly action: Action
  readonly direction: RuleDirection
  readonly protocol: Protocol
  /** Absent matches both families. */
  readonly source: Cidr | undefined
  readonly destination: Cidr | undefined
  readonly sourcePorts: PortRange | undefined
  readonly destinationPorts: PortRange | undefined
  /** Present exactly when the action is `rate_limit`. */
  readonly rate: RateLimit | undefined
  /** 0 to 1000, the greater first. */
  readonly priority: number
  readonly isActive: boolean
  /** Only with action `log`: record and go on. */
  readonly continues: boolean
  readonly logs: boolean
  readonly target: Target
  /** Zero means never. */
  readonly expiresAtUnixMs: number
  readonly tags: readonly string[]
  readonly description: string
}

export interface Rule {
  readonly id: string
  readonly settings: RuleSettings
  /** Decides between equal priorities, the lower first. */
  readonly order: number
}

export type DefaultVerdict = 'pass' | 'drop'

/** How packets are treated on one device that no rule decides. */
export interface FirewallSettings {
  /** Default `pass`. */
  readonly defaultVerdict: DefaultVerdict
  readonly isStateful: boolean
  readonly dropsFragments: boolean
  /** Default `drop`. */
  readonly unparsableVerdict: DefaultVerdict
}

/** What holds on a device about which nothing was said. */
export const defaultFirewall: FirewallSettings = {
  defaultVerdict: 'pass',
  isStateful: false,
  dropsFragments: false,
  unparsableVerdict: 'drop',
}

/** What a host knows about itself; with the rule set and the time, all that decides what it enforces. */
export interface HostFacts {
  readonly nodeId: string
  /** Empty outside any site. */
  readonly siteId: string
  readonly interfaces: readonly InterfaceFacts[]
  readonly uplinks: readonly UplinkFacts[]
  /** Where the agent's connection to the control plane goes; protected unless lockout is allowed. */
  readonly control: readonly ControlEndpoint[]
}

export interface InterfaceFacts {
  readonly id: string
  readonly device: string
  readonly listenPort: number
  readonly firewall: FirewallSettings
  readonly peers: readonly PeerFacts[]
}

export interface PeerFacts {
  readonly id: string
  /** Its addresses and the networks behind it. */
  readonly prefixes: readonly Cidr[]
}

export interface UplinkFacts {
  readonly device: string
  readonly firewall: FirewallSettings
}

export interface ControlEndpoint {
  /** An address, not a name. */
  readonly address: string
  /** TCP. */
  readonly port: number
}

/** A rule set as the log has it. */
export interface RuleSet {
  readonly rules: readonly Rule[]
  readonly isLockoutAllowed: boolean
}

/** What became of a packet. */
export type Verdict = 'pass' | 'drop'

export const expectations = ['pass', 'drop'] as const
export type Expectation = (typeof expectations)[number]

/** A sentence about a rule set: every packet it speaks of, wherever its target says, passes or is dropped. */
export interface PolicyTest {
  readonly id: string
  readonly name: string
  readonly direction: RuleDirection
  readonly protocol: Protocol
  readonly source: Cidr | undefined
  readonly destination: Cidr | undefined
  readonly sourcePorts: PortRange | undefined
  readonly destinationPorts: PortRange | undefined
  readonly target: Target
  readonly expectation: Expectation
}
