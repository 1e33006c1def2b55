import { Type } from '@fastify/type-provider-typebox'
import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import {
  component,
  flagOut,
  id,
  idOrNull,
  integerOut,
  textOut,
  timeOrNull,
  words,
} from './fields.ts'
import { decimalOf, idOf, timeOf, wordOf } from './print.ts'
import { directionWords, protocolWords, targetWords } from './rule.ts'

// In the order of the proto enums, from 1.
export const verdictWords = ['pass', 'drop', 'limited', 'default_drop', 'unparsable'] as const
export const flowDirectionWords = ['ingress', 'egress'] as const
export const expectationWords = ['pass', 'drop'] as const

export const Packet = component('Packet', {
  src: textOut('Source address.', '198.51.100.7'),
  dst: textOut('Destination address.', '10.10.0.2'),
  protocol: textOut('tcp, udp, icmp or a number.', 'tcp'),
  src_port: integerOut('Zero where there is none.', 40_312),
  dst_port: integerOut('Zero where there is none.', 22),
  direction: words([...flowDirectionWords, 'unknown'], 'Into the host or out of it.'),
  later_fragment: flagOut('A fragment without ports.', false),
})

type PacketMessage = holdfast.rules.v1.Packet.$Properties

export const printPacket = (p: PacketMessage | null | undefined): Static<typeof Packet> => ({
  src: p?.source ?? '',
  dst: p?.destination ?? '',
  protocol: p?.protocol ?? '',
  src_port: p?.sourcePort ?? 0,
  dst_port: p?.destinationPort ?? 0,
  direction: wordOf(flowDirectionWords, p?.direction ?? 0),
  later_fragment: p?.isLaterFragment ?? false,
})

const packetOrNull = Type.Unsafe<Static<typeof Packet> | null>({
  type: ['object', 'null'],
  additionalProperties: true,
  description: 'A packet that shows it; null where none is needed.',
})

export const PacketVerdict = component('PacketVerdict', {
  packet: Type.Object(Packet.properties),
  verdict: words([...verdictWords, 'unknown'], 'What becomes of it.'),
  decided_by: textOut('rule, default, unparsable, fragment or implicit.', 'rule'),
  rule_id: idOrNull('The rule that decided.'),
  rule_name: textOut('Its name.', 'block-scanner'),
  logged_by: Type.Array(Type.String(), { description: 'Rules that recorded it on the way.' }),
  trace: Type.Array(
    Type.Object({
      rule_id: idOrNull('A rule that was looked at.'),
      rule_name: textOut('Its name.', 'log-ssh'),
      is_match: flagOut('Whether it matches.', false),
      reason: textOut('Why it does not.', 'dst_port is 80, not 22'),
    }),
    { description: 'Rules looked at, in order.' },
  ),
})

export const printVerdict = (
  v: holdfast.rules.v1.PacketVerdict.$Properties,
): Static<typeof PacketVerdict> => ({
  packet: printPacket(v.packet),
  verdict: wordOf(verdictWords, v.verdict ?? 0),
  decided_by: v.decidedBy ?? '',
  rule_id: idOf(v.ruleId ?? ''),
  rule_name: v.ruleName ?? '',
  logged_by: v.loggedBy ?? [],
  trace: (v.trace ?? []).map((step) => ({
    rule_id: idOf(step.ruleId ?? ''),
    rule_name: step.ruleName ?? '',
    is_match: step.isMatch ?? false,
    reason: step.reason ?? '',
  })),
})

export const ChangedFlow = component('ChangedFlow', {
  packet: Type.Object(Packet.properties),
  interface: textOut('Where.', 'wg0'),
  peer: textOut('Whose.', 'alice-laptop'),
  before: words([...verdictWords, 'unknown'], 'What became of it.'),
  after: words([...verdictWords, 'unknown'], 'What would have.'),
  rule_id: idOrNull('The rule that would have decided.'),
  rule_name: textOut('Its name.', 'block-scanner'),
  packets: integerOut('Packets.', 120),
  flows: integerOut('Records.', 3),
  last_seen: timeOrNull('When it was last seen.'),
})

export const printChangedFlow = (
  f: holdfast.rules.v1.ChangedFlow.$Properties,
): Static<typeof ChangedFlow> => ({
  packet: printPacket(f.packet),
  interface: f.interfaceName ?? '',
  peer: f.peerName ?? '',
  before: wordOf(verdictWords, f.before ?? 0),
  after: wordOf(verdictWords, f.after ?? 0),
  rule_id: idOf(f.ruleId ?? ''),
  rule_name: f.ruleName ?? '',
  packets: f.packets ?? 0,
  flows: f.flows ?? 0,
  last_seen: timeOf(f.lastUnixMs),
})

