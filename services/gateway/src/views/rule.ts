import { Type } from '@fastify/type-provider-typebox'
import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import {
  component,
  decimal,
  flagOut,
  id,
  idOrNull,
  integerOut,
  listOut,
  textOut,
  time,
  timeOrNull,
  words,
} from './fields.ts'
import { decimalOf, idOf, momentOf, timeOf, wordOf } from './print.ts'

// In the order of the proto enums, from 1.
export const actionWords = ['allow', 'deny', 'rate_limit', 'log'] as const
export const directionWords = ['ingress', 'egress', 'both'] as const
export const protocolWords = ['any', 'tcp', 'udp', 'icmp'] as const
export const rateScopeWords = ['rule', 'source', 'peer'] as const
export const targetWords = ['everything', 'site', 'node', 'interface', 'peer', 'uplinks'] as const
const changeWords = ['created', 'updated', 'deleted'] as const

/** The number of a word in its proto enum; 0 for none. */
export const numberOf = (list: readonly string[], word: string | undefined): number =>
  word === undefined ? 0 : list.indexOf(word) + 1

const portOut = (description: string, example: number) =>
  Type.Unsafe<number | null>({ type: ['integer', 'null'], description, examples: [example] })
const cidrOut = (description: string) =>
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description,
    examples: ['198.51.100.0/24'],
  })

/** What an administrator says about a rule, as it is answered. */
const said = {
  name: textOut('Unique in the organization regardless of case.', 'block-scanner'),
  action: words([...actionWords, 'unknown'], 'What happens to a packet that matches first.'),
  direction: words([...directionWords, 'unknown'], 'Into the host, out of it, or both.'),
  protocol: words([...protocolWords, 'unknown'], 'icmp is ICMP and ICMPv6.'),
  src: cidrOut('Source network; null matches any address.'),
  dst: cidrOut('Destination network; null matches any address.'),
  src_port_from: portOut('First source port; null is any.', 1024),
  src_port_to: portOut('Last source port.', 65_535),
  dst_port_from: portOut('First destination port; null is any.', 22),
  dst_port_to: portOut('Last destination port.', 22),
  rate_pps: portOut('Packets a second, of a rate limit.', 10),
  rate_burst: portOut('Packets at once, of a rate limit.', 50),
  rate_scope: Type.Unsafe<(typeof rateScopeWords)[number] | 'unknown' | null>({
    type: ['string', 'null'],
    enum: [...rateScopeWords, 'unknown', null],
    description: 'Who shares a bucket.',
    examples: ['rule'],
  }),
  priority: integerOut('0 to 1000, the greater first; equal ones by age.', 800),
  active: flagOut('Whether it is evaluated at all.', true),
  continue: flagOut('A log rule that records and lets evaluation go on.', false),
  log: flagOut('Whether matches are recorded.', false),
  target: Type.Object(
    {
      kind: words([...targetWords, 'unknown'], 'Where the rule holds.'),
      id: idOrNull('Id of the site, node, interface or peer.'),
    },
    { description: 'Where the rule holds.' },
  ),
  expires_at: timeOrNull('Hosts stop enforcing it at this moment.'),
  tags: listOut('Free words.', 'office'),
  description: textOut('Free text.', 'Scans from the lab'),
}

const troubles = Type.Array(
  Type.Object({
    node_id: id('The node.'),
    node_name: textOut('Its name.', 'gw-berlin'),
    reason: textOut('Why not.', 'the node is offline'),
  }),
  { description: 'Nodes that do not enforce it, and why.' },
)

export const Rule = component('Rule', {
  id: id('Rule id.'),
  organization_id: id('Organization it belongs to.'),
  ...said,
  position: integerOut('Place in the order of evaluation, from 1.', 1),
  created_at: time('When it was created.'),
  updated_at: time('When it last changed.'),
  updated_by: Type.Object(
    { kind: textOut('user, api_key or service.', 'user'), id: textOut('Who.', '') },
    { description: 'Who changed it last.' },
  ),
  enforcement: Type.Object(
    {
      state: words(
        ['enforced', 'pending', 'unused'],
        'Proven by every node concerned, by some, or there is none.',
      ),
      nodes: integerOut('Nodes on which it holds.', 4),
      enforced: integerOut('Of those, the ones that proved it.', 4),
      troubles,
    },
    { description: 'Telemetry: saved and enforced are two facts.' },
  ),
  counters: Type.Unsafe<Counters | null>({
    type: ['object', 'null'],
    description: 'Hits; null unless asked for with `counters=true`.',
    additionalProperties: true,
  }),
  revision: decimal('Moves with every change; the value of the ETag.', '42'),
})

interface Counters {
  readonly ingress_packets: string
  readonly ingress_bytes: string
  readonly egress_packets: string
  readonly egress_bytes: string
  readonly limited_packets: string
  readonly packets_per_second: number
  readonly last_hit_at: string | null
}

