import { defineProjection } from '@holdfast/projections'
import { holdfast } from '@holdfast/proto'
import { eventReader } from './event-reader.ts'

const v1 = holdfast.network.v1

type PeerEvent =
  | { readonly type: 'PeerAdded'; readonly peerId: string; readonly name: string }
  | { readonly type: 'PeerUpdated'; readonly peerId: string; readonly name: string }

/** What peers are called. Rows outlast the peer, for its flows do. */
export const peers = defineProjection<PeerEvent>({
  name: 'network.peers',
  version: 1,
  context: 'network',
  tables: [
    {
      name: 'peers',
      columns: { peer_id: 'uuid', organization_id: 'uuid', name: 'text' },
      key: ['peer_id'],
      organizationColumn: 'organization_id',
    },
  ],
  codecs: {
    interface: eventReader<PeerEvent>({
      PeerAdded: [
        (data) => {
          const { peerId, settings } = v1.PeerAdded.decode(data)
          return { type: 'PeerAdded', peerId, name: settings?.name ?? '' }
        },
      ],
      PeerUpdated: [
        (data) => {
          const { peerId, settings } = v1.PeerUpdated.decode(data)
          return { type: 'PeerUpdated', peerId, name: settings?.name ?? '' }
        },
      ],
    }),
  },
  on: {
    PeerAdded: ({ peerId, name }, { organizationId }) => [
      {
        op: 'put',
        table: 'peers',
        row: { peer_id: peerId, organization_id: organizationId, name },
      },
    ],
    PeerUpdated: ({ peerId, name }) => [
      { op: 'patch', table: 'peers', key: { peer_id: peerId }, set: { name } },
    ],
  },
})