export const Finding = component('Finding', {
  kind: textOut('shadowed, redundant, unused, too_wide, tie or expired.', 'shadowed'),
  rule_id: id('The rule.'),
  rule_name: textOut('Its name.', 'log-ssh'),
  message: textOut('In a sentence.', 'never decides: block-scanner comes first'),
  other_rule_ids: Type.Array(Type.String(), { description: 'Rules that explain it.' }),
  witness: packetOrNull,
})

export const printFinding = (f: holdfast.rules.v1.Finding.$Properties): Static<typeof Finding> => ({
  kind: f.kind ?? '',
  rule_id: f.ruleId ?? '',
  rule_name: f.ruleName ?? '',
  message: f.message ?? '',
  other_rule_ids: f.otherRuleIds ?? [],
  witness: f.witness ? printPacket(f.witness) : null,
})

const portOrNull = Type.Unsafe<number | null>({ type: ['integer', 'null'], examples: [22] })

export const PolicyTest = component('PolicyTest', {
  id: id('Test id.'),
  name: textOut('Unique in the organization.', 'guests never reach the database'),
  direction: words([...directionWords, 'unknown'], 'Which packets it speaks of.'),
  protocol: words([...protocolWords, 'unknown'], 'Which packets it speaks of.'),
  src: textOut('Source network; empty is any.', '10.20.0.0/16'),
  dst: textOut('Destination network; empty is any.', '10.10.0.5/32'),
  src_port_from: portOrNull,
  src_port_to: portOrNull,
  dst_port_from: portOrNull,
  dst_port_to: portOrNull,
  target: Type.Object({
    kind: words([...targetWords, 'unknown'], 'Where.'),
    id: idOrNull('Id of the site, node, interface or peer.'),
  }),
  expect: words([...expectationWords, 'unknown'], 'What must become of every such packet.'),
})

export const printTest = (
  t: holdfast.rules.v1.PolicyTest.$Properties | null | undefined,
): Static<typeof PolicyTest> => ({
  id: t?.id ?? '',
  name: t?.name ?? '',
  direction: wordOf(directionWords, t?.direction ?? 0),
  protocol: wordOf(protocolWords, t?.protocol ?? 0),
  src: t?.source ?? '',
  dst: t?.destination ?? '',
  src_port_from: t?.sourcePorts?.from ?? null,
  src_port_to: t?.sourcePorts?.to ?? null,
  dst_port_from: t?.destinationPorts?.from ?? null,
  dst_port_to: t?.destinationPorts?.to ?? null,
  target: {
    kind: wordOf(targetWords, t?.target?.kind ?? 0),
    id: idOf(t?.target?.id ?? ''),
  },
  expect: wordOf(expectationWords, t?.expectation ?? 0),
})

export const PolicyTestResult = component('PolicyTestResult', {
  test: Type.Object(PolicyTest.properties),
  passed: flagOut('Whether it holds.', true),
  witness: packetOrNull,
  rule_id: idOrNull('The rule that breaks it.'),
  message: textOut('What is wrong, for people.', ''),
  violations: Type.Array(
    Type.Object({
      from_sequence: textOut('The commit that began it.', '1042'),
      from: timeOrNull('When.'),
      to_sequence: textOut('The commit that ended it; 0 while it lasts.', '1050'),
      to: timeOrNull('When; null while it lasts.'),
      witness: packetOrNull,
      rule_id: idOrNull('The rule that broke it.'),
    }),
    { description: 'Times in which it did not hold, oldest first; only with `from`.' },
  ),
})

export const printTestResult = (
  r: holdfast.rules.v1.PolicyTestResult.$Properties,
): Static<typeof PolicyTestResult> => ({
  test: printTest(r.test),
  passed: r.isPassed ?? false,
  witness: r.witness ? printPacket(r.witness) : null,
  rule_id: idOf(r.ruleId ?? ''),
  message: r.message ?? '',
  violations: (r.violations ?? []).map((violation) => ({
    from_sequence: decimalOf(violation.fromSequence),
    from: timeOf(violation.fromUnixMs),
    to_sequence: decimalOf(violation.toSequence),
    to: timeOf(violation.toUnixMs),
    witness: violation.witness ? printPacket(violation.witness) : null,
    rule_id: idOf(violation.ruleId ?? ''),
  })),
})
