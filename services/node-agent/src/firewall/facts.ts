import { type Cidr, hostRoute, parseCidrLoosely, parseInterfaceName, parseIp } from '@holdfast/net'
import type { ControlEndpoint, HostFacts, InterfaceFacts, PeerFacts } from '@holdfast/policy'
import type { InterfaceState, NodeState, PeerState } from '../follow/node-state.ts'
import type { Placement } from '../follow/placement.ts'

export interface FactSources {
  readonly nodeId: string
  readonly node: NodeState
  readonly placement: Placement
  readonly control: readonly ControlEndpoint[]
  /** The port a device listens on, when the log leaves the choice to the kernel. */
  readonly observedPort: (interfaceId: string) => number | undefined
}

export interface TimedFacts {
  readonly facts: HostFacts
  /** When a peer expires and its addresses are nobody's; Infinity when none does. */
  readonly nextExpiryUnixMs: number
}

/** What this host knows about itself, for the resolver: the same devices and peers the reconciler makes. */
export function hostFacts(sources: FactSources, nowUnixMs: number): TimedFacts {
  let nextExpiryUnixMs = Number.POSITIVE_INFINITY
  const interfaces: InterfaceFacts[] = []
  for (const state of sources.node.interfaces.values()) {
    const { device, listenPort, isEnabled, firewall } = state.settings
    if (state.isDeleted || !isEnabled || !parseInterfaceName(device).ok) continue
    for (const { settings } of state.peers.values()) {
      const { expiresAtUnixMs } = settings
      if (settings.isEnabled && expiresAtUnixMs > nowUnixMs) {
        nextExpiryUnixMs = Math.min(nextExpiryUnixMs, expiresAtUnixMs)
      }
    }
    interfaces.push({
      id: state.id,
      device,
      listenPort: listenPort || (sources.observedPort(state.id) ?? 0),
      firewall,
      peers: peersOf(state, nowUnixMs),
    })
  }
  const { siteId, uplinks } = sources.placement
  return {
    facts: { nodeId: sources.nodeId, siteId, interfaces, uplinks, control: sources.control },
    nextExpiryUnixMs,
  }
}

/** Of a peer as long as it is the same object. */
const prefixes = new WeakMap<PeerState, readonly Cidr[]>()

function prefixesOf(peer: PeerState): readonly Cidr[] {
  const known = prefixes.get(peer)
  if (known) return known
  const found = new Set<Cidr>()
  for (const text of peer.settings.addresses) {
    const address = parseIp(text)
    if (address.ok) found.add(hostRoute(address.value))
  }
  for (const text of peer.settings.allowedIps) {
    const cidr = parseCidrLoosely(text)
    if (cidr.ok) found.add(cidr.value)
  }
  const made = [...found].sort()
  prefixes.set(peer, made)
  return made
}

/** Peers that are on the device; of two that claim one network the first has it, as on the device. */
function peersOf(state: InterfaceState, nowUnixMs: number): PeerFacts[] {
  const taken = new Set<Cidr>()
  const peers: PeerFacts[] = []
  for (const peer of state.peers.values()) {
    const { isEnabled, expiresAtUnixMs } = peer.settings
    if (!isEnabled || (expiresAtUnixMs > 0 && expiresAtUnixMs <= nowUnixMs)) continue
    const own = prefixesOf(peer).filter((cidr) => !taken.has(cidr))
    for (const cidr of own) taken.add(cidr)
    peers.push({ id: peer.id, prefixes: own })
  }
  return peers
}
