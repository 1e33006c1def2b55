import type { PeerId } from '@holdfast/domain'
import type { Commit } from '@holdfast/event-log'
import { defineProjection, type RowChange } from '@holdfast/projections'
import { interfaceCodec } from '../codecs/interface-codec.ts'
import { sealedBytes } from '../codecs/sealed.ts'
import { type InterfaceEvent, nameKey } from '../domain/interface-state.ts'
import type { Sealed } from '../domain/sealed.ts'
import type { PeerSettings } from '../domain/settings.ts'
import { placeOf } from './place.ts'

const table = 'peers'

const settingsRow = (settings: PeerSettings) => ({
  name: settings.name,
  name_key: nameKey(settings.name),
  addresses: settings.addresses,
  allowed_ips: settings.allowedIps,
  client_allowed_ips: settings.clientAllowedIps,
  endpoint: settings.endpoint,
  keepalive_seconds: settings.keepaliveSeconds,
  is_enabled: settings.isEnabled,
  expires_at_unix_ms: settings.expiresAtUnixMs,
  dns: settings.dns,
  description: settings.description,
})

const sealedColumn = (sealed: Sealed | undefined) => (sealed ? sealedBytes(sealed) : null)

const changed = (commit: Commit, peerId: PeerId, set: Record<string, unknown>): RowChange[] => [
  {
    op: 'patch',
    table,
    key: { peer_id: peerId },
    set: { updated_at_unix_ms: commit.timeUnixMs, sequence: commit.sequence, ...set },
  },
  { op: 'add', table, key: { peer_id: peerId }, column: 'revision', by: 1n },
]

/** Rows behind everything about peers, sealed keys included, so that rendering needs no replay. */
export const peers = defineProjection<InterfaceEvent>({
  name: 'network.peers',
  version: 2,
  context: 'network',
  tables: [
    {
      name: table,
      columns: {
        peer_id: 'uuid',
        organization_id: 'uuid',
        node_id: 'uuid',
        interface_id: 'uuid',
        name: 'text',
        name_key: 'text',
        addresses: 'text[]',
        allowed_ips: 'text[]',
        client_allowed_ips: 'text[]',
        endpoint: 'text',
        keepalive_seconds: 'integer',
        is_enabled: 'boolean',
        // 0 is never.
        expires_at_unix_ms: 'bigint',
        dns: 'text[]',
        description: 'text',
        public_key: 'text',
        // Encoded `holdfast.log.v1.Sealed`; null when there is none.
        private_key: 'bytea',
        preshared_key: 'bytea',
        created_at_unix_ms: 'bigint',
        updated_at_unix_ms: 'bigint',
        created_sequence: 'bigint',
        revision: 'bigint',
        // Of the last commit that changed it: what the host must have applied for the peer to be in force.
        sequence: 'bigint',
      },
      key: ['peer_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: [
        '(created_sequence, peer_id)',
        '(interface_id, created_sequence, peer_id)',
        '(organization_id, created_sequence, peer_id)',
        '(name_key, peer_id)',
        '(interface_id, public_key)',
      ],
    },
  ],
  codecs: { interface: interfaceCodec },
  on: {
    PeerAdded: (event, commit) => {
      const { nodeId, interfaceId } = placeOf(commit)
      return [
        {
          op: 'put',
          table,
          row: {
            peer_id: event.peerId,
            organization_id: commit.organizationId,
            node_id: nodeId,
            interface_id: interfaceId,
            public_key: event.publicKey,
            private_key: sealedColumn(event.privateKey),
            preshared_key: sealedColumn(event.presharedKey),
            created_at_unix_ms: commit.timeUnixMs,
            updated_at_unix_ms: commit.timeUnixMs,
            created_sequence: commit.sequence,
            revision: 1n,
            sequence: commit.sequence,
            ...settingsRow(event.settings), // last: spread first, Node copies a hundred times slower
          },
        },
      ]
    },
    PeerUpdated: (event, commit) => changed(commit, event.peerId, settingsRow(event.settings)),
    PeerKeyRotated: (event, commit) =>
      changed(commit, event.peerId, {
        public_key: event.publicKey,
        private_key: sealedColumn(event.privateKey),
      }),
    PeerPresharedKeyRotated: (event, commit) =>
      changed(commit, event.peerId, { preshared_key: sealedColumn(event.presharedKey) }),
    PeerRemoved: (event) => [{ op: 'remove', table, key: { peer_id: event.peerId } }],
    InterfaceDeleted: (_event, commit) => [
      { op: 'removeWhere', table, where: { interface_id: placeOf(commit).interfaceId } },
    ],
  },
})
