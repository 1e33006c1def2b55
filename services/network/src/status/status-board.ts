import { holdfast } from '@holdfast/proto'
import { cut, type FirewallReport, takeFirewallReport, whole } from './firewall-report.ts'

/** What a host saw of a peer. Times in ms since 1970, 0 for never. */
export interface PeerFigures {
  readonly latestHandshakeUnixMs: number
  readonly rxBytes: number
  readonly txBytes: number
  /** Empty when the host knows none. */
  readonly endpoint: string
}

/** What a host says about an interface. */
export interface InterfaceFigures {
  /** Revision of the aggregate it speaks of. */
  readonly appliedSequence: number
  readonly isEnforced: boolean
  /** Empty unless the last attempt failed. */
  readonly error: string
  readonly driver: string
  readonly driftRepaired: number
  readonly reportedAtUnixMs: number
}

export interface NodeFigures {
  readonly lastSeenUnixMs: number
  readonly agentVersion: string
  /** The log sequence the host has applied. */
  readonly appliedSequence: number
  /** Start of the agent that said so. */
  readonly instanceId: string
  /** Undefined when this agent never spoke of one. */
  readonly firewall: FirewallReport | undefined
}

/** Reports come every ten seconds; three missed ones and a bit. */
export const onlineForMs = 35_000

/** A host that reports more peers than this is not believed. */
const maxPeersOfInterface = 200_000

export interface PeerKey {
  readonly nodeId: string
  readonly interfaceId: string
  readonly publicKey: string
}
const peerKey = ({ nodeId, interfaceId, publicKey }: PeerKey): string =>
  `${nodeId}/${interfaceId}/${publicKey}`

/**
 * The last word of every host, in memory. Telemetry: never in the log. Everything is filed under the node
 * that said it, so a host can say nothing about another's interfaces.
 */
export class StatusBoard {
  private readonly nodes = new Map<string, NodeFigures>()
  private readonly interfaces = new Map<string, InterfaceFigures>()
  private readonly peers = new Map<string, PeerFigures>()
  private readonly peersOfInterface = new Map<string, number>()
  /** Start of the agent the figures are from, and when it sent the newest. */
  private readonly senders = new Map<string, { instanceId: string; sentAtUnixMs: number }>()
  private dirty = {
    nodes: new Set<string>(),
    interfaces: new Set<string>(),
    peers: new Set<string>(),
  }

  /** Takes a report in; `now` is our own clock. Whatever is malformed or outdated is passed over. */
  take(nodeId: string, data: Uint8Array, now: number): void {
    const report = readReport(data)
    if (report?.nodeId !== nodeId) return
    const sender = this.senders.get(nodeId)
    const isOutdated =
      sender?.instanceId === report.instanceId && sender.sentAtUnixMs > report.sentAtUnixMs
    if (isOutdated) return
    const { instanceId, sentAtUnixMs } = report
    this.senders.set(nodeId, { instanceId, sentAtUnixMs })
    this.putNode(nodeId, {
      lastSeenUnixMs: now,
      agentVersion: cut(report.agentVersion),
      appliedSequence: whole(report.appliedSequence),
      instanceId: cut(instanceId),
      firewall: this.firewallAfter(nodeId, report),
    })
    this.dirty.nodes.add(nodeId)
    for (const properties of report.interfaces) {
      const m = new holdfast.agent.v1.InterfaceReport(properties)
      const key = `${nodeId}/${m.interfaceId}`
      this.interfaces.set(key, {
        appliedSequence: whole(m.appliedSequence),
        isEnforced: m.isEnforced,
        error: cut(m.error),
        driver: cut(m.driver),
        driftRepaired: m.driftRepaired,
        reportedAtUnixMs: now,
      })
      this.dirty.interfaces.add(key)
      for (const peer of m.peers) this.takePeer(nodeId, m.interfaceId, peer)
    }
  }

  /** A report in which nothing of it changed leaves it out; one of a new start that leaves it out knows of none. */
  private firewallAfter(
    nodeId: string,
    { instanceId, firewall }: holdfast.agent.v1.NodeReport,
  ): FirewallReport | undefined {
    if (firewall) return takeFirewallReport(firewall)
    const before = this.nodes.get(nodeId)
    return before?.instanceId === cut(instanceId) ? before.firewall : undefined
  }

