import { Type } from '@fastify/type-provider-typebox'
import { printIp } from '@holdfast/net'
import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import { component, decimal, id, idOrNull, ref, textOut, time, words } from './fields.ts'
import { decimalOf, idOf, momentOf, wordOf } from './print.ts'

// In the order of the proto enums, from 1.
export const flowVerdictWords = ['pass', 'drop', 'limited', 'default_drop', 'unparsable'] as const
export const flowDirectionWords = ['ingress', 'egress'] as const

const portOut = (description: string, example: number) =>
  Type.Unsafe<number | null>({ type: ['integer', 'null'], description, examples: [example] })
const nameOut = (description: string, example: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], description, examples: [example] })

/** What two records of one flow have in common. */
const said = {
  organization_id: id('Organization of the node.'),
  node_id: id('Node that saw it.'),
  device: textOut('Device it went through.', 'wg0'),
  interface_id: idOrNull('The interface, when the device is one.'),
  peer_id: idOrNull('The peer that has the address.'),
  rule_id: idOrNull('The rule that decided; null when none matched.'),
  verdict: words(
    [...flowVerdictWords, 'unknown'],
    'limited: beyond a rate limit. default_drop: no rule matched.',
  ),
  direction: words([...flowDirectionWords, 'unknown'], 'Into the host, or out of it.'),
  protocol: textOut('Name of the IP protocol, its number where it has no usual name.', 'tcp'),
  source: textOut('Address.', '198.51.100.7'),
  source_port: portOut('Null where the protocol has none, or a fragment hides it.', 51_000),
  destination: textOut('Address.', '10.10.0.2'),
  destination_port: portOut('Null where the protocol has none, or a fragment hides it.', 22),
  packets: decimal('Packets.', '12'),
  bytes: decimal('Bytes, IP headers included.', '3400'),
  first_seen_at: time('First packet, by the clock of the node.'),
  last_seen_at: time('Last packet.'),
}

export const Flow = component('Flow', {
  id: id('Stable while the flow is kept.'),
  ...said,
  node_name: nameOut('As it was called then.', 'gw-berlin'),
  peer_name: nameOut('As it was called then.', 'laptop'),
  rule_name: nameOut('As it was called then.', 'log-ssh'),
  policy_version: nameOut('SHA-256 of the policy that judged it, hex.', 'ab12…'),
})

export const FlowSummary = component('FlowSummary', {
  ...said,
  records: decimal('How many records it stands for.', '42'),
})

export const FlowSummaries = component('FlowSummaries', {
  items: Type.Array(ref(FlowSummary)),
  coverage: Type.Array(Type.String(), {
    description: 'In words: the time, what was lost, which nodes were silent, what was left out.',
    examples: [['gw-berlin had no room for 3 flows (90 packets)']],
  }),
})

type FlowMessage = holdfast.audit.v1.Flow.$Properties

export const printFlow = (flow: FlowMessage): Static<typeof Flow> => ({
  id: flow.id ?? '',
  ...saidOf(flow),
  node_name: flow.nodeName || null,
  peer_name: flow.peerName || null,
  rule_name: flow.ruleName || null,
  policy_version: flow.policyVersion || null,
})

export const printFlowSummary = (
  summary: holdfast.audit.v1.FlowSummary.$Properties,
): Static<typeof FlowSummary> => ({
  ...saidOf(summary.flow ?? {}),
  records: decimalOf(summary.records),
})

const saidOf = (flow: FlowMessage) => {
  const record = flow.record ?? {}
  return {
    organization_id: flow.organizationId ?? '',
    node_id: flow.nodeId ?? '',
    device: record.device ?? '',
    interface_id: idOf(flow.interfaceId),
    peer_id: idOf(flow.peerId),
    rule_id: idOf(flow.ruleId),
    verdict: wordOf(flowVerdictWords, record.verdict ?? 0),
    direction: wordOf(flowDirectionWords, record.direction ?? 0),
    protocol: protocolName(record.protocol ?? 0),
    source: addressOf(record.source),
    source_port: record.sourcePort || null,
    destination: addressOf(record.destination),
    destination_port: record.destinationPort || null,
    packets: decimalOf(record.packets),
    bytes: decimalOf(record.bytes),
    first_seen_at: momentOf(record.firstUnixMs),
    last_seen_at: momentOf(record.lastUnixMs),
  }
}

const protocols: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'icmpv6',
  89: 'ospf',
  132: 'sctp',
}
const protocolName = (number: number): string => protocols[number] ?? String(number)

function addressOf(bytes: Uint8Array | null | undefined): string {
  if (!bytes || (bytes.length !== 4 && bytes.length !== 16)) return ''
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return printIp({ family: bytes.length === 4 ? 4 : 6, value })
}
