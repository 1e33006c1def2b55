import type { Commit } from '@holdfast/event-log'
import { defineProjection, type RowChange } from '@holdfast/projections'
import {
  type InterfaceWords,
  type NetworkEvent,
  networkEvents,
  type PeerWords,
} from './network-events.ts'

/** What every version says about itself. */
const version = (commit: Commit) => ({
  sequence: commit.sequence,
  time_unix_ms: commit.timeUnixMs,
  organization_id: commit.organizationId ?? null,
})

/** The two ids in the subject of an interface. */
const placeOf = ({ aggregateId }: Commit) => {
  const [node_id = '', interface_id = ''] = aggregateId.split('.')
  return { node_id, interface_id }
}

const put = (table: string, row: Record<string, unknown>): RowChange[] => [
  { op: 'put', table, row },
]

const interfaceRow = (commit: Commit, { firewall, ...settings }: InterfaceWords): RowChange[] =>
  put('interface_versions', {
    ...version(commit),
    ...placeOf(commit),
    is_gone: false,
    name: settings.name,
    listen_port: settings.listenPort,
    is_enabled: settings.isEnabled,
    firewall,
  })

const peerRow = (commit: Commit, peerId: string, settings: PeerWords): RowChange[] =>
  put('peer_versions', {
    ...version(commit),
    ...placeOf(commit),
    peer_id: peerId,
    is_gone: false,
    name: settings.name,
    prefixes: settings.prefixes,
    is_enabled: settings.isEnabled,
    expires_at_unix_ms: settings.expiresAtUnixMs,
  })

const stamp = {
  sequence: 'bigint',
  time_unix_ms: 'bigint',
  organization_id: 'uuid',
  is_gone: 'boolean',
  name: 'text',
} as const

/**
 * What rules must know of nodes, interfaces and peers: a row for each state one of them was ever in, so that one
 * query answers now and any sequence of the past. `is_gone` ends a life; what was inside goes with it unsaid.
 */
export const topologyVersions = defineProjection<NetworkEvent>({
  name: 'network.topology',
  version: 1,
  context: 'network',
  tables: [
    {
      name: 'node_versions',
      columns: { node_id: 'uuid', ...stamp, site_id: 'text', uplinks: 'jsonb' },
      key: ['node_id', 'sequence'],
      organizationColumn: 'organization_id',
      indexes: ['(organization_id, sequence)', '(sequence)', '(lower(name))', '(time_unix_ms)'],
    },
    {
      name: 'interface_versions',
      columns: {
        interface_id: 'uuid',
        ...stamp,
        node_id: 'uuid',
        listen_port: 'integer',
        is_enabled: 'boolean',
        firewall: 'jsonb',
      },
      key: ['interface_id', 'sequence'],
      organizationColumn: 'organization_id',
      indexes: ['(organization_id, sequence)', '(name)', '(time_unix_ms)'],
    },
    {
      name: 'peer_versions',
      columns: {
        peer_id: 'uuid',
        ...stamp,
        node_id: 'uuid',
        interface_id: 'uuid',
        prefixes: 'text[]',
        is_enabled: 'boolean',
        expires_at_unix_ms: 'bigint',
      },
      key: ['peer_id', 'sequence'],
      organizationColumn: 'organization_id',
      indexes: ['(organization_id, sequence)', '(time_unix_ms)'],
    },
  ],
  codecs: { node: networkEvents, interface: networkEvents },
  on: {
    NodeEnrolled: ({ organizationId, name, siteId }, commit) =>
      put('node_versions', {
        ...version(commit),
        organization_id: organizationId,
        node_id: commit.aggregateId,
        is_gone: false,
        name,
        site_id: siteId,
        uplinks: [],
      }),
    NodeUpdated: ({ name, siteId, uplinks }, commit) =>
      put('node_versions', {
        ...version(commit),
        node_id: commit.aggregateId,
        is_gone: false,
        name,
        site_id: siteId,
        uplinks,
      }),
    NodeDeleted: (_event, commit) =>
      put('node_versions', { ...version(commit), node_id: commit.aggregateId, is_gone: true }),
    InterfaceCreated: ({ settings }, commit) => interfaceRow(commit, settings),
    InterfaceUpdated: ({ settings }, commit) => interfaceRow(commit, settings),
    InterfaceDeleted: (_event, commit) =>
      put('interface_versions', { ...version(commit), ...placeOf(commit), is_gone: true }),
    PeerAdded: ({ peerId, settings }, commit) => peerRow(commit, peerId, settings),
    PeerUpdated: ({ peerId, settings }, commit) => peerRow(commit, peerId, settings),
    PeerRemoved: ({ peerId }, commit) =>
      put('peer_versions', {
        ...version(commit),
        ...placeOf(commit),
        peer_id: peerId,
        is_gone: true,
      }),
  },
})
