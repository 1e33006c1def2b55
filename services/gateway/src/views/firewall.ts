import { Type } from '@fastify/type-provider-typebox'
import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import {
  closed,
  component,
  decimal,
  flagIn,
  flagOut,
  idOrNull,
  integerOut,
  optional,
  textIn,
  textOut,
  timeOrNull,
  words,
} from './fields.ts'
import { decimalOf, idOf, timeOf, wordOf } from './print.ts'

// In the order of the proto enums, from 1.
const verdictWords = ['pass', 'drop'] as const
const backendWords = ['none', 'bpf', 'nftables'] as const

type Settings = holdfast.network.v1.FirewallSettings.$Properties
type Report = holdfast.agent.v1.FirewallReport.$Properties

const settings = {
  default_verdict: words([...verdictWords, 'unknown'], 'What happens when no rule matches.'),
  stateful: flagOut('Answers to what was let through pass in the other direction.', false),
  drop_fragments: flagOut('Fragments of packets are dropped.', false),
  unparsable_verdict: words(
    [...verdictWords, 'unknown'],
    'What happens to packets that cannot be parsed.',
  ),
}
export const FirewallSettings = component('FirewallSettings', settings)
export const Uplink = component('Uplink', {
  device: textOut('As `ip link` names it.', 'eth0'),
  ...settings,
})

const verdictIn = (description: string) =>
  Type.Unsafe<(typeof verdictWords)[number]>({
    type: 'string',
    enum: [...verdictWords],
    description,
    examples: ['drop'],
  })
const settingsIn = {
  default_verdict: optional(verdictIn('What happens when no rule matches; pass by default.')),
  stateful: optional(
    flagIn('Answers to what was let through pass in the other direction; false by default.', true),
  ),
  drop_fragments: optional(flagIn('Fragments of packets are dropped; false by default.', false)),
  unparsable_verdict: optional(
    verdictIn('What happens to packets that cannot be parsed; drop by default.'),
  ),
}
export const firewallIn = closed(settingsIn, {
  description: 'How packets are treated that no rule decides.',
})
export const uplinksIn = Type.Array(
  closed({ device: textIn(64, 'As `ip link` names it.', 'eth0', 1), ...settingsIn }),
  {
    maxItems: 64,
    description: 'Devices towards the outside on which rules hold, all of them, at most 16.',
    examples: [[{ device: 'eth0', default_verdict: 'drop', stateful: true }]],
  },
)

/** What is absent is unspecified: the default of something new, and what stays as it is in a change. */
export const firewallMessage = (body: Partial<Static<typeof firewallIn>>) => ({
  defaultVerdict: numberOf(body.default_verdict),
  isStateful: body.stateful ?? null,
  dropsFragments: body.drop_fragments ?? null,
  unparsableVerdict: numberOf(body.unparsable_verdict),
})

/** Of a verdict; 0 for none. */
const numberOf = (word: (typeof verdictWords)[number] | undefined): 0 | 1 | 2 =>
  word === undefined ? 0 : word === 'pass' ? 1 : 2

export const printFirewall = (s: Settings | null | undefined): Static<typeof FirewallSettings> => ({
  default_verdict: wordOf(verdictWords, s?.defaultVerdict ?? 0),
  stateful: s?.isStateful ?? false,
  drop_fragments: s?.dropsFragments ?? false,
  unparsable_verdict: wordOf(verdictWords, s?.unparsableVerdict ?? 0),
})

const packets = (what: string) => decimal(`${what}, since the agent started.`, '0')
const version = (description: string) =>
  Type.String({
    pattern: '^([0-9a-f]{64})?$',
    description,
    examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
  })

const Device = Type.Object({
  device: textOut('As `ip link` names it.', 'wg0'),
  interface_id: idOrNull('The interface it is; null for an uplink.'),
  ingress_hook: textOut(
    'tcx, tc, xdp, xdp-generic or nftables; empty when nothing is attached.',
    'tcx',
  ),
  egress_hook: textOut('The same for the other direction.', 'tcx'),
  error: textOut('Why nothing holds there; empty when all is well.', ''),
  unparsable_packets: packets('Packets that could not be parsed'),
  fragment_packets: packets('Fragments that were dropped'),
  default_packets: packets('Packets no rule decided that were dropped'),
})
const Trouble = Type.Object({
  rule_id: idOrNull('The rule.'),
  reason: textOut('Why it is not enforced there.', 'the kernel has no XDP'),
})
const Capability = Type.Object({
  name: textOut('What the host can or cannot do.', 'tcx'),
  is_available: flagOut('Whether it can.', true),
  reason: textOut('Why not.', ''),
  minimum_kernel: textOut('Empty where it is no question of the kernel.', '6.6'),
  without: textOut('What goes without it.', 'classifiers are attached at clsact'),
})

