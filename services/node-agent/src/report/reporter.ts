import { holdfast } from '@holdfast/proto'
import type { Logger } from '@holdfast/telemetry'
import type { InterfaceStatus } from '../reconcile/interface-reconciler.ts'
import type { ObservedPeer } from '../reconcile/observed.ts'
import type { SavedState } from '../state/saved-state.ts'

const { NodeReport } = holdfast.agent.v1
type PeerReport = holdfast.agent.v1.PeerReport.$Properties
type InterfaceReport = holdfast.agent.v1.InterfaceReport.$Properties
type FirewallReport = holdfast.agent.v1.FirewallReport.$Properties

export interface ReporterOptions {
  readonly nodeId: string
  readonly agentVersion: string
  /** Of this start of the agent. */
  readonly instanceId: string
  readonly saved: SavedState
  readonly statuses: () => readonly InterfaceStatus[]
  /** Undefined until the firewall has said something. */
  readonly firewall: () => FirewallReport | undefined
  /** Sends one message; false when nobody is connected. */
  readonly send: (report: Uint8Array) => boolean
  readonly now: () => number
  readonly log: Logger
}

/** Tells the control plane what is enforced, and the figures of the peers. */
export interface Reporter {
  /** A pass has ended: sends at once what is new, apart from byte counts. */
  passed(status: InterfaceStatus): void
  /** What the firewall enforces has changed: sends it at once. */
  firewallChanged(): void
  /** Sends every interface with the figures that changed, or all of them. */
  tell(isFull: boolean): Promise<void>
}

/** Peers in one message; some 90 bytes each, so a message stays far below what NATS takes. */
const peersAtOnce = 1_000
const maxErrorCharacters = 500