type RuleMessage = holdfast.rules.v1.Rule.$Properties
type SettingsMessage = holdfast.rules.v1.RuleSettings.$Properties

/** The settings part of a rule, also of one that is only staged. */
export function printSettings(s: SettingsMessage | null | undefined) {
  const { rate, sourcePorts, destinationPorts } = s ?? {}
  return {
    name: s?.name ?? '',
    action: wordOf(actionWords, s?.action ?? 0),
    direction: wordOf(directionWords, s?.direction ?? 0),
    protocol: wordOf(protocolWords, s?.protocol ?? 0),
    src: s?.source || null,
    dst: s?.destination || null,
    src_port_from: sourcePorts ? (sourcePorts.from ?? 0) : null,
    src_port_to: sourcePorts ? (sourcePorts.to ?? 0) : null,
    dst_port_from: destinationPorts ? (destinationPorts.from ?? 0) : null,
    dst_port_to: destinationPorts ? (destinationPorts.to ?? 0) : null,
    rate_pps: rate?.pps ?? null,
    rate_burst: rate?.burst ?? null,
    rate_scope: rate ? wordOf(rateScopeWords, rate.scope ?? 0) : null,
    priority: s?.priority ?? 0,
    active: s?.isActive ?? false,
    continue: s?.continues ?? false,
    log: s?.logs ?? false,
    target: { kind: wordOf(targetWords, s?.target?.kind ?? 0), id: idOf(s?.target?.id ?? '') },
    expires_at: timeOf(s?.expiresAtUnixMs),
    tags: s?.tags ?? [],
    description: s?.description ?? '',
  }
}

export const printTroubles = (
  list: readonly holdfast.rules.v1.NodeTrouble.$Properties[] | null | undefined,
) =>
  (list ?? []).map((trouble) => ({
    node_id: trouble.nodeId ?? '',
    node_name: trouble.nodeName ?? '',
    reason: trouble.reason ?? '',
  }))

export function printRule(r: RuleMessage): Static<typeof Rule> {
  const nodes = r.enforcement?.nodes ?? 0
  const enforced = r.enforcement?.enforced ?? 0
  return {
    id: r.id ?? '',
    organization_id: r.organizationId ?? '',
    ...printSettings(r.settings),
    position: r.position ?? 0,
    created_at: momentOf(r.createdAtUnixMs),
    updated_at: momentOf(r.updatedAtUnixMs),
    updated_by: { kind: r.updatedByKind ?? '', id: r.updatedById ?? '' },
    enforcement: {
      state: nodes === 0 ? 'unused' : enforced === nodes ? 'enforced' : 'pending',
      nodes,
      enforced,
      troubles: printTroubles(r.enforcement?.troubles),
    },
    counters: r.counters ? printCounters(r.counters) : null,
    revision: decimalOf(r.revision),
  }
}

const printCounters = (c: holdfast.rules.v1.RuleCounters.$Properties): Counters => ({
  ingress_packets: decimalOf(c.ingressPackets),
  ingress_bytes: decimalOf(c.ingressBytes),
  egress_packets: decimalOf(c.egressPackets),
  egress_bytes: decimalOf(c.egressBytes),
  limited_packets: decimalOf(c.limitedPackets),
  packets_per_second: c.packetsPerSecond ?? 0,
  last_hit_at: timeOf(c.lastHitUnixMs),
})

export const RuleChange = component('RuleChange', {
  sequence: decimal('Where it stands in the log.', '1042'),
  time: time('When.'),
  rule_id: id('The rule.'),
  rule_name: textOut('Its name then.', 'block-scanner'),
  kind: words([...changeWords, 'unknown'], 'What happened.'),
  actor: Type.Object({ kind: textOut('user, api_key or service.', 'user'), id: textOut('', '') }),
  reason: textOut('In the words of who asked.', 'sftp moved'),
  change_set: textOut('Name of the change set it came with; may be empty.', ''),
  fields: Type.Array(
    Type.Object({
      field: textOut('As in the rule.', 'dst_port_to'),
      before: Type.Unknown({ description: 'Null when there was nothing.' }),
      after: Type.Unknown({ description: 'Null when there is nothing.' }),
    }),
  ),
})

const json = (text: string | null | undefined): unknown => (text ? JSON.parse(text) : null)

export const printRuleChange = (
  c: holdfast.rules.v1.RuleChange.$Properties,
): Static<typeof RuleChange> => ({
  sequence: decimalOf(c.sequence),
  time: momentOf(c.timeUnixMs),
  rule_id: c.ruleId ?? '',
  rule_name: c.ruleName ?? '',
  kind: wordOf(changeWords, c.kind ?? 0),
  actor: { kind: c.actorKind ?? '', id: c.actorId ?? '' },
  reason: c.reason ?? '',
  change_set: c.changeSetName ?? '',
  fields: (c.fields ?? []).map((field) => ({
    field: field.field ?? '',
    before: json(field.before),
    after: json(field.after),
  })),
})
