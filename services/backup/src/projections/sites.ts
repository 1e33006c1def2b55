import { UnknownEvent } from '@holdfast/event-log'
import { defineProjection } from '@holdfast/projections'
import { holdfast } from '@holdfast/proto'

const v1 = holdfast.auth.v1

/** What auth says about sites, as far as backups care: whose snapshots hold one. */
type SiteEvent = { type: 'SiteCreated'; organizationId: string } | { type: 'SiteDeleted' }

const codec = {
  decode({ type, schema, data }: { type: string; schema: number; data: Uint8Array }): SiteEvent {
    if (schema !== 1) throw UnknownEvent({ type, schema })
    switch (type) {
      case 'SiteCreated':
        return { type, organizationId: v1.SiteCreated.decode(data).organizationId }
      case 'SiteDeleted':
        return { type }
      default:
        throw UnknownEvent({ type, schema })
    }
  },
}

/** A deleted one stays: older snapshots hold it. */
export const siteRows = defineProjection<SiteEvent>({
  name: 'auth.sites',
  version: 1,
  context: 'auth',
  tables: [
    {
      name: 'sites',
      columns: {
        site_id: 'uuid',
        organization_id: 'uuid',
        created_sequence: 'bigint',
        deleted_sequence: 'bigint',
      },
      key: ['site_id'],
      organizationColumn: 'organization_id',
    },
  ],
  codecs: { site: codec },
  on: {
    SiteCreated: ({ organizationId }, { aggregateId, sequence }) => [
      {
        op: 'put',
        table: 'sites',
        row: {
          site_id: aggregateId,
          organization_id: organizationId,
          created_sequence: sequence,
          deleted_sequence: null,
        },
      },
    ],
    SiteDeleted: (_event, { aggregateId, sequence }) => [
      {
        op: 'patch',
        table: 'sites',
        key: { site_id: aggregateId },
        set: { deleted_sequence: sequence },
      },
    ],
  },
})
