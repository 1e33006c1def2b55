import type { SealedToNode } from '@holdfast/crypto'
import type { FirewallSettings } from '@holdfast/policy'

/** What the log says about this node, as far as the kernel is concerned. Secrets stay sealed. */
export interface NodeState {
  /** The last commit of this node that is included; 0 when there was none. */
  sequence: bigint
  readonly interfaces: Map<string, InterfaceState>
}

/** Owned and changed in place by the fold. */
export interface InterfaceState {
  readonly id: string
  readonly organizationId: string
  /** Sequence of its last commit. */
  revision: bigint
  settings: InterfaceSettings
  /** 32 bytes. */
  publicKey: Uint8Array
  privateKey: SealedToNode | undefined
  readonly peers: Map<string, PeerState>
  /** Kept as a tombstone until its device is gone. */
  isDeleted: boolean
}

export interface InterfaceSettings {
  readonly device: string
  readonly addresses: readonly string[]
  readonly listenPort: number
  /** Zero means the default. */
  readonly mtu: number
  readonly isEnabled: boolean
  readonly firewall: FirewallSettings
}

/** Never changed in place: whoever derives something from a peer may keep it as long as the object is the same. */
export interface PeerState {
  readonly id: string
  readonly settings: PeerSettings
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  readonly presharedKey: SealedToNode | undefined
}

export interface PeerSettings {
  readonly name: string
  readonly addresses: readonly string[]
  readonly allowedIps: readonly string[]
  readonly endpoint: string
  readonly isEnabled: boolean
  /** Zero means never. */
  readonly expiresAtUnixMs: number
}

export const emptyNode = (): NodeState => ({ sequence: 0n, interfaces: new Map() })