  private takePeer(
    nodeId: string,
    interfaceId: string,
    properties: holdfast.agent.v1.PeerReport.$Properties,
  ): void {
    const m = new holdfast.agent.v1.PeerReport(properties)
    if (m.publicKey.length !== 32) return
    const publicKey = Buffer.from(m.publicKey).toString('base64')
    const key = peerKey({ nodeId, interfaceId, publicKey })
    const before = this.peers.get(key)
    const isKnown = this.putPeer(key, `${nodeId}/${interfaceId}`, {
      // A kernel that was set up again has forgotten a handshake that did happen.
      latestHandshakeUnixMs: Math.max(
        whole(m.latestHandshakeUnixMs),
        before?.latestHandshakeUnixMs ?? 0,
      ),
      rxBytes: whole(m.rxBytes),
      txBytes: whole(m.txBytes),
      endpoint: cut(m.endpoint) || (before?.endpoint ?? ''),
    })
    if (isKnown) this.dirty.peers.add(key)
  }

  node(nodeId: string): NodeFigures | undefined {
    return this.nodes.get(nodeId)
  }
  interface(nodeId: string, interfaceId: string): InterfaceFigures | undefined {
    return this.interfaces.get(`${nodeId}/${interfaceId}`)
  }
  peer(key: PeerKey): PeerFigures | undefined {
    return this.peers.get(peerKey(key))
  }

  /** What changed since the last call, for writing down. */
  takeDirty(): {
    readonly nodes: readonly (readonly [string, NodeFigures])[]
    readonly interfaces: readonly (readonly [string, InterfaceFigures])[]
    readonly peers: readonly (readonly [string, PeerFigures])[]
  } {
    const { nodes, interfaces, peers } = this.dirty
    this.dirty = { nodes: new Set(), interfaces: new Set(), peers: new Set() }
    return {
      nodes: pick(this.nodes, nodes),
      interfaces: pick(this.interfaces, interfaces),
      peers: pick(this.peers, peers),
    }
  }

  /** Those could not be written: the next call of `takeDirty` names them again. */
  returnDirty({ nodes, interfaces, peers }: ReturnType<StatusBoard['takeDirty']>): void {
    for (const [key] of nodes) this.dirty.nodes.add(key)
    for (const [key] of interfaces) this.dirty.interfaces.add(key)
    for (const [key] of peers) this.dirty.peers.add(key)
  }

  /** From what was written down before a restart. */
  putNode(nodeId: string, figures: NodeFigures): void {
    this.nodes.set(nodeId, figures)
  }
  putInterface(nodeId: string, interfaceId: string, figures: InterfaceFigures): void {
    this.interfaces.set(`${nodeId}/${interfaceId}`, figures)
  }
  restorePeer(key: PeerKey, figures: PeerFigures): void {
    this.putPeer(peerKey(key), `${key.nodeId}/${key.interfaceId}`, figures)
  }
  forgetPeer(key: PeerKey): void {
    if (!this.peers.delete(peerKey(key))) return
    const of = `${key.nodeId}/${key.interfaceId}`
    this.peersOfInterface.set(of, (this.peersOfInterface.get(of) ?? 1) - 1)
  }

  /** False when the interface has more than it can have. */
  private putPeer(key: string, of: string, figures: PeerFigures): boolean {
    if (!this.peers.has(key)) {
      const count = this.peersOfInterface.get(of) ?? 0
      if (count >= maxPeersOfInterface) return false
      this.peersOfInterface.set(of, count + 1)
    }
    this.peers.set(key, figures)
    return true
  }
}

const pick = <T>(from: ReadonlyMap<string, T>, keys: ReadonlySet<string>): [string, T][] =>
  [...keys].flatMap((key) => {
    const found = from.get(key)
    return found === undefined ? [] : [[key, found]]
  })

function readReport(data: Uint8Array): holdfast.agent.v1.NodeReport | undefined {
  try {
    return holdfast.agent.v1.NodeReport.decode(data)
  } catch {
    return undefined // not a report; a host may send what it likes
  }
}
