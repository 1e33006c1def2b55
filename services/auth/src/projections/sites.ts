import { defineProjection } from '@holdfast/projections'
import { siteCodec } from '../codecs/site-codec.ts'
import type { SiteEvent } from '../domain/site.ts'

/** Rows behind ListSites. Raise `version` with every change. */
export const siteRows = defineProjection<SiteEvent>({
  name: 'auth.sites',
  version: 2,
  context: 'auth',
  tables: [
    {
      name: 'sites',
      columns: {
        id: 'uuid',
        organization_id: 'uuid',
        name: 'text',
        description: 'text',
        created_at: 'timestamptz',
        revision: 'bigint',
      },
      key: ['id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: ['(lower(name), id)', '(organization_id)'],
    },
  ],
  codecs: { site: siteCodec },
  on: {
    SiteCreated: ({ organizationId, name, description }, { aggregateId, timeUnixUs, sequence }) => [
      {
        op: 'put',
        table: 'sites',
        row: {
          id: aggregateId,
          organization_id: organizationId,
          name,
          description,
          created_at: timeUnixUs,
          revision: sequence,
        },
      },
    ],
    SiteUpdated: ({ name, description }, { aggregateId, sequence }) => [
      {
        op: 'patch',
        table: 'sites',
        key: { id: aggregateId },
        set: { name, description, revision: sequence },
      },
    ],
    SiteDeleted: (_, { aggregateId }) => [
      { op: 'remove', table: 'sites', key: { id: aggregateId } },
    ],
  },
})
