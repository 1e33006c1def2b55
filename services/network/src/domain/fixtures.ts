import type { InterfaceId, OrganizationId, PeerId } from '@holdfast/domain'
import {
  type HostCidr,
  type InterfaceName,
  type IpAddress,
  parseCidr,
  parseHostCidr,
  parseInterfaceName,
  parseIp,
  take,
  type WgKey,
  wgKeyFrom,
} from '@holdfast/net'
import { defaultFirewall } from '@holdfast/policy'
import type { InterfaceEvent } from './interface-state.ts'
import type { NewPeer } from './peer.ts'
import type { Sealed, SealedToNode } from './sealed.ts'
import type { InterfaceSettings, PeerSettings } from './settings.ts'

// Values for tests. Ids and keys follow from a number, so that a failure prints the same every time.

const idOf = (kind: string, n: number): string =>
  `0198f0c0-0000-7000-8${kind}0-${n.toString(16).padStart(12, '0')}`
export const organizationId = idOf('00', 1) as OrganizationId
export const interfaceIdOf = (n: number) => idOf('02', n) as InterfaceId
export const peerIdOf = (n: number) => idOf('03', n) as PeerId

export function keyOf(n: number): WgKey {
  const bytes = new Uint8Array(32).fill(7)
  new DataView(bytes.buffer).setUint32(0, n)
  return wgKeyFrom(bytes)
}

export const cidr = (text: string) => take(parseCidr, text, 'cidr')
export const address = (text: string): HostCidr => take(parseHostCidr, text, 'address')
export const ip = (text: string): IpAddress => take(parseIp, text, 'ip')
export const interfaceName = (text: string): InterfaceName => take(parseInterfaceName, text, 'name')

export const sealed: Sealed = {
  keyId: idOf('04', 1),
  nonce: new Uint8Array(12).fill(1),
  ciphertext: new Uint8Array(48).fill(2),
}
export const sealedToNode: SealedToNode = {
  recipient: new Uint8Array(32).fill(3),
  ephemeralPublicKey: new Uint8Array(32).fill(4),
  nonce: new Uint8Array(12).fill(5),
  ciphertext: new Uint8Array(48).fill(6),
}

export const interfaceSettings: InterfaceSettings = {
  name: interfaceName('wg0'),
  addresses: [address('10.10.0.1/24'), address('fd10::1/64')],
  listenPort: 51820,
  mtu: 1420,
  dns: [],
  endpoint: '',
  clientAllowedIps: [],
  isEnabled: true,
  extraDirectives: [],
  addressQuarantineSeconds: 3600,
  firewall: defaultFirewall,
}

export const keys = {
  publicKey: keyOf(0),
  privateKey: sealed,
  privateKeyForNode: sealedToNode,
}

export const created = (settings: Partial<InterfaceSettings> = {}): InterfaceEvent => ({
  type: 'InterfaceCreated',
  organizationId,
  settings: { ...interfaceSettings, ...settings },
  ...keys,
})

export const peerSettings: PeerSettings = {
  name: 'peer',
  addresses: [],
  allowedIps: [],
  clientAllowedIps: [],
  endpoint: '',
  keepaliveSeconds: 25,
  isEnabled: true,
  expiresAtUnixMs: 0,
  dns: [],
  description: '',
}

/** Peer number n as asked for: named after its number, addresses left to the interface. */
export const newPeer = (n: number, settings: Partial<NewPeer['settings']> = {}): NewPeer => ({
  id: peerIdOf(n),
  settings: { ...peerSettings, name: `peer-${n}`, addresses: undefined, ...settings },
  publicKey: keyOf(n),
  privateKey: sealed,
  presharedKey: undefined,
  presharedKeyForNode: undefined,
})

export const added = (n: number, settings: Partial<PeerSettings> = {}): InterfaceEvent => ({
  type: 'PeerAdded',
  peerId: peerIdOf(n),
  settings: { ...peerSettings, name: `peer-${n}`, ...settings },
  publicKey: keyOf(n),
  privateKey: sealed,
  presharedKey: undefined,
  presharedKeyForNode: undefined,
})
