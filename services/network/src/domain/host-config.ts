import { parseWgQuick, renderWgQuick, type WgKey, type WgQuickDirective } from '@holdfast/net'
import { routesOf } from './interface-state.ts'
import type { InterfaceSettings, PeerSettings } from './settings.ts'

export interface HostPeer {
  readonly settings: PeerSettings
  readonly publicKey: WgKey
  readonly presharedKey: WgKey | undefined
}

/** The host's own wg-quick(8) file: what an import reads. Peers that are off at `now` are named and left out. */
export function renderHostConfig(
  settings: InterfaceSettings,
  privateKey: WgKey,
  peers: readonly HostPeer[],
  now: number,
): string {
  const isOn = ({ settings: { isEnabled, expiresAtUnixMs } }: HostPeer) =>
    isEnabled && (expiresAtUnixMs === 0 || expiresAtUnixMs > now)
  const off = peers.filter((peer) => !isOn(peer))
  return renderWgQuick({
    interface: {
      comments: [
        `${settings.name}, exported by Holdfast`,
        ...off.map((peer) => `left out, disabled or expired: ${peer.settings.name}`),
      ],
      privateKey,
      addresses: settings.addresses,
      listenPort: settings.listenPort,
      mtu: settings.mtu,
      // DNS here would be the host's own resolver; the setting is for clients.
      dns: [],
      others: settings.extraDirectives.flatMap(directiveOf),
    },
    peers: peers.filter(isOn).map((peer) => ({
      comments: [`Name = ${peer.settings.name}`],
      publicKey: peer.publicKey,
      allowedIps: routesOf(peer.settings),
      others: [],
      ...(peer.presharedKey ? { presharedKey: peer.presharedKey } : {}),
      ...(peer.settings.endpoint ? { endpoint: peer.settings.endpoint } : {}),
      ...(peer.settings.keepaliveSeconds > 0
        ? { keepaliveSeconds: peer.settings.keepaliveSeconds }
        : {}),
    })),
  })
}

/** A kept line, `Key = Value`, as it was parsed once. */
const directiveOf = (line: string): readonly WgQuickDirective[] =>
  parseWgQuick(`[Interface]\n${line}`).file.interface.others
