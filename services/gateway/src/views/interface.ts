import { Type } from '@fastify/type-provider-typebox'
import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import {
  component,
  decimal,
  exampleKey,
  flagOut,
  id,
  integerOut,
  listOut,
  ref,
  textOut,
  time,
  timeOrNull,
  words,
} from './fields.ts'
import { FirewallSettings, printFirewall } from './firewall.ts'
import { decimalOf, momentOf, timeOf, wordOf } from './print.ts'

/** In the order of the proto enum, from 1. */
const states = ['pending', 'enforced', 'failed'] as const
export const enforcementWords = [...states, 'unknown'] as const
export const enforcementWord = (state: number): (typeof enforcementWords)[number] =>
  wordOf(states, state)

export const Interface = component('Interface', {
  id: id('Interface id.'),
  organization_id: id('Organization it belongs to.'),
  node_id: id('Node it runs on.'),
  node_name: textOut('Name of that node.', 'gw-berlin'),
  name: textOut('Unique on the node.', 'wg0'),
  addresses: listOut("The host's own addresses.", '10.10.0.1/24', 'fd10::1/64'),
  listen_port: integerOut('UDP port.', 51820),
  mtu: integerOut('Bytes.', 1420),
  dns: listOut('DNS servers for clients.', '10.10.0.1'),
  endpoint: textOut('Where clients reach it.', 'vpn.example.org:51820'),
  client_allowed_ips: listOut(
    "What clients route through it; empty means the interface's own networks.",
    '10.10.0.0/24',
  ),
  is_enabled: flagOut('Up or down.', true),
  public_key: textOut('Base64.', exampleKey),
  peer_count: integerOut('How many peers it has.', 12),
  created_at: time('When it was created.'),
  updated_at: time('When it last changed.'),
  address_quarantine_seconds: integerOut("How long a removed peer's address stays unused.", 3600),
  firewall: ref(FirewallSettings),
  enforcement: Type.Object(
    {
      state: words(enforcementWords, 'What the host says: saved and enforced are two facts.'),
      applied_sequence: decimal('Log sequence the host has applied.', '1042'),
      desired_sequence: decimal('Log sequence it should have applied.', '1042'),
      error: textOut('Why, when the state is failed.', ''),
      reported_at: timeOrNull('When the host last reported.'),
      driver: textOut('kernel or userspace.', 'kernel'),
      drift_repaired: integerOut('Foreign changes repaired since the agent started.', 0),
    },
    { description: 'Telemetry: does not move the ETag.' },
  ),
  revision: decimal('Moves with every change; the value of the ETag.', '42'),
})

export const printInterface = (
  i: holdfast.network.v1.Interface.$Properties,
): Static<typeof Interface> => ({
  id: i.id ?? '',
  organization_id: i.organizationId ?? '',
  node_id: i.nodeId ?? '',
  node_name: i.nodeName ?? '',
  name: i.name ?? '',
  addresses: i.addresses ?? [],
  listen_port: i.listenPort ?? 0,
  mtu: i.mtu ?? 0,
  dns: i.dns ?? [],
  endpoint: i.endpoint ?? '',
  client_allowed_ips: i.clientAllowedIps ?? [],
  is_enabled: i.isEnabled ?? false,
  public_key: i.publicKey ?? '',
  peer_count: i.peerCount ?? 0,
  created_at: momentOf(i.createdAtUnixMs),
  updated_at: momentOf(i.updatedAtUnixMs),
  address_quarantine_seconds: i.addressQuarantineSeconds ?? 0,
  firewall: printFirewall(i.firewall),
  enforcement: {
    state: enforcementWord(i.enforcement?.state ?? 0),
    applied_sequence: decimalOf(i.enforcement?.appliedSequence),
    desired_sequence: decimalOf(i.enforcement?.desiredSequence),
    error: i.enforcement?.error ?? '',
    reported_at: timeOf(i.enforcement?.reportedAtUnixMs),
    driver: i.enforcement?.driver ?? '',
    drift_repaired: i.enforcement?.driftRepaired ?? 0,
  },
  revision: decimalOf(i.revision),
})
