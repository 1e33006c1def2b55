import type { Cidr } from '@holdfast/net'
import {
  concerns,
  type FirewallSettings,
  type HostFacts,
  type Target,
  type UplinkFacts,
} from '@holdfast/policy'

/** A node as rules sees it: what decides about packets there, and the words people use for it. */
export interface Host {
  readonly organizationId: string
  readonly name: string
  readonly facts: HostFacts
  /** Interfaces that are enabled, by id. */
  readonly interfaceNames: ReadonlyMap<string, string>
  /** Peers that are enabled and have not expired, by id. */
  readonly peers: ReadonlyMap<string, { readonly name: string; readonly interfaceId: string }>
}

export interface NodeVersion {
  readonly nodeId: string
  readonly isGone: boolean
  readonly name: string
  readonly siteId: string
  readonly uplinks: readonly UplinkFacts[]
}

export interface InterfaceVersion {
  readonly interfaceId: string
  readonly nodeId: string
  readonly isGone: boolean
  /** It was gone in between and came back: nothing that was inside before holds. */
  readonly isReborn: boolean
  readonly name: string
  readonly listenPort: number
  readonly isEnabled: boolean
  readonly firewall: FirewallSettings
}

export interface PeerVersion {
  readonly peerId: string
  readonly interfaceId: string
  readonly isGone: boolean
  readonly name: string
  readonly prefixes: readonly Cidr[]
  readonly isEnabled: boolean
  /** Zero means never. */
  readonly expiresAtUnixMs: number
}

/** Whether packets can meet a rule at all: a host without a device judges none. */
export const hasDevices = ({ facts }: Host): boolean =>
  facts.interfaces.length + facts.uplinks.length > 0

/** Whether a rule for this target holds on a device of the host. */
export const isTargeted = (host: Host, target: Target): boolean =>
  concerns(target, host.facts) &&
  (target.kind === 'uplinks' ? host.facts.uplinks.length > 0 : hasDevices(host))
