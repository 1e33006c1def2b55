import { Counter, Gauge, Histogram, type Registry } from '@holdfast/telemetry'
import type { MapFigures } from '../firewall/backend.ts'
import type { PacketTotal } from '../firewall/packet-totals.ts'
import type { FlowFigures } from '../firewall/protocol.ts'
import type { FirewallStatus } from '../firewall/status.ts'
import { growing } from './growing.ts'

export interface FirewallMetrics {
  status(status: FirewallStatus): void
  flows(figures: FlowFigures): void
  packets(packets: readonly PacketTotal[]): void
  maps(maps: readonly MapFigures[]): void
}

const buckets = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** Nothing a rule: their number is not ours to bound. */
export function firewallMetrics(registry: Registry): FirewallMetrics {
  const registers = [registry]
  let last: FirewallStatus | undefined
  const gauge = (name: string, help: string, value: (status: FirewallStatus) => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        if (last) this.set(value(last))
      },
    })
  }
  gauge('holdfast_firewall_enforced', '1 when read back and equal to what was asked for', (s) =>
    s.isEnforced ? 1 : 0,
  )
  gauge('holdfast_firewall_rules', 'Rules in force on this host', (s) => s.rules)
  gauge(
    'holdfast_firewall_tuples',
    'Pairs of prefix lengths in the policy',
    (s) => s.figures.tuples,
  )
  gauge(
    'holdfast_firewall_longest_probe',
    'Slots looked at for one tuple, at most',
    (s) => s.figures.longestProbe,
  )
  gauge('holdfast_firewall_blob_bytes', 'Of the compiled policy', (s) => s.figures.blobBytes)
  gauge(
    'holdfast_firewall_proven_timestamp_seconds',
    'When the kernel was last read back',
    (s) => s.provenAtUnixMs / 1000,
  )
  const decided = growing({
    registry,
    name: 'holdfast_firewall_packets_total',
    help: 'Packets a rule decided, by direction and verdict',
    labelNames: ['direction', 'verdict'],
  })
  const undecided = growing({
    registry,
    name: 'holdfast_firewall_undecided_packets_total',
    help: 'Packets no rule decided, by device and reason',
    labelNames: ['device', 'reason'],
  })
  const ofMap = (name: string, help: string): Gauge<'map'> =>
    new Gauge({ name, help, labelNames: ['map'] as const, registers })
  const entries = ofMap(
    'holdfast_bpf_map_entries',
    'Entries of a map of the firewall in the kernel',
  )
  const maxEntries = ofMap('holdfast_bpf_map_max_entries', 'Entries such a map has room for')
  const total = (name: string, help: string): Counter => new Counter({ name, help, registers })
  const drift = total('holdfast_firewall_drift_total', 'Foreign changes found')
  const repaired = total('holdfast_firewall_drift_repaired_total', 'Foreign changes undone')
  const flows = total('holdfast_firewall_flows_total', 'Flow records sent')
  const lostFlows = total('holdfast_firewall_lost_flows_total', 'Flow records without room')
  const lostPackets = total(
    'holdfast_firewall_lost_flow_packets_total',
    'Packets that no flow record counts',
  )
  const seconds = (name: string, help: string): Histogram =>
    new Histogram({ name, help, buckets, registers })
  const build = seconds('holdfast_firewall_build_seconds', 'Compiling a policy')
  const swap = seconds('holdfast_firewall_swap_seconds', 'Bringing a compiled policy into force')
  const change = seconds(
    'holdfast_firewall_change_seconds',
    'From the arrival of a change to the proof that it is enforced',
  )

  return {
    status(status) {
      const before = last
      last = status
      for (const { device, drops } of status.devices) {
        const { defaults, fragments, unparsable } = drops
        for (const [reason, now] of Object.entries({ default: defaults, fragments, unparsable })) {
          undecided.is({ device, reason }, now)
        }
      }
      // The counts begin anew with the firewall's thread.
      drift.inc(Math.max(0, status.driftFound - (before?.driftFound ?? 0)))
      repaired.inc(Math.max(0, status.driftRepaired - (before?.driftRepaired ?? 0)))
      if (before?.figures !== undefined && sameChange(before, status)) return
      build.observe(status.figures.buildMs / 1000)
      swap.observe(status.figures.swapMs / 1000)
      change.observe(status.changeMs / 1000)
    },
    packets(packets) {
      for (const { direction, verdict, packets: now } of packets) {
        decided.is({ direction, verdict }, now)
      }
    },
    maps(maps) {
      entries.reset()
      maxEntries.reset()
      for (const map of maps) {
        entries.set({ map: map.name }, map.entries)
        maxEntries.set({ map: map.name }, map.maxEntries)
      }
    },
    flows(figures) {
      flows.inc(figures.flows)
      lostFlows.inc(figures.lostFlows)
      lostPackets.inc(figures.lostPackets)
    },
  }
}

/** No other policy was brought into force in between. */
const sameChange = (a: FirewallStatus, b: FirewallStatus): boolean =>
  Buffer.compare(a.policyVersion ?? new Uint8Array(), b.policyVersion ?? new Uint8Array()) === 0
