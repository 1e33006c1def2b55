import { Type } from '@fastify/type-provider-typebox'
import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import {
  component,
  decimal,
  flagOut,
  id,
  idOrNull,
  ref,
  textOut,
  time,
  timeOrNull,
} from './fields.ts'
import { NodeFirewall, printFirewall, printNodeFirewall, Uplink } from './firewall.ts'
import { decimalOf, idOf, momentOf, timeOf } from './print.ts'

export const Node = component('Node', {
  id: id('Node id.'),
  organization_id: id('Organization it belongs to.'),
  site_id: idOrNull('Site it stands at.'),
  name: textOut('Unique in the organization.', 'gw-berlin'),
  endpoint_host: textOut(
    'Where peers reach this host when an interface names no endpoint.',
    'vpn.example.org',
  ),
  hostname: textOut('As the agent told it.', 'gw1'),
  platform: textOut('As the agent told it.', 'linux/amd64'),
  created_at: time('When it enrolled.'),
  last_seen_at: timeOrNull('Last report of the agent.'),
  is_online: flagOut('The agent reports.', true),
  agent_version: textOut('Of the agent.', '0.1.0'),
  applied_sequence: decimal('Log sequence this host has applied.', '1042'),
  uplinks: Type.Array(ref(Uplink), {
    description: 'Devices towards the outside on which rules hold.',
  }),
  firewall: Type.Unsafe<Static<typeof NodeFirewall> | null>({
    type: ['object', 'null'],
    properties: NodeFirewall.properties,
    required: NodeFirewall.required,
    description:
      "The agent's last word about its firewall; null when it never spoke of one. Telemetry: does not move the ETag.",
  }),
  revision: decimal('Moves with every change; the value of the ETag.', '42'),
})

export const printNode = (n: holdfast.network.v1.Node.$Properties): Static<typeof Node> => ({
  id: n.id ?? '',
  organization_id: n.organizationId ?? '',
  site_id: idOf(n.siteId),
  name: n.name ?? '',
  endpoint_host: n.endpointHost ?? '',
  hostname: n.hostname ?? '',
  platform: n.platform ?? '',
  created_at: momentOf(n.createdAtUnixMs),
  last_seen_at: timeOf(n.lastSeenUnixMs),
  is_online: n.isOnline ?? false,
  agent_version: n.agentVersion ?? '',
  applied_sequence: decimalOf(n.appliedSequence),
  uplinks: (n.uplinks ?? []).map(({ device, firewall }) => ({
    device: device ?? '',
    ...printFirewall(firewall),
  })),
  firewall: printNodeFirewall(n.firewall),
  revision: decimalOf(n.revision),
})
