import type { Action, DefaultVerdict, Direction, FirewallSettings, PortRange } from './model.ts'

/**
 * The intermediate form: a rule set resolved for one host at one time. Every enforcement (eBPF, nftables) is
 * compiled from it, the kernel's contents are decompiled to it, and its hash is the policy version.
 */
export interface Policy {
  readonly devices: readonly DevicePolicy[]
  /** Distinct lists of lines; devices on which the same holds share one. */
  readonly views: readonly View[]
}

/** One device on which packets are judged. */
export interface DevicePolicy {
  readonly device: string
  readonly kind: 'wireguard' | 'uplink'
  /** Empty for an uplink. */
  readonly interfaceId: string
  /** Index into `views`. */
  readonly view: number
  readonly firewall: FirewallSettings
}

/** What holds on a device: lines in the order of evaluation, by direction and family. */
export interface View {
  readonly ingress4: readonly Line[]
  readonly egress4: readonly Line[]
  readonly ingress6: readonly Line[]
  readonly egress6: readonly Line[]
}

/** Addresses that share their first `length` bits; length 0 is any address. */
export interface Prefix {
  /** The address as a number, host bits zero: 32 bits in an IPv4 line, 128 in an IPv6 line. */
  readonly value: bigint
  readonly length: number
}

/** A rule cut down to one family, one protocol and, where a peer is meant, one of its prefixes. */
export interface Line {
  /** Empty for an implicit line. */
  readonly ruleId: string
  /** Why it is there when no rule is: `listen-port:<port>` or `control:<address>:<port>`; empty otherwise. */
  readonly implicit: string
  readonly source: Prefix
  readonly destination: Prefix
  /** As in the IP header; undefined matches every protocol. */
  readonly protocol: number | undefined
  /**
   * Undefined matches every packet, also those without ports (later fragments, ICMP). A range, even
   * 0 to 65535, matches only packets that show ports. Present only with protocol 6 or 17.
   */
  readonly sourcePorts: PortRange | undefined
  readonly destinationPorts: PortRange | undefined
  readonly action: Action
  readonly continues: boolean
  readonly logs: boolean
  /** Present exactly when the action is `rate_limit`. */
  readonly rate: LineRate | undefined
}

export interface LineRate {
  readonly pps: number
  readonly burst: number
  /** `rule`: one bucket for the rule; `source`: one a source address; anything else is a peer's id: one for it. */
  readonly bucket: string
}

/** What the reference parser, and the kernel's, make of a packet. */
export type ParsedPacket =
  | {
      readonly kind: 'ip'
      readonly family: 4 | 6
      readonly source: bigint
      readonly destination: bigint
      /** After IPv6 extension headers. */
      readonly protocol: number
      /** Undefined without ports: neither TCP nor UDP, or a later fragment. */
      readonly ports: { readonly source: number; readonly destination: number } | undefined
      readonly isFragment: boolean
      readonly isLaterFragment: boolean
      /** Byte 13 of a TCP header; zero for everything without one. */
      readonly tcpFlags: number
      /** Bytes as the IP header says it, for counters. */
      readonly bytes: number
    }
  /** Neither IPv4 nor IPv6 (ARP): passes, judged by nobody. */
  | { readonly kind: 'other' }
  | { readonly kind: 'unparsable'; readonly reason: string }

/** What becomes of one packet on one device, without time: a rate limit counts as not exceeded. */
export interface Judgement {
  readonly verdict: DefaultVerdict
  /** The line that decided; undefined when none did. */
  readonly line: Line | undefined
  /** `established` is said by `StatefulReference` only. */
  readonly decidedBy: 'line' | 'default' | 'unparsable' | 'fragment' | 'not-ip' | 'established'
  /** `log continue` lines passed on the way, at most `maxContinues`. */
  readonly passed: readonly Line[]
  readonly direction: Direction
}

/** More `continue` lines than this that match one packet are not recorded for it; the decision is unaffected. */
export const maxContinues = 8
/** IPv6 extension headers that are walked; a longer chain is unparsable. */
export const maxExtensionHeaders = 8
/** Devices a policy may have; more are refused. */
export const maxDevices = 64
/** Rules a rule set may have; more are refused. */
export const maxRules = 100_000
/** Lines all views of a policy may have together; more are refused. */
export const maxLines = 1_000_000
