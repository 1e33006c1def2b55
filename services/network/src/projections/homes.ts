import type { Commit } from '@holdfast/event-log'
import { defineProjection, type RowChange } from '@holdfast/projections'
import { interfaceCodec } from '../codecs/interface-codec.ts'
import { nodeCodec } from '../codecs/node-codec.ts'
import type { InterfaceEvent } from '../domain/interface-state.ts'
import type { NodeEvent } from '../domain/node.ts'
import { placeOf } from './place.ts'

const home = (commit: Commit, id: string, kind: 'node' | 'interface' | 'peer'): RowChange[] => {
  const { nodeId, interfaceId } = placeOf(commit)
  return [
    {
      op: 'put',
      table: 'homes',
      row: {
        id,
        kind,
        organization_id: commit.organizationId,
        node_id: kind === 'node' ? id : nodeId,
        interface_id: kind === 'node' ? null : interfaceId,
      },
    },
  ]
}

/**
 * In which aggregate an id lives, or lived: rows outlast what they speak of, so that deleting something
 * twice finds the aggregate that says it is gone already.
 */
export const homes = defineProjection<NodeEvent | InterfaceEvent>({
  name: 'network.homes',
  version: 1,
  context: 'network',
  tables: [
    {
      name: 'homes',
      columns: {
        id: 'uuid',
        kind: 'text',
        organization_id: 'uuid',
        node_id: 'uuid',
        interface_id: 'uuid',
      },
      key: ['id'],
      organizationColumn: 'organization_id',
    },
  ],
  codecs: { node: nodeCodec, interface: interfaceCodec },
  on: {
    NodeEnrolled: (_event, commit) => home(commit, commit.aggregateId, 'node'),
    InterfaceCreated: (_event, commit) => home(commit, placeOf(commit).interfaceId, 'interface'),
    PeerAdded: (event, commit) => home(commit, event.peerId, 'peer'),
  },
})
