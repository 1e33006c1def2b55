import { defineProjection } from '@holdfast/projections'
import { holdfast } from '@holdfast/proto'
import { eventReader } from './event-reader.ts'

const v1 = holdfast.network.v1

type NodeEvent =
  | { readonly type: 'NodeEnrolled'; readonly organizationId: string; readonly name: string }
  | { readonly type: 'NodeUpdated'; readonly name: string }
  | { readonly type: 'NodeDeleted' }

/** Whose a node is and what it is called. Rows outlast the node, for its flows do. */
export const nodes = defineProjection<NodeEvent>({
  name: 'network.nodes',
  version: 1,
  context: 'network',
  tables: [
    {
      name: 'nodes',
      columns: { node_id: 'uuid', organization_id: 'uuid', name: 'text', is_deleted: 'boolean' },
      key: ['node_id'],
      organizationColumn: 'organization_id',
    },
  ],
  codecs: {
    node: eventReader<NodeEvent>({
      NodeEnrolled: [
        (data) => {
          const { organizationId, name } = v1.NodeEnrolled.decode(data)
          return { type: 'NodeEnrolled', organizationId, name }
        },
      ],
      NodeUpdated: [
        (data) => ({ type: 'NodeUpdated', name: v1.NodeUpdated.decode(data).name }) as const,
      ],
      NodeDeleted: [() => ({ type: 'NodeDeleted' })],
    }),
  },
  on: {
    NodeEnrolled: ({ organizationId, name }, { aggregateId }) => [
      {
        op: 'put',
        table: 'nodes',
        row: { node_id: aggregateId, organization_id: organizationId, name, is_deleted: false },
      },
    ],
    NodeUpdated: ({ name }, { aggregateId }) => [
      { op: 'patch', table: 'nodes', key: { node_id: aggregateId }, set: { name } },
    ],
    NodeDeleted: (_event, { aggregateId }) => [
      { op: 'patch', table: 'nodes', key: { node_id: aggregateId }, set: { is_deleted: true } },
    ],
  },
})
