import type { OrganizationId, PeerId } from '@holdfast/domain'
import { eventCodec } from '@holdfast/event-log'
import type {
  Cidr,
  DnsEntry,
  Endpoint,
  HostCidr,
  HostName,
  InterfaceName,
  IpAddress,
} from '@holdfast/net'
import { wgKeyBytes, wgKeyFrom } from '@holdfast/net'
import { holdfast } from '@holdfast/proto'
import type { InterfaceEvent } from '../domain/interface-state.ts'
import type { InterfaceSettings, PeerSettings } from '../domain/settings.ts'
import { firewallFrom, firewallMessage } from './firewall.ts'
import { sealedFrom, sealedToNodeFrom } from './sealed.ts'

const v1 = holdfast.network.v1

// as, in this file: the log holds only what our own parsers let in.

export const interfaceCodec = eventCodec<InterfaceEvent>({
  InterfaceCreated: {
    encode: ({ organizationId, settings, publicKey, privateKey, privateKeyForNode }) =>
      v1.InterfaceCreated.encode({
        organizationId,
        settings: interfaceSettingsMessage(settings),
        publicKey: wgKeyBytes(publicKey),
        privateKey,
        privateKeyForNode,
      }).finish(),
    decode: [
      (data) => {
        const m = v1.InterfaceCreated.decode(data)
        return {
          type: 'InterfaceCreated',
          organizationId: m.organizationId as OrganizationId,
          settings: interfaceSettingsFrom(m.settings),
          ...keyPair(m),
        }
      },
    ],
  },
  InterfaceUpdated: {
    encode: ({ settings }) =>
      v1.InterfaceUpdated.encode({ settings: interfaceSettingsMessage(settings) }).finish(),
    decode: [
      (data) => ({
        type: 'InterfaceUpdated',
        settings: interfaceSettingsFrom(v1.InterfaceUpdated.decode(data).settings),
      }),
    ],
  },
  InterfaceKeyRotated: {
    encode: ({ publicKey, privateKey, privateKeyForNode }) =>
      v1.InterfaceKeyRotated.encode({
        publicKey: wgKeyBytes(publicKey),
        privateKey,
        privateKeyForNode,
      }).finish(),
    decode: [
      (data) => ({
        type: 'InterfaceKeyRotated',
        ...keyPair(v1.InterfaceKeyRotated.decode(data)),
      }),
    ],
  },
  InterfaceDeleted: {
    encode: () => v1.InterfaceDeleted.encode({}).finish(),
    decode: [() => ({ type: 'InterfaceDeleted' })],
  },
  PeerAdded: {
    encode: ({ peerId, settings, publicKey, privateKey, presharedKey, presharedKeyForNode }) =>
      v1.PeerAdded.encode({
        peerId,
        settings: peerSettingsMessage(settings),
        publicKey: wgKeyBytes(publicKey),
        privateKey: privateKey ?? null,
        presharedKey: presharedKey ?? null,
        presharedKeyForNode: presharedKeyForNode ?? null,
      }).finish(),
    decode: [
      (data) => {
        const m = v1.PeerAdded.decode(data)
        return {
          type: 'PeerAdded',
          peerId: m.peerId as PeerId,
          settings: peerSettingsFrom(m.settings),
          publicKey: wgKeyFrom(m.publicKey),
          privateKey: sealedFrom(m.privateKey),
          presharedKey: sealedFrom(m.presharedKey),
          presharedKeyForNode: sealedToNodeFrom(m.presharedKeyForNode),
        }
      },
    ],
  },
  PeerUpdated: {
    encode: ({ peerId, settings }) =>
      v1.PeerUpdated.encode({ peerId, settings: peerSettingsMessage(settings) }).finish(),
    decode: [
      (data) => {
        const m = v1.PeerUpdated.decode(data)
        const settings = peerSettingsFrom(m.settings)
        return { type: 'PeerUpdated', peerId: m.peerId as PeerId, settings }
      },
    ],
  },
  PeerKeyRotated: {
    encode: ({ peerId, publicKey, privateKey }) =>
      v1.PeerKeyRotated.encode({
        peerId,
        publicKey: wgKeyBytes(publicKey),
        privateKey: privateKey ?? null,
      }).finish(),
    decode: [
      (data) => {
        const m = v1.PeerKeyRotated.decode(data)
        return {
          type: 'PeerKeyRotated',
          peerId: m.peerId as PeerId,
          publicKey: wgKeyFrom(m.publicKey),
          privateKey: sealedFrom(m.privateKey),
        }
      },
    ],
  },
  PeerPresharedKeyRotated: {
    encode: ({ peerId, presharedKey, presharedKeyForNode }) =>
      v1.PeerPresharedKeyRotated.encode({
        peerId,
        presharedKey: presharedKey ?? null,
        presharedKeyForNode: presharedKeyForNode ?? null,
      }).finish(),
    decode: [
      (data) => {
        const m = v1.PeerPresharedKeyRotated.decode(data)
        return {
          type: 'PeerPresharedKeyRotated',
          peerId: m.peerId as PeerId,
          presharedKey: sealedFrom(m.presharedKey),
          presharedKeyForNode: sealedToNodeFrom(m.presharedKeyForNode),
        }
      },
    ],
  },
  PeerRemoved: {
    encode: ({ peerId, addressesFreeAtUnixMs }) =>
      v1.PeerRemoved.encode({ peerId, addressesFreeAtUnixMs }).finish(),
    decode: [
      (data) => {
        const m = v1.PeerRemoved.decode(data)
        const { addressesFreeAtUnixMs } = m
        return { type: 'PeerRemoved', peerId: m.peerId as PeerId, addressesFreeAtUnixMs }
      },
    ],
  },
})

