import { UnknownEvent } from '@holdfast/event-log'
import { defineProjection } from '@holdfast/projections'
import { holdfast } from '@holdfast/proto'

const v1 = holdfast.auth.v1

/** What auth says about organizations, as far as snapshots care. */
type OrganizationEvent =
  | { type: 'OrganizationCreated'; name: string; description: string }
  | { type: 'OrganizationUpdated'; name: string; description: string }
  | { type: 'OrganizationDeleted' }

const codec = {
  decode({ type, schema, data }: { type: string; schema: number; data: Uint8Array }) {
    if (schema !== 1) throw UnknownEvent({ type, schema })
    switch (type) {
      case 'OrganizationCreated':
      case 'OrganizationUpdated': {
        const { name, description } = v1[type].decode(data)
        return { type, name, description } satisfies OrganizationEvent
      }
      case 'OrganizationDeleted':
        return { type } satisfies OrganizationEvent
      default:
        throw UnknownEvent({ type, schema })
    }
  },
}

/** Organizations by name: what a snapshot calls them by, and what an import looks for. */
export const organizationRows = defineProjection<OrganizationEvent>({
  name: 'auth.organizations',
  version: 1,
  context: 'auth',
  tables: [
    {
      name: 'organizations',
      columns: { organization_id: 'uuid', name: 'text', description: 'text' },
      key: ['organization_id'],
      organizationColumn: 'organization_id',
    },
  ],
  codecs: { organization: codec },
  on: {
    OrganizationCreated: ({ name, description }, { aggregateId }) => [
      {
        op: 'put',
        table: 'organizations',
        row: { organization_id: aggregateId, name, description },
      },
    ],
    OrganizationUpdated: ({ name, description }, { aggregateId }) => [
      {
        op: 'patch',
        table: 'organizations',
        key: { organization_id: aggregateId },
        set: { name, description },
      },
    ],
    OrganizationDeleted: (_event, { aggregateId }) => [
      { op: 'remove', table: 'organizations', key: { organization_id: aggregateId } },
    ],
  },
})
