import {
  type Cidr,
  type Endpoint,
  endpointOf,
  type HostName,
  hasPort,
  hostCidr,
  networkOf,
  renderWgQuick,
  type WgKey,
  type WgQuickPeer,
} from '@holdfast/net'
import type { InterfaceSettings, PeerSettings } from './settings.ts'

/** What a peer's configuration is made of, secrets opened. */
export interface ClientConfig {
  readonly interface: { readonly settings: InterfaceSettings; readonly publicKey: WgKey }
  readonly peer: {
    readonly settings: PeerSettings
    /** Undefined when the peer keeps it to itself. */
    readonly privateKey: WgKey | undefined
    readonly presharedKey: WgKey | undefined
  }
  readonly nodeEndpointHost: HostName | ''
}

/**
 * The wg-quick(8) text a peer is given. Its addresses are single ones (/32, /128) and its allowed IPs carry
 * the networks: so two tunnels into one network do not fight over the on-link route of the address.
 */
export function renderClientConfig(config: ClientConfig): string {
  const { peer, nodeEndpointHost } = config
  const { settings, publicKey } = config.interface
  const endpoint = endpointFor(settings, nodeEndpointHost)
  const hub: WgQuickPeer = {
    comments: endpoint
      ? []
      : [`Endpoint is missing: tell Holdfast the public host name of ${settings.name} or its node`],
    publicKey,
    allowedIps: clientRoutes(settings, peer.settings),
    others: [],
    ...(peer.presharedKey ? { presharedKey: peer.presharedKey } : {}),
    ...(endpoint ? { endpoint } : {}),
    ...(peer.settings.keepaliveSeconds > 0
      ? { keepaliveSeconds: peer.settings.keepaliveSeconds }
      : {}),
  }
  return renderWgQuick({
    interface: {
      comments: [
        `${peer.settings.name} on ${settings.name}`,
        ...(peer.privateKey ? [] : ['PrivateKey = put the private key of this peer here']),
      ],
      ...(peer.privateKey ? { privateKey: peer.privateKey } : {}),
      addresses: peer.settings.addresses.map((address) =>
        hostCidr(address, address.includes(':') ? 128 : 32),
      ),
      dns: peer.settings.dns.length > 0 ? peer.settings.dns : settings.dns,
      mtu: settings.mtu,
      others: [],
    },
    peers: [hub],
  })
}

/** What the peer routes through the interface. */
function clientRoutes(settings: InterfaceSettings, peer: PeerSettings): readonly Cidr[] {
  if (peer.clientAllowedIps.length > 0) return peer.clientAllowedIps
  if (settings.clientAllowedIps.length > 0) return settings.clientAllowedIps
  return [...new Set(settings.addresses.map(networkOf))]
}

/** Where clients reach an interface, if anybody said. */
export function endpointFor(
  { endpoint, listenPort }: InterfaceSettings,
  nodeEndpointHost: HostName | '',
): Endpoint | undefined {
  const told = endpoint || nodeEndpointHost
  if (told === '') return undefined
  return hasPort(told) ? told : endpointOf(told, listenPort)
}