export function reporter(options: ReporterOptions): Reporter {
  const { saved, now } = options
  /** What was told of each peer, by interface and public key. */
  const told = new Map<string, Map<string, ObservedPeer>>()
  const lastNews = new Map<string, string>()
  const enforcedRevisions = new Map<string, bigint>()
  let isFullDue = true
  let toldFirewall = ''

  function send(interfaces: readonly InterfaceReport[], firewall?: FirewallReport): boolean {
    const report = NodeReport.encode({
      nodeId: options.nodeId,
      agentVersion: options.agentVersion,
      sentAtUnixMs: now(),
      appliedSequence: Number(appliedSequence()),
      instanceId: options.instanceId,
      interfaces: [...interfaces],
      firewall: firewall ?? null,
    }).finish()
    const isSent = options.send(report)
    if (!isSent) isFullDue = true
    return isSent
  }

  /** The sequence every interface has reached; one that lags or fails holds it back. */
  function appliedSequence(): bigint {
    let reached = saved.state.sequence
    for (const { id, revision } of saved.state.interfaces.values()) {
      const enforced = enforcedRevisions.get(id) ?? 0n
      if (enforced < revision && enforced < reached) reached = enforced
    }
    return reached
  }

  function note(status: InterfaceStatus): void {
    if (status.isEnforced) enforcedRevisions.set(status.interfaceId, status.revision)
  }

  async function savingTrouble(): Promise<string> {
    try {
      await saved.settled()
      return ''
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return `the desired state cannot be saved: ${reason}`
    }
  }

  const base = (status: InterfaceStatus, trouble: string): InterfaceReport => ({
    interfaceId: status.interfaceId,
    appliedSequence: Number(status.revision),
    isEnforced: status.isEnforced,
    error: [status.error, trouble].filter(Boolean).join('; ').slice(0, maxErrorCharacters),
    driver: status.driver ?? '',
    desiredHash: status.desiredHash,
    observedHash: status.observedHash,
    driftRepaired: status.driftRepaired,
  })

  /** Peers to tell of; what is told is remembered by `remember`. */
  function changedPeers(
    { interfaceId, observed }: InterfaceStatus,
    isChanged: (peer: ObservedPeer, before: ObservedPeer | undefined) => boolean,
  ): ObservedPeer[] {
    const before = told.get(interfaceId)
    return [...(observed?.peers.values() ?? [])].filter((peer) =>
      isChanged(peer, before?.get(peer.publicKey)),
    )
  }

  function remember(status: InterfaceStatus, peers: readonly ObservedPeer[]): void {
    const known = told.get(status.interfaceId) ?? new Map<string, ObservedPeer>()
    for (const peer of peers) known.set(peer.publicKey, peer)
    for (const key of known.keys()) if (!status.observed?.peers.has(key)) known.delete(key)
    told.set(status.interfaceId, known)
  }

  async function tellOne(
    status: InterfaceStatus,
    peers: readonly ObservedPeer[],
    isFull: boolean,
    trouble: string,
  ): Promise<void> {
    for (let i = 0; i === 0 || i < peers.length; i += peersAtOnce) {
      const some = peers.slice(i, i + peersAtOnce)
      const report = { ...base(status, trouble), isFull, peers: some.map(peerReport) }
      if (!send([report])) return
      remember(status, some)
    }
  }

  async function passed(status: InterfaceStatus): Promise<void> {
    note(status)
    const news = JSON.stringify([
      String(status.revision),
      status.isEnforced,
      status.error,
      status.driftRepaired,
      Buffer.from(status.observedHash).toString('base64'),
    ])
    const peers = changedPeers(status, isHandshakeNews)
    if (news === lastNews.get(status.interfaceId) && peers.length === 0) return
    lastNews.set(status.interfaceId, news)
    await tellOne(status, peers, false, status.isEnforced ? await savingTrouble() : '')
  }

  /** In a message of its own: with all its troubles it is as large as many peers. */
  function tellFirewall(isAll: boolean): boolean {
    const firewall = options.firewall()
    if (!firewall) return false
    const news = JSON.stringify(firewall)
    if (!isAll && news === toldFirewall) return false
    const isSent = send([], firewall)
    toldFirewall = isSent ? news : ''
    return isSent
  }

  return {
    firewallChanged() {
      tellFirewall(false)
    },
    passed(status) {
      passed(status).catch((error: unknown) => {
        options.log.warn({ err: error }, 'a report was not sent')
      })
    },
    async tell(isFull) {
      const trouble = await savingTrouble()
      const isAll = isFull || isFullDue
      isFullDue = false
      const statuses = options.statuses()
      const isFirewallTold = tellFirewall(isAll)
      if (statuses.length === 0 && !isFirewallTold) send([]) // still a sign of life
      for (const status of statuses) {
        note(status)
        const peers = changedPeers(status, isAll ? () => true : isFigureNews)
        await tellOne(status, peers, isAll, trouble)
      }
      const current = new Set(statuses.map(({ interfaceId }) => interfaceId))
      for (const map of [told, lastNews, enforcedRevisions]) {
        for (const id of map.keys()) if (!current.has(id)) map.delete(id)
      }
    },
  }
}

const isHandshakeNews = (peer: ObservedPeer, before: ObservedPeer | undefined): boolean =>
  peer.latestHandshakeUnixMs !== (before?.latestHandshakeUnixMs ?? 0)

const isFigureNews = (peer: ObservedPeer, before: ObservedPeer | undefined): boolean =>
  isHandshakeNews(peer, before) ||
  peer.rxBytes !== (before?.rxBytes ?? 0) ||
  peer.txBytes !== (before?.txBytes ?? 0) ||
  peer.endpoint !== before?.endpoint

const peerReport = (peer: ObservedPeer): PeerReport => ({
  publicKey: Buffer.from(peer.publicKey, 'base64'),
  latestHandshakeUnixMs: peer.latestHandshakeUnixMs,
  rxBytes: peer.rxBytes,
  txBytes: peer.txBytes,
  endpoint: peer.endpoint ?? '',
})
