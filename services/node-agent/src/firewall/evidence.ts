import type { HostFacts, Policy } from '@holdfast/policy'
import { holdfast } from '@holdfast/proto'
import type { Backend, Flow, FlowVerdict, Hits } from './backend.ts'
import { hitLedger } from './hit-ledger.ts'
import { type PacketTotal, packetTotals } from './packet-totals.ts'
import { type PeerLookup, peerLookup } from './peer-lookup.ts'
import type { FlowFigures } from './protocol.ts'

const { CounterReport, FlowBatch, FlowDirection, FlowVerdict: verdictNumbers } = holdfast.agent.v1
type FlowRecord = holdfast.agent.v1.FlowRecord.$Properties

export interface EvidenceOptions {
  readonly backend: Backend
  readonly nodeId: string
  readonly instanceId: string
  readonly flowsPerSecond: number
  readonly facts: () => HostFacts | undefined
  /** What is in the kernel now. */
  readonly policy: () => { readonly policy: Policy; readonly version: Uint8Array } | undefined
  readonly now: () => number
}

/** Turns what the kernel counted and recorded into telemetry. Called on a timer; what it costs is bounded. */
export interface Evidence {
  /** Totals of the rules whose figures changed since the last call; from the first call on. */
  counters(): Uint8Array[]
  /** As of the last call of `counters`. */
  packets(): readonly PacketTotal[]
  /** Nothing when nothing was recorded or lost. */
  flows(): readonly { readonly batch: Uint8Array; readonly figures: FlowFigures }[]
  /** What was made and could not be sent counts as lost. */
  unsent(flows: number, packets: number): void
}

/** A message stays well below what NATS takes: some 150 bytes a record. */
const recordsAtOnce = 2_000
const countersAtOnce = 5_000

const verdicts: Readonly<Record<FlowVerdict, holdfast.agent.v1.FlowVerdict>> = {
  pass: verdictNumbers.FLOW_VERDICT_PASS,
  drop: verdictNumbers.FLOW_VERDICT_DROP,
  limited: verdictNumbers.FLOW_VERDICT_LIMITED,
  'default-drop': verdictNumbers.FLOW_VERDICT_DEFAULT_DROP,
  unparsable: verdictNumbers.FLOW_VERDICT_UNPARSABLE,
}

export function evidence(options: EvidenceOptions): Evidence {
  const { backend, nodeId, instanceId, now } = options
  const ledger = hitLedger()
  const packets = packetTotals()
  let number = 0
  let lostFlows = 0
  let lostPackets = 0
  let lookup: { readonly facts: HostFacts; readonly of: PeerLookup } | undefined

  function peers(): PeerLookup | undefined {
    const facts = options.facts()
    if (!facts) return undefined
    if (lookup?.facts !== facts) lookup = { facts, of: peerLookup(facts) }
    return lookup.of
  }

  function batchOf(
    policyVersion: Uint8Array | undefined,
    flows: readonly Flow[],
  ): { batch: Uint8Array; figures: FlowFigures } {
    const whose = peers()
    const lost = { lostFlows, lostPackets }
    lostFlows = 0
    lostPackets = 0
    const batch = FlowBatch.encode({
      nodeId,
      instanceId,
      number: ++number,
      sentAtUnixMs: now(),
      policyVersion: policyVersion ?? options.policy()?.version ?? null,
      flows: flows.map((flow) => recordOf(flow, whose)),
      ...lost,
    }).finish()
    const packets = flows.reduce((sum, flow) => sum + flow.packets, 0)
    return { batch, figures: { flows: flows.length, packets, ...lost } }
  }

  return {
    counters() {
      const changed = ledger.take(backend.hits())
      packets.take(changed, options.policy()?.policy)
      const reports: Uint8Array[] = []
      for (let at = 0; at < changed.length; at += countersAtOnce) {
        reports.push(
          CounterReport.encode({
            nodeId,
            instanceId,
            sentAtUnixMs: now(),
            counters: changed.slice(at, at + countersAtOnce).map(counterOf),
          }).finish(),
        )
      }
      return reports
    },
    packets: packets.totals,
    flows() {
      const drained = backend.drainFlows(options.flowsPerSecond)
      lostFlows += drained.lostFlows
      lostPackets += drained.lostPackets
      const batches: { batch: Uint8Array; figures: FlowFigures }[] = []
      for (const { version, flows } of byVersion(drained.flows)) {
        for (let at = 0; at < flows.length; at += recordsAtOnce) {
          batches.push(batchOf(version, flows.slice(at, at + recordsAtOnce)))
        }
      }
      if (batches.length === 0 && lostFlows + lostPackets > 0) batches.push(batchOf(undefined, []))
      return batches
    },
    unsent(flows, packets) {
      lostFlows += flows
      lostPackets += packets
    },
  }
}

/** A batch speaks of one policy. */
function byVersion(
  flows: readonly Flow[],
): readonly { version: Uint8Array | undefined; flows: readonly Flow[] }[] {
  const groups = new Map<Uint8Array | undefined, Flow[]>()
  for (const flow of flows) {
    const group = groups.get(flow.policyVersion)
    if (group) group.push(flow)
    else groups.set(flow.policyVersion, [flow])
  }
  return [...groups].map(([version, group]) => ({ version, flows: group }))
}

function recordOf(flow: Flow, whose: PeerLookup | undefined): FlowRecord {
  const { device, direction, source, destination } = flow
  const remote = direction === 'ingress' ? source : destination
  return {
    firstUnixMs: flow.firstUnixMs,
    lastUnixMs: flow.lastUnixMs,
    ruleId: uuidBytes(flow.ruleId),
    verdict: verdicts[flow.verdict],
    direction: directionNumber(direction),
    source,
    destination,
    protocol: flow.protocol,
    sourcePort: flow.sourcePort,
    destinationPort: flow.destinationPort,
    packets: flow.packets,
    bytes: flow.bytes,
    device,
    interfaceId: uuidBytes(whose?.interfaceIdOf(device) ?? ''),
    peerId: uuidBytes(remote.length > 0 ? (whose?.peerOf(device, remote) ?? '') : ''),
  }
}

const counterOf = (hits: Hits): holdfast.agent.v1.RuleCounter.$Properties => ({
  ruleId: uuidBytes(hits.ruleId),
  direction: directionNumber(hits.direction),
  packets: hits.packets,
  bytes: hits.bytes,
  limitedPackets: hits.limitedPackets,
})

const directionNumber = (direction: Hits['direction']): holdfast.agent.v1.FlowDirection =>
  direction === 'ingress'
    ? FlowDirection.FLOW_DIRECTION_INGRESS
    : FlowDirection.FLOW_DIRECTION_EGRESS

const nothing = new Uint8Array()
const knownUuids = new Map<string, Uint8Array>()
const maxKnownUuids = 200_000

/** 16 bytes, or none for an empty text. The same few come again and again. */
function uuidBytes(uuid: string): Uint8Array {
  if (uuid === '') return nothing
  const known = knownUuids.get(uuid)
  if (known) return known
  if (knownUuids.size >= maxKnownUuids) knownUuids.clear()
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex')
  knownUuids.set(uuid, bytes)
  return bytes
}
