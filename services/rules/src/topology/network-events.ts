import type { EventCodec } from '@holdfast/event-log'
import { UnknownEvent } from '@holdfast/event-log'
import type { Cidr, IpAddress } from '@holdfast/net'
import { hostRoute } from '@holdfast/net'
import type { FirewallSettings, UplinkFacts } from '@holdfast/policy'
import { holdfast } from '@holdfast/proto'

const v1 = holdfast.network.v1

// What rules reads of another service's facts: the published messages of proto/, and of them only what a
// rule can depend on. as, in this file: the log holds only what network's own parsers let in.

export type NetworkEvent =
  | {
      readonly type: 'NodeEnrolled'
      readonly organizationId: string
      readonly name: string
      readonly siteId: string
    }
  | {
      readonly type: 'NodeUpdated'
      readonly name: string
      readonly siteId: string
      readonly uplinks: readonly UplinkFacts[]
    }
  | { readonly type: 'NodeDeleted' }
  | { readonly type: 'InterfaceCreated'; readonly settings: InterfaceWords }
  | { readonly type: 'InterfaceUpdated'; readonly settings: InterfaceWords }
  | { readonly type: 'InterfaceDeleted' }
  | { readonly type: 'PeerAdded'; readonly peerId: string; readonly settings: PeerWords }
  | { readonly type: 'PeerUpdated'; readonly peerId: string; readonly settings: PeerWords }
  | { readonly type: 'PeerRemoved'; readonly peerId: string }

/** What matters here of an interface's settings. */
export interface InterfaceWords {
  readonly name: string
  readonly listenPort: number
  readonly isEnabled: boolean
  readonly firewall: FirewallSettings
}

/** What matters here of a peer's settings. */
export interface PeerWords {
  readonly name: string
  /** Its addresses and the networks behind it. */
  readonly prefixes: readonly Cidr[]
  readonly isEnabled: boolean
  /** Zero means never. */
  readonly expiresAtUnixMs: number
}

/** Readers by type and schema number, the oldest first; a newer schema stops whoever depends on it. */
const readers: ReadonlyMap<string, readonly ((data: Uint8Array) => NetworkEvent)[]> = new Map<
  string,
  readonly ((data: Uint8Array) => NetworkEvent)[]
>([
  [
    'NodeEnrolled',
    [
      (data) => {
        const { organizationId, name, siteId } = v1.NodeEnrolled.decode(data)
        return { type: 'NodeEnrolled', organizationId, name, siteId }
      },
    ],
  ],
  [
    'NodeUpdated',
    [
      (data) => {
        const { name, siteId, uplinks } = v1.NodeUpdated.decode(data)
        return {
          type: 'NodeUpdated',
          name,
          siteId,
          uplinks: uplinks.map(({ device, firewall }) => ({
            device: device ?? '',
            firewall: firewallFrom(firewall),
          })),
        }
      },
    ],
  ],
  ['NodeDeleted', [() => ({ type: 'NodeDeleted' })]],
  [
    'InterfaceCreated',
    [
      (data) => ({
        type: 'InterfaceCreated',
        settings: interfaceFrom(v1.InterfaceCreated.decode(data).settings),
      }),
    ],
  ],
  [
    'InterfaceUpdated',
    [
      (data) => ({
        type: 'InterfaceUpdated',
        settings: interfaceFrom(v1.InterfaceUpdated.decode(data).settings),
      }),
    ],
  ],
  ['InterfaceDeleted', [() => ({ type: 'InterfaceDeleted' })]],
  [
    'PeerAdded',
    [
      (data) => {
        const { peerId, settings } = v1.PeerAdded.decode(data)
        return { type: 'PeerAdded', peerId, settings: peerFrom(settings) }
      },
    ],
  ],
  [
    'PeerUpdated',
    [
      (data) => {
        const { peerId, settings } = v1.PeerUpdated.decode(data)
        return { type: 'PeerUpdated', peerId, settings: peerFrom(settings) }
      },
    ],
  ],
  [
    'PeerRemoved',
    [(data) => ({ type: 'PeerRemoved', peerId: v1.PeerRemoved.decode(data).peerId })],
  ],
])

export const networkEvents: Pick<EventCodec<NetworkEvent>, 'decode'> = {
  decode({ type, schema, data }) {
    const read = readers.get(type)?.[schema - 1]
    if (!read) throw UnknownEvent({ type, schema })
    return read(data)
  },
}

/** Written by releases before there was a firewall: what they did, which is the default. */
export const defaultFirewall: FirewallSettings = {
  defaultVerdict: 'pass',
  isStateful: false,
  dropsFragments: false,
  unparsableVerdict: 'drop',
}

function firewallFrom(
  properties: holdfast.network.v1.FirewallSettings.$Properties | null | undefined,
): FirewallSettings {
  if (!properties) return defaultFirewall
  const m = new v1.FirewallSettings(properties)
  const { FIREWALL_VERDICT_PASS: pass, FIREWALL_VERDICT_DROP: drop } = v1.FirewallVerdict
  return {
    defaultVerdict: m.defaultVerdict === drop ? 'drop' : 'pass',
    isStateful: m.isStateful,
    dropsFragments: m.dropsFragments,
    unparsableVerdict: m.unparsableVerdict === pass ? 'pass' : 'drop',
  }
}

function interfaceFrom(
  properties: holdfast.network.v1.InterfaceSettings.$Properties | null | undefined,
): InterfaceWords {
  const { name, listenPort, isEnabled, firewall } = new v1.InterfaceSettings(properties ?? {})
  return { name, listenPort, isEnabled, firewall: firewallFrom(firewall) }
}

function peerFrom(
  properties: holdfast.network.v1.PeerSettings.$Properties | null | undefined,
): PeerWords {
  const m = new v1.PeerSettings(properties ?? {})
  return {
    name: m.name,
    prefixes: [
      ...m.addresses.map((address) => hostRoute(address as IpAddress)),
      ...m.allowedIps,
    ] as Cidr[],
    isEnabled: m.isEnabled,
    expiresAtUnixMs: m.expiresAtUnixMs,
  }
}
