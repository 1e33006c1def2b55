import type { EncodedRow, PgType } from '@holdfast/postgres'
import { flowIds } from '../codecs/flow-id.ts'
import type { FlowBatch } from '../domain/flow.ts'
import type { Names, NodeNames } from './names.ts'

/** In the order rows are encoded in. */
export const flowColumns = {
  id: 'uuid',
  first_seen: 'timestamptz',
  last_seen: 'timestamptz',
  verdict: 'text',
  direction: 'text',
  protocol: 'text',
  source: 'inet',
  source_port: 'integer',
  destination: 'inet',
  destination_port: 'integer',
  packets: 'bigint',
  bytes: 'bigint',
  rule_id: 'uuid',
  rule_name: 'text',
  policy_version: 'text',
  node_id: 'uuid',
  node_name: 'text',
  device: 'text',
  interface_id: 'uuid',
  peer_id: 'uuid',
  peer_name: 'text',
  organization_id: 'uuid',
} as const satisfies Readonly<Record<string, PgType>>

/** A batch as rows in Postgres' own text: twenty thousand a second leave no time to look each value up. */
export function* flowRows(batch: FlowBatch, node: NodeNames, names: Names): Generator<EncodedRow> {
  const { nodeId, instanceId, number } = batch
  const { organizationId } = node
  const idOf = flowIds(nodeId, instanceId, number)
  const policyVersion = batch.policyVersion === '' ? null : batch.policyVersion
  let index = 0
  for (const flow of batch.flows) {
    const { firstUnixMs, lastUnixMs, ruleId, interfaceId, peerId } = flow
    const lastSeen = new Date(lastUnixMs).toISOString()
    yield [
      idOf(lastUnixMs, index++),
      firstUnixMs === lastUnixMs ? lastSeen : new Date(firstUnixMs).toISOString(),
      lastSeen,
      flow.verdict,
      flow.direction,
      flow.protocol,
      flow.source,
      flow.sourcePort === undefined ? null : String(flow.sourcePort),
      flow.destination,
      flow.destinationPort === undefined ? null : String(flow.destinationPort),
      String(flow.packets),
      String(flow.bytes),
      ruleId === '' ? null : ruleId,
      ruleId === '' ? null : (names.rule(ruleId, organizationId) ?? null),
      policyVersion,
      nodeId,
      node.name,
      flow.device,
      interfaceId === '' ? null : interfaceId,
      peerId === '' ? null : peerId,
      peerId === '' ? null : (names.peer(peerId, organizationId) ?? null),
      organizationId,
    ]
  }
}
