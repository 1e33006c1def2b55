import { UnknownEvent } from '@holdfast/event-log'
import { defineProjection } from '@holdfast/projections'
import { holdfast } from '@holdfast/proto'
import { nameKey } from '../domain/interface-state.ts'

const v1 = holdfast.auth.v1

/** What auth says about sites, as far as network cares. */
type SiteEvent =
  | { type: 'SiteCreated'; organizationId: string; name: string }
  | { type: 'SiteUpdated'; name: string }
  | { type: 'SiteDeleted' }

const codec = {
  decode({ type, schema, data }: { type: string; schema: number; data: Uint8Array }): SiteEvent {
    if (schema !== 1) throw UnknownEvent({ type, schema })
    switch (type) {
      case 'SiteCreated': {
        const { organizationId, name } = v1.SiteCreated.decode(data)
        return { type, organizationId, name }
      }
      case 'SiteUpdated':
        return { type, name: v1.SiteUpdated.decode(data).name }
      case 'SiteDeleted':
        return { type }
      default:
        throw UnknownEvent({ type, schema })
    }
  },
}

/** Sites by name: a snapshot calls the site of a node by it. */
export const sites = defineProjection<SiteEvent>({
  name: 'auth.sites',
  version: 2,
  context: 'auth',
  tables: [
    {
      name: 'sites',
      columns: { site_id: 'uuid', organization_id: 'uuid', name: 'text', name_key: 'text' },
      key: ['site_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: ['(organization_id, name_key)'],
    },
  ],
  codecs: { site: codec },
  on: {
    SiteCreated: ({ organizationId, name }, { aggregateId }) => [
      {
        op: 'put',
        table: 'sites',
        row: {
          site_id: aggregateId,
          organization_id: organizationId,
          name,
          name_key: nameKey(name),
        },
      },
    ],
    SiteUpdated: ({ name }, { aggregateId }) => [
      {
        op: 'patch',
        table: 'sites',
        key: { site_id: aggregateId },
        set: { name, name_key: nameKey(name) },
      },
    ],
    SiteDeleted: (_event, { aggregateId }) => [
      { op: 'remove', table: 'sites', key: { site_id: aggregateId } },
    ],
  },
})