/** What a host says about the firewall in its kernel. */
export const NodeFirewall = component('NodeFirewall', {
  backend: words([...backendWords, 'unknown'], 'What enforces there.'),
  is_enforced: flagOut('Every rule that concerns the host is in its kernel, as read back.', true),
  error: textOut('Why not; empty when all is well.', ''),
  rule_set_sequence: decimal("Log sequence of the rule set's last commit it includes.", '1042'),
  policy_version: version('SHA-256 of what should hold there, hex; empty before the first policy.'),
  observed_version: version('The same of what was read back from the kernel.'),
  proven_at: timeOrNull('When the kernel was last read back.'),
  devices: Type.Array(Device, { description: 'Where packets are judged.' }),
  troubles: Type.Array(Trouble, {
    description: 'Rules that concern the host and are not enforced there, at most 100.',
  }),
  capabilities: Type.Array(Capability, {
    description: 'What the host can do, each with the reason where it cannot.',
  }),
  pending_apply_id: textOut(
    'The application that waits for confirmation there; empty when none does.',
    '',
  ),
  pending_until: timeOrNull('When the host takes it back by itself.'),
  reverted_apply_id: textOut('The last application the host took back by itself.', ''),
  rules: integerOut('Rules of the policy.', 120),
  tuples: integerOut('Tables a packet may be looked up in.', 9),
  longest_probe: integerOut('Most steps of one lookup.', 3),
  blob_bytes: decimal('Size of the policy in the kernel.', '65536'),
  compile_ms: integerOut('Of the last change.', 3),
  swap_ms: integerOut('Of the last change.', 4),
  drift_repaired: integerOut('Foreign changes found and undone since the agent started.', 0),
})
const hex = (bytes: Uint8Array | null | undefined): string =>
  Buffer.from(bytes ?? []).toString('hex')

/** Null when the agent never spoke of a firewall. */
export function printNodeFirewall(
  r: Report | null | undefined,
): Static<typeof NodeFirewall> | null {
  if (!r) return null
  return {
    backend: wordOf(backendWords, r.backend ?? 0),
    is_enforced: r.isEnforced ?? false,
    error: r.error ?? '',
    rule_set_sequence: decimalOf(r.ruleSetSequence),
    policy_version: hex(r.policyVersion),
    observed_version: hex(r.observedVersion),
    proven_at: timeOf(r.provenAtUnixMs),
    devices: (r.devices ?? []).map((device) => ({
      device: device.device ?? '',
      interface_id: idOf(device.interfaceId),
      ingress_hook: device.ingressHook ?? '',
      egress_hook: device.egressHook ?? '',
      error: device.error ?? '',
      unparsable_packets: decimalOf(device.unparsablePackets),
      fragment_packets: decimalOf(device.fragmentPackets),
      default_packets: decimalOf(device.defaultPackets),
    })),
    troubles: (r.troubles ?? []).map(({ ruleId, reason }) => ({
      rule_id: idOf(ruleId),
      reason: reason ?? '',
    })),
    capabilities: (r.capabilities ?? []).map((one) => ({
      name: one.name ?? '',
      is_available: one.isAvailable ?? false,
      reason: one.reason ?? '',
      minimum_kernel: one.minimumKernel ?? '',
      without: one.without ?? '',
    })),
    pending_apply_id: r.pendingApplyId ?? '',
    pending_until: timeOf(r.pendingUntilUnixMs),
    reverted_apply_id: r.revertedApplyId ?? '',
    rules: r.rules ?? 0,
    tuples: r.tuples ?? 0,
    longest_probe: r.longestProbe ?? 0,
    blob_bytes: decimalOf(r.blobBytes),
    compile_ms: r.compileMs ?? 0,
    swap_ms: r.swapMs ?? 0,
    drift_repaired: r.driftRepaired ?? 0,
  }
}
