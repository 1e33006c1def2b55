import type { Commit } from '@holdfast/event-log'
import { defineProjection, type RowChange } from '@holdfast/projections'
import {
  type InterfaceWords,
  type NetworkEvent,
  networkEvents,
  type PeerWords,
} from './network-events.ts'

const nodes = 'topology_nodes'
const interfaces = 'topology_interfaces'
const peers = 'topology_peers'

/** The two ids in the subject of an interface. */
const placeOf = ({ aggregateId }: Commit) => {
  const [node_id = '', interface_id = ''] = aggregateId.split('.')
  return { node_id, interface_id }
}
const put = (table: string, row: Record<string, unknown>): RowChange[] => [
  { op: 'put', table, row },
]
const organizationOf = ({ organizationId }: Commit) => ({ organization_id: organizationId ?? null })

const interfaceRow = (commit: Commit, { firewall, ...settings }: InterfaceWords): RowChange[] =>
  put(interfaces, {
    ...organizationOf(commit),
    ...placeOf(commit),
    name: settings.name,
    listen_port: settings.listenPort,
    is_enabled: settings.isEnabled,
    firewall,
  })

const peerRow = (commit: Commit, peerId: string, settings: PeerWords): RowChange[] =>
  put(peers, {
    ...organizationOf(commit),
    ...placeOf(commit),
    peer_id: peerId,
    name: settings.name,
    prefixes: settings.prefixes,
    is_enabled: settings.isEnabled,
    expires_at_unix_ms: settings.expiresAtUnixMs,
  })

/**
 * What `topologyVersions` says, in tables that are read as of a moment: there each question about the past finds the
 * rows of then, here it would read all rows up to then. The versions stay for what asks which changes there were.
 */
export const topologyRows = defineProjection<NetworkEvent>({
  name: 'network.topology_rows',
  version: 1,
  context: 'network',
  tables: [
    {
      name: nodes,
      columns: {
        node_id: 'uuid',
        organization_id: 'uuid',
        name: 'text',
        site_id: 'text',
        uplinks: 'jsonb',
      },
      key: ['node_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: ['(organization_id, node_id)', '(lower(name))'],
    },
    {
      name: interfaces,
      columns: {
        interface_id: 'uuid',
        organization_id: 'uuid',
        node_id: 'uuid',
        name: 'text',
        listen_port: 'integer',
        is_enabled: 'boolean',
        firewall: 'jsonb',
      },
      key: ['interface_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: ['(organization_id, node_id)', '(node_id)'],
    },
    {
      name: peers,
      columns: {
        peer_id: 'uuid',
        organization_id: 'uuid',
        node_id: 'uuid',
        interface_id: 'uuid',
        name: 'text',
        prefixes: 'text[]',
        is_enabled: 'boolean',
        expires_at_unix_ms: 'bigint',
      },
      key: ['peer_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: ['(organization_id, node_id)', '(node_id)', '(interface_id)'],
    },
  ],
  codecs: { node: networkEvents, interface: networkEvents },
  on: {
    NodeEnrolled: ({ organizationId, name, siteId }, commit) =>
      put(nodes, {
        organization_id: organizationId,
        node_id: commit.aggregateId,
        name,
        site_id: siteId,
        uplinks: [],
      }),
    NodeUpdated: ({ name, siteId, uplinks }, commit) =>
      put(nodes, {
        ...organizationOf(commit),
        node_id: commit.aggregateId,
        name,
        site_id: siteId,
        uplinks,
      }),
    NodeDeleted: (_event, { aggregateId: node_id }) => [
      { op: 'remove', table: nodes, key: { node_id } },
      { op: 'removeWhere', table: interfaces, where: { node_id } },
      { op: 'removeWhere', table: peers, where: { node_id } },
    ],
    InterfaceCreated: ({ settings }, commit) => interfaceRow(commit, settings),
    InterfaceUpdated: ({ settings }, commit) => interfaceRow(commit, settings),
    InterfaceDeleted: (_event, commit) => {
      const { interface_id } = placeOf(commit)
      return [
        { op: 'remove', table: interfaces, key: { interface_id } },
        { op: 'removeWhere', table: peers, where: { interface_id } },
      ]
    },
    PeerAdded: ({ peerId, settings }, commit) => peerRow(commit, peerId, settings),
    PeerUpdated: ({ peerId, settings }, commit) => peerRow(commit, peerId, settings),
    PeerRemoved: ({ peerId }) => [{ op: 'remove', table: peers, key: { peer_id: peerId } }],
  },
})
