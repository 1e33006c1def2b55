import { uuidToBytes } from '@holdfast/domain'
import { type IpAddress, ipNumber } from '@holdfast/net'
import type { holdfast } from '@holdfast/proto'
import { directions, protocolNumber, verdicts } from '../domain/flow.ts'
import type { FlowRow } from '../queries/flows.ts'
import type { SummaryRow } from '../queries/summaries.ts'

type FlowMessage = holdfast.audit.v1.Flow.$Properties
type RecordMessage = holdfast.agent.v1.FlowRecord.$Properties

export function printFlow(row: FlowRow): FlowMessage {
  return {
    ...idsOf(row),
    id: row.id,
    policyVersion: row.policy_version ?? '',
    nodeName: row.node_name,
    ruleName: row.rule_name ?? '',
    peerName: row.peer_name ?? '',
    record: {
      ...recordOf(row),
      ruleId: bytesOf(row.rule_id),
      interfaceId: bytesOf(row.interface_id),
      peerId: bytesOf(row.peer_id),
    },
  }
}

/** Without what is said twice or differs between the records: a dry run takes tens of thousands of these. */
export const printSummary = (row: SummaryRow): holdfast.audit.v1.FlowSummary.$Properties => ({
  flow: { ...idsOf(row), record: recordOf(row) },
  records: Number(row.records),
})

const idsOf = (row: SummaryRow | FlowRow): FlowMessage => ({
  organizationId: row.organization_id,
  nodeId: row.node_id,
  ruleId: row.rule_id ?? '',
  interfaceId: row.interface_id ?? '',
  peerId: row.peer_id ?? '',
})

const recordOf = (row: SummaryRow | FlowRow): RecordMessage => ({
  firstUnixMs: row.first_seen.getTime(),
  lastUnixMs: row.last_seen.getTime(),
  // as: the lists are in the order of the proto enums, which count from 1
  verdict: (verdicts.indexOf(row.verdict) + 1) as holdfast.agent.v1.FlowVerdict,
  direction: (directions.indexOf(row.direction) + 1) as holdfast.agent.v1.FlowDirection,
  source: addressBytes(row.source),
  destination: addressBytes(row.destination),
  protocol: protocolNumber(row.protocol),
  sourcePort: row.source_port ?? 0,
  destinationPort: row.destination_port ?? 0,
  packets: Number(row.packets),
  bytes: Number(row.bytes),
  device: row.device,
})

const bytesOf = (id: string | null): Uint8Array =>
  id === null ? new Uint8Array() : uuidToBytes(id)

function addressBytes(text: string): Uint8Array {
  const { family, value } = ipNumber(text as IpAddress) // as: Postgres prints what we gave it
  const bytes = new Uint8Array(family === 4 ? 4 : 16)
  for (let i = bytes.length - 1, rest = value; i >= 0; i--, rest >>= 8n) {
    bytes[i] = Number(rest & 0xffn)
  }
  return bytes
}
