import type { ControlEndpoint, HostFacts, PeerFacts } from '@holdfast/policy'
import type { Host, InterfaceVersion, NodeVersion, PeerVersion } from './host.ts'

/** Newer states of nodes, interfaces and peers, each the last one of its thing. */
export interface Versions {
  readonly nodes: readonly NodeVersion[]
  readonly interfaces: readonly InterfaceVersion[]
  readonly peers: readonly PeerVersion[]
}

interface Built {
  readonly host: Host
  /** When it stops being true because a peer expires; Infinity for never. */
  readonly untilUnixMs: number
}

/**
 * The nodes of one organization with what is on them, folded from versions. Hosts it has given out never change;
 * one is made anew when something on it did, or when a peer's time has come.
 */
export class OrganizationTopology {
  readonly #organizationId: string
  readonly #control: readonly ControlEndpoint[]
  readonly #nodes = new Map<string, NodeVersion>()
  readonly #interfaces = new Map<string, InterfaceVersion>()
  readonly #interfacesOf = new Map<string, Set<string>>()
  readonly #peers = new Map<string, Map<string, PeerVersion>>()
  readonly #built = new Map<string, Built>()
  #peerCount = 0

  constructor(organizationId: string, control: readonly ControlEndpoint[]) {
    this.#organizationId = organizationId
    this.#control = control
  }

  /** What it costs to keep: things in memory. */
  get size(): number {
    return this.#nodes.size + this.#interfaces.size + this.#peerCount
  }

  apply({ nodes, interfaces, peers }: Versions): void {
    for (const node of nodes) {
      this.#built.delete(node.nodeId)
      if (node.isGone) this.#nodes.delete(node.nodeId)
      else this.#nodes.set(node.nodeId, node)
    }
    for (const one of interfaces) {
      this.#built.delete(one.nodeId)
      if (one.isGone || one.isReborn) this.#forgetInterface(one)
      if (!one.isGone) {
        this.#interfaces.set(one.interfaceId, one)
        of(this.#interfacesOf, one.nodeId, () => new Set()).add(one.interfaceId)
      }
    }
    for (const peer of peers) {
      const home = this.#interfaces.get(peer.interfaceId)
      if (!home) continue // its interface went, and took it along
      this.#built.delete(home.nodeId)
      const there = of(this.#peers, peer.interfaceId, () => new Map<string, PeerVersion>())
      this.#peerCount -= there.size
      if (peer.isGone) there.delete(peer.peerId)
      else there.set(peer.peerId, peer)
      this.#peerCount += there.size
    }
  }

  /** Every node, in order of its id. */
  hosts(nowUnixMs: number): readonly Host[] {
    return [...this.#nodes.keys()].sort().map((nodeId) => this.#host(nodeId, nowUnixMs))
  }

  #host(nodeId: string, nowUnixMs: number): Host {
    const known = this.#built.get(nodeId)
    if (known && nowUnixMs < known.untilUnixMs) return known.host
    const node = this.#nodes.get(nodeId)
    if (!node) throw new Error('only nodes that are there are asked for')
    const built = this.#build(node, nowUnixMs)
    this.#built.set(nodeId, built)
    return built.host
  }

  #build(node: NodeVersion, nowUnixMs: number): Built {
    let untilUnixMs = Number.POSITIVE_INFINITY
    const peers = new Map<string, { name: string; interfaceId: string }>()
    const interfaceNames = new Map<string, string>()
    const interfaces: HostFacts['interfaces'][number][] = []
    for (const interfaceId of [...(this.#interfacesOf.get(node.nodeId) ?? [])].sort()) {
      const one = this.#interfaces.get(interfaceId)
      if (!one?.isEnabled) continue
      const members: PeerFacts[] = []
      for (const peer of this.#peers.get(interfaceId)?.values() ?? []) {
        if (!peer.isEnabled) continue
        if (peer.expiresAtUnixMs > 0) {
          if (peer.expiresAtUnixMs <= nowUnixMs) continue
          untilUnixMs = Math.min(untilUnixMs, peer.expiresAtUnixMs)
        }
        peers.set(peer.peerId, { name: peer.name, interfaceId })
        members.push({ id: peer.peerId, prefixes: peer.prefixes })
      }
      members.sort((a, b) => (a.id < b.id ? -1 : 1))
      interfaceNames.set(interfaceId, one.name)
      const { name: device, listenPort, firewall } = one
      interfaces.push({ id: interfaceId, device, listenPort, firewall, peers: members })
    }
    const facts: HostFacts = {
      nodeId: node.nodeId,
      siteId: node.siteId,
      interfaces,
      uplinks: node.uplinks,
      control: this.#control,
    }
    const host: Host = {
      organizationId: this.#organizationId,
      name: node.name,
      facts,
      interfaceNames,
      peers,
    }
    return { host, untilUnixMs }
  }

  #forgetInterface({ interfaceId, nodeId }: InterfaceVersion): void {
    this.#interfaces.delete(interfaceId)
    this.#interfacesOf.get(nodeId)?.delete(interfaceId)
    this.#peerCount -= this.#peers.get(interfaceId)?.size ?? 0
    this.#peers.delete(interfaceId)
  }
}

function of<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
