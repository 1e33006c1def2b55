import { Counter, Gauge, Histogram, type Registry } from '@holdfast/telemetry'
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
  readonly now: () => number
}

/** Answers what counts a pass. Figures of devices and peers are read when somebody asks. */
export function agentMetrics(
  options: MetricsOptions,
): (status: InterfaceStatus, pass: PassFigures) => void {
  const registers = [options.registry]
  const seconds = new Histogram({
    name: 'holdfast_reconcile_seconds',
    help: 'From the start of a pass over one interface to its end, read back',
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  const passes = new Counter({
    name: 'holdfast_reconcile_passes_total',
    help: 'Passes over an interface, by how they ended',
    labelNames: ['result'],
    registers,
  })
  const drift = new Counter({
    name: 'holdfast_drift_repaired_total',
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
  deviceMetrics(options)
  peerMetrics(options)

  return (status, pass) => {
    seconds.observe(pass.durationMs / 1000)
    passes.inc({ result: status.error === '' ? 'enforced' : 'failed' })
    if (pass.drift > 0) drift.inc(pass.drift)
  }
}

function deviceMetrics({ registry, statuses, stateOf }: MetricsOptions): void {
  const gauge = (name: string, help: string, value: (status: InterfaceStatus) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['device'],
      registers: [registry],
      collect() {
        this.reset()
        for (const status of statuses()) {
          const device = stateOf(status.interfaceId)?.settings.device
          if (device) this.set({ device }, value(status))
        }
      },
    })
  const sum = (status: InterfaceStatus, field: 'rxBytes' | 'txBytes'): number => {
    let total = 0
    for (const peer of status.observed?.peers.values() ?? []) total += peer[field]
    return total
  }
  gauge('holdfast_interface_enforced', '1 when read back and equal to what was asked for', (s) =>
    s.isEnforced ? 1 : 0,
  )
  gauge('holdfast_interface_peers', 'Peers on the device', (s) => s.observed?.peers.size ?? 0)
  gauge('holdfast_interface_receive_bytes', 'Received from the present peers', (s) =>
    sum(s, 'rxBytes'),
  )
  gauge('holdfast_interface_transmit_bytes', 'Sent to the present peers', (s) => sum(s, 'txBytes'))
}

/** Names of peers are labels, so their number is capped: a scrape must not grow with the network. */
function peerMetrics({ registry, statuses, stateOf, maxPeers, now }: MetricsOptions): void {
  // Registered before the gauges it fills: they are read in that order.
  new Gauge({
    name: 'holdfast_peers_without_metrics',
    help: 'Peers beyond HOLDFAST_AGENT_METRICS_PEERS',
    registers: [registry],
    collect() {
      for (const each of [receive, transmit, age]) each.reset()
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
          const labels = { device: observed.device, peer: id, name: settings.name }
          receive.set(labels, peer.rxBytes)
          transmit.set(labels, peer.txBytes)
          if (peer.latestHandshakeUnixMs > 0) {
            age.set(labels, Math.max(0, (now() - peer.latestHandshakeUnixMs) / 1000))
          }
        }
      }
      this.set(left)
    },
  })
  const gauge = (name: string, help: string): Gauge =>
    new Gauge({ name, help, labelNames: ['device', 'peer', 'name'], registers: [registry] })
  const receive = gauge('holdfast_peer_receive_bytes', 'Received from a peer')
  const transmit = gauge('holdfast_peer_transmit_bytes', 'Sent to a peer')
  const age = gauge(
    'holdfast_peer_handshake_age_seconds',
    'Since the latest handshake; absent when there was none',
  )
}
