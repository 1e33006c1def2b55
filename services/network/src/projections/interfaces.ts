import type { Commit } from '@holdfast/event-log'
import { defineProjection, type RowChange } from '@holdfast/projections'
import { interfaceCodec } from '../codecs/interface-codec.ts'
import { sealedBytes } from '../codecs/sealed.ts'
import type { InterfaceEvent } from '../domain/interface-state.ts'
import type { InterfaceSettings } from '../domain/settings.ts'
import { placeOf } from './place.ts'

const table = 'interfaces'
/** Moves with every peer, and every move is kept: so it is narrow. */
const counts = 'interface_counts'

const settingsRow = (settings: InterfaceSettings) => ({
  name: settings.name,
  addresses: settings.addresses,
  listen_port: settings.listenPort,
  mtu: settings.mtu,
  dns: settings.dns,
  endpoint: settings.endpoint,
  client_allowed_ips: settings.clientAllowedIps,
  is_enabled: settings.isEnabled,
  extra_directives: settings.extraDirectives,
  address_quarantine_seconds: settings.addressQuarantineSeconds,
  firewall: settings.firewall,
})

const keyOf = (commit: Commit) => ({ interface_id: placeOf(commit).interfaceId })

/** A change of the interface itself. */
const changed = (commit: Commit, set: Record<string, unknown>): RowChange[] => [
  {
    op: 'patch',
    table,
    key: keyOf(commit),
    set: { updated_at_unix_ms: commit.timeUnixMs, ...set },
  },
  { op: 'add', table, key: keyOf(commit), column: 'revision', by: 1n },
  ...followed(commit),
]

/** A change among its peers: the host has to follow, but the interface's own revision stays. */
const followed = (commit: Commit, peers = 0): RowChange[] => [
  { op: 'patch', table: counts, key: keyOf(commit), set: { sequence: commit.sequence } },
  ...(peers === 0
    ? []
    : [{ op: 'add' as const, table: counts, key: keyOf(commit), column: 'peer_count', by: peers }]),
]

/** Rows behind everything about interfaces, sealed key included, so that rendering needs no replay. */
export const interfaces = defineProjection<InterfaceEvent>({
  name: 'network.interfaces',
  version: 3,
  context: 'network',
  tables: [
    {
      name: table,
      columns: {
        interface_id: 'uuid',
        organization_id: 'uuid',
        node_id: 'uuid',
        name: 'text',
        addresses: 'text[]',
        listen_port: 'integer',
        mtu: 'integer',
        dns: 'text[]',
        endpoint: 'text',
        client_allowed_ips: 'text[]',
        is_enabled: 'boolean',
        extra_directives: 'text[]',
        address_quarantine_seconds: 'integer',
        // FirewallSettings of packages/policy.
        firewall: 'jsonb',
        public_key: 'text',
        // Encoded `holdfast.log.v1.Sealed`.
        private_key: 'bytea',
        created_at_unix_ms: 'bigint',
        updated_at_unix_ms: 'bigint',
        revision: 'bigint',
      },
      key: ['interface_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: ['(name, interface_id)', '(node_id, name)'],
    },
    {
      name: counts,
      columns: {
        interface_id: 'uuid',
        organization_id: 'uuid',
        peer_count: 'integer',
        // Of the last commit on the aggregate, peers included: what the host should have applied.
        sequence: 'bigint',
      },
      key: ['interface_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
    },
  ],
  codecs: { interface: interfaceCodec },
  on: {
    InterfaceCreated: (event, commit) => [
      {
        op: 'put',
        table,
        row: {
          interface_id: placeOf(commit).interfaceId,
          node_id: placeOf(commit).nodeId,
          organization_id: event.organizationId,
          public_key: event.publicKey,
          private_key: sealedBytes(event.privateKey),
          created_at_unix_ms: commit.timeUnixMs,
          updated_at_unix_ms: commit.timeUnixMs,
          revision: 1n,
          ...settingsRow(event.settings), // last: spread first, Node copies a hundred times slower
        },
      },
      {
        op: 'put',
        table: counts,
        row: {
          interface_id: placeOf(commit).interfaceId,
          organization_id: event.organizationId,
          peer_count: 0,
          sequence: commit.sequence,
        },
      },
    ],
    InterfaceUpdated: (event, commit) => changed(commit, settingsRow(event.settings)),
    InterfaceKeyRotated: (event, commit) =>
      changed(commit, {
        public_key: event.publicKey,
        private_key: sealedBytes(event.privateKey),
      }),
    InterfaceDeleted: (_event, commit) => [
      { op: 'remove', table, key: keyOf(commit) },
      { op: 'remove', table: counts, key: keyOf(commit) },
    ],
    PeerAdded: (_event, commit) => followed(commit, 1),
    PeerRemoved: (_event, commit) => followed(commit, -1),
    PeerUpdated: (_event, commit) => followed(commit),
    PeerKeyRotated: (_event, commit) => followed(commit),
    PeerPresharedKeyRotated: (_event, commit) => followed(commit),
  },
})