function keyPair(m: {
  readonly publicKey: Uint8Array
  readonly privateKey?: holdfast.log.v1.Sealed.$Properties | null | undefined
  readonly privateKeyForNode?: holdfast.log.v1.SealedToNode.$Properties | null | undefined
}) {
  const privateKey = sealedFrom(m.privateKey)
  const privateKeyForNode = sealedToNodeFrom(m.privateKeyForNode)
  if (!privateKey || !privateKeyForNode) throw new Error('an interface without its private key')
  return { publicKey: wgKeyFrom(m.publicKey), privateKey, privateKeyForNode }
}

const interfaceSettingsMessage = (
  s: InterfaceSettings,
): holdfast.network.v1.InterfaceSettings.$Properties => ({
  ...s,
  addresses: [...s.addresses],
  dns: [...s.dns],
  clientAllowedIps: [...s.clientAllowedIps],
  extraDirectives: [...s.extraDirectives],
  firewall: firewallMessage(s.firewall),
})

function interfaceSettingsFrom(
  properties: holdfast.network.v1.InterfaceSettings.$Properties | null | undefined,
): InterfaceSettings {
  const m = new v1.InterfaceSettings(properties ?? {})
  return {
    name: m.name as InterfaceName,
    addresses: m.addresses as HostCidr[],
    listenPort: m.listenPort,
    mtu: m.mtu,
    dns: m.dns as DnsEntry[],
    endpoint: m.endpoint as Endpoint | HostName | '',
    clientAllowedIps: m.clientAllowedIps as Cidr[],
    isEnabled: m.isEnabled,
    extraDirectives: m.extraDirectives,
    addressQuarantineSeconds: m.addressQuarantineSeconds,
    firewall: firewallFrom(m.firewall),
  }
}

const peerSettingsMessage = (s: PeerSettings): holdfast.network.v1.PeerSettings.$Properties => ({
  ...s,
  addresses: [...s.addresses],
  allowedIps: [...s.allowedIps],
  clientAllowedIps: [...s.clientAllowedIps],
  dns: [...s.dns],
})

function peerSettingsFrom(
  properties: holdfast.network.v1.PeerSettings.$Properties | null | undefined,
): PeerSettings {
  const m = new v1.PeerSettings(properties ?? {})
  return {
    name: m.name,
    addresses: m.addresses as IpAddress[],
    allowedIps: m.allowedIps as Cidr[],
    clientAllowedIps: m.clientAllowedIps as Cidr[],
    endpoint: m.endpoint as Endpoint | '',
    keepaliveSeconds: m.keepaliveSeconds,
    isEnabled: m.isEnabled,
    expiresAtUnixMs: m.expiresAtUnixMs,
    dns: m.dns as DnsEntry[],
    description: m.description,
  }
}
