import { defineProjection } from '@holdfast/projections'
import { organizationCodec } from '../codecs/organization-codec.ts'
import type { OrganizationEvent } from '../domain/organization.ts'

/** Rows behind ListOrganizations. Raise `version` with every change. */
export const organizationRows = defineProjection<OrganizationEvent>({
  name: 'auth.organizations',
  version: 2,
  context: 'auth',
  tables: [
    {
      name: 'organizations',
      columns: {
        id: 'uuid',
        name: 'text',
        description: 'text',
        created_at: 'timestamptz',
        revision: 'bigint',
      },
      key: ['id'],
      isTemporal: true,
      organizationColumn: 'id',
      indexes: ['(lower(name), id)'],
    },
  ],
  codecs: { organization: organizationCodec },
  on: {
    OrganizationCreated: ({ name, description }, { aggregateId, timeUnixUs, sequence }) => [
      {
        op: 'put',
        table: 'organizations',
        row: { id: aggregateId, name, description, created_at: timeUnixUs, revision: sequence },
      },
    ],
    OrganizationUpdated: ({ name, description }, { aggregateId, sequence }) => [
      {
        op: 'patch',
        table: 'organizations',
        key: { id: aggregateId },
        set: { name, description, revision: sequence },
      },
    ],
    OrganizationDeleted: (_, { aggregateId }) => [
      { op: 'remove', table: 'organizations', key: { id: aggregateId } },
    ],
  },
})
