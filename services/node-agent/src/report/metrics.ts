import { Counter, Gauge, Histogram, type Registry } from '@holdfast/telemetry'
import { grown } from '../firewall/drop-ledger.ts'
import type { InterfaceState } from '../follow/node-state.ts'
import type { InterfaceStatus, PassFigures } from '../reconcile/interface-reconciler.ts'

export interface MetricsOptions {
  readonly registry: Registry
  readonly statuses: () => readonly InterfaceStatus[]
  readonly stateOf: (interfaceId: string) => InterfaceState | undefined
  readonly isFollowing: () => boolean
  readonly sequence: () => bigint
  /** Peers with lines of their own, over all interfaces. */
  readonly maxPeers: number
}

/** Answers what counts a pass. Figures of devices and peers are read when somebody asks. */
export function agentMetrics(
  options: MetricsOptions,
): (status: InterfaceStatus, pass: PassFigures) => void {
  const registers = [options.registry]
  const seconds = new Histogram({
    name: 'holdfast_agent_reconcile_seconds',
    help: 'From the start of a pass over one interface to its end, read back',
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  const passes = new Counter({
    name: 'holdfast_agent_reconcile_passes_total',
    help: 'Passes over an interface, by how they ended',
    labelNames: ['result'],
    registers,
  })
  const drift = new Counter({
    name: 'holdfast_agent_drift_repaired_total',
    help: 'Foreign changes undone',
    registers,
  })
  new Gauge({
    name: 'holdfast_agent_following',
    help: '1 while the log is followed; what is saved is enforced either way',
    registers,
    collect() {
      this.set(options.isFollowing() ? 1 : 0)
    },
  })
  new Gauge({
    name: 'holdfast_agent_sequence',
    help: 'The last commit of this node that was taken in',
    registers,
    collect() {
      this.set(Number(options.sequence()))
    },
  })
  interfaceMetrics(options)
  peerMetrics(options)

  return (status, pass) => {
    seconds.observe(pass.durationMs / 1000)
    passes.inc({ result: status.error === '' ? 'enforced' : 'failed' })
    if (pass.drift > 0) drift.inc(pass.drift)
  }
}

function interfaceMetrics({ registry, statuses, stateOf }: MetricsOptions): void {
  const perInterface = (
    kind: 'gauge' | 'counter',
    name: string,
    help: string,
    value: (status: InterfaceStatus) => number,
  ): void => {
    const collect = (set: (labels: { interface: string }, value: number) => void): void => {
      for (const status of statuses()) {
        const device = stateOf(status.interfaceId)?.settings.device
        if (device) set({ interface: device }, value(status))
      }
    }
    const about = { name, help, labelNames: ['interface'] as const, registers: [registry] }
    if (kind === 'gauge') {
      new Gauge({
        ...about,
        collect() {
          this.reset()
          collect((labels, now) => this.set(labels, now))
        },
      })
    } else {
      new Counter({
        ...about,
        collect() {
          this.reset()
          collect((labels, now) => this.inc(labels, now))
        },
      })
    }
  }
  // What peers that went away had passed is not taken back: their last figures stay in the sum.
  const sums = trafficSums()
  perInterface(
    'gauge',
    'holdfast_wireguard_interface_enforced',
    '1 when read back and equal to what was asked for',
    (status) => (status.isEnforced ? 1 : 0),
  )
  perInterface(
    'gauge',
    'holdfast_wireguard_interface_peers',
    'Peers on the interface',
    (status) => status.observed?.peers.size ?? 0,
  )
  perInterface(
    'counter',
    'holdfast_wireguard_interface_receive_bytes_total',
    'Received from peers since the agent started to look',
    (status) => sums(status).receive,
  )
  perInterface(
    'counter',
    'holdfast_wireguard_interface_transmit_bytes_total',
    'Sent to peers since the agent started to look',
    (status) => sums(status).transmit,
  )
}

interface Traffic {
  readonly rxBytes: number
  readonly txBytes: number
}

/** Bytes of an interface that only grow, whatever becomes of its peers. */
function trafficSums(): (status: InterfaceStatus) => { receive: number; transmit: number } {
  const known = new Map<
    string,
    { peers: ReadonlyMap<string, Traffic>; receive: number; transmit: number }
  >()
  return ({ interfaceId, observed }) => {
    const before = known.get(interfaceId)
    const peers = observed?.peers
    if (!peers || before?.peers === peers) return before ?? { receive: 0, transmit: 0 }
    let receive = before?.receive ?? 0
    let transmit = before?.transmit ?? 0
    for (const [key, now] of peers) {
      const last = before?.peers.get(key)
      receive += grown(now.rxBytes, last?.rxBytes ?? 0)
      transmit += grown(now.txBytes, last?.txBytes ?? 0)
    }
    const sum = { peers, receive, transmit }
    known.set(interfaceId, sum)
    return sum
  }
}

/** Names of peers are labels, so their number is capped: a scrape must not grow with the network. */
function peerMetrics({ registry, statuses, stateOf, maxPeers }: MetricsOptions): void {
  // Registered before those it fills: they are read in that order.
  new Gauge({
    name: 'holdfast_wireguard_peers_without_metrics',
    help: 'Peers beyond HOLDFAST_AGENT_METRICS_PEERS, which count in the sums only',
    registers: [registry],
    collect() {
      for (const each of [receive, transmit, handshake]) each.reset()
      let room = maxPeers
      let left = 0
      for (const { interfaceId, observed } of statuses()) {
        const state = stateOf(interfaceId)
        if (!observed || !state) continue
        for (const { id, settings, publicKey } of state.peers.values()) {
          const key = Buffer.from(publicKey).toString('base64')
          const peer = observed.peers.get(key)
          if (!peer) continue
          if (room === 0) {
            left++
            continue
          }
          room--
          const labels = { interface: observed.device, peer: id, name: settings.name }
          receive.inc(labels, peer.rxBytes)
          transmit.inc(labels, peer.txBytes)
          handshake.set(labels, peer.latestHandshakeUnixMs / 1000)
        }
      }
      this.set(left)
    },
  })
  const about = (name: string, help: string) => ({
    name,
    help,
    labelNames: ['interface', 'peer', 'name'] as const,
    registers: [registry],
  })
  const receive = new Counter(
    about('holdfast_wireguard_peer_receive_bytes_total', 'Received from a peer'),
  )
  const transmit = new Counter(
    about('holdfast_wireguard_peer_transmit_bytes_total', 'Sent to a peer'),
  )
  const handshake = new Gauge(
    about(
      'holdfast_wireguard_peer_last_handshake_timestamp_seconds',
      'When the latest handshake was; 0 before the first',
    ),
  )
}
