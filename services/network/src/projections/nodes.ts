import { defineProjection } from '@holdfast/projections'
import { nodeCodec } from '../codecs/node-codec.ts'
import type { NodeEvent } from '../domain/node.ts'

/** Rows behind ListNodes and GetNode. Raise `version` with every change: the rows are rebuilt beside the old. */
export const nodes = defineProjection<NodeEvent>({
  name: 'network.nodes',
  version: 3,
  context: 'network',
  tables: [
    {
      name: 'nodes',
      columns: {
        node_id: 'uuid',
        organization_id: 'uuid',
        site_id: 'text',
        name: 'text',
        name_key: 'text',
        endpoint_host: 'text',
        // Uplinks of the domain.
        uplinks: 'jsonb',
        hostname: 'text',
        platform: 'text',
        created_at_unix_ms: 'bigint',
        created_sequence: 'bigint',
        revision: 'bigint',
      },
      key: ['node_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: ['(name_key, node_id)', '(created_sequence)'],
    },
  ],
  codecs: { node: nodeCodec },
  on: {
    NodeEnrolled: (event, commit) => [
      {
        op: 'put',
        table: 'nodes',
        row: {
          node_id: commit.aggregateId,
          organization_id: event.organizationId,
          site_id: event.siteId,
          name: event.name,
          name_key: event.name.toLowerCase(),
          endpoint_host: '',
          uplinks: [],
          hostname: event.hostname,
          platform: event.platform,
          created_at_unix_ms: commit.timeUnixMs,
          created_sequence: commit.sequence,
          revision: 1n,
        },
      },
    ],
    NodeUpdated: (event, commit) => {
      const key = { node_id: commit.aggregateId }
      const set = {
        name: event.name,
        name_key: event.name.toLowerCase(),
        site_id: event.siteId,
        endpoint_host: event.endpointHost,
        uplinks: event.uplinks,
      }
      return [
        { op: 'patch', table: 'nodes', key, set },
        { op: 'add', table: 'nodes', key, column: 'revision', by: 1n },
      ]
    },
    NodeDeleted: (_event, commit) => [
      { op: 'remove', table: 'nodes', key: { node_id: commit.aggregateId } },
    ],
  },
})
