import { UnknownEvent } from '@holdfast/event-log'
import { defineProjection } from '@holdfast/projections'
import { holdfast } from '@holdfast/proto'
import { nameKey } from '../domain/settings.ts'

const v1 = holdfast.auth.v1

/** What auth says about organizations and sites, as far as rules care. */
type PlaceEvent =
  | { type: 'OrganizationCreated'; name: string }
  | { type: 'OrganizationUpdated'; name: string }
  | { type: 'OrganizationDeleted' }
  | { type: 'SiteCreated'; organizationId: string; name: string }
  | { type: 'SiteUpdated'; name: string }
  | { type: 'SiteDeleted' }

const codec = {
  decode({ type, schema, data }: { type: string; schema: number; data: Uint8Array }): PlaceEvent {
    if (schema !== 1) throw UnknownEvent({ type, schema })
    switch (type) {
      case 'OrganizationCreated':
        return { type, name: v1.OrganizationCreated.decode(data).name }
      case 'OrganizationUpdated':
        return { type, name: v1.OrganizationUpdated.decode(data).name }
      case 'SiteCreated': {
        const { organizationId, name } = v1.SiteCreated.decode(data)
        return { type, organizationId, name }
      }
      case 'SiteUpdated':
        return { type, name: v1.SiteUpdated.decode(data).name }
      case 'OrganizationDeleted':
      case 'SiteDeleted':
        return { type }
      default:
        throw UnknownEvent({ type, schema })
    }
  },
}

/** Organizations and sites by name: what requests name, targets point at and snapshots call by their names. */
export const organizations = defineProjection<PlaceEvent>({
  name: 'auth.organizations',
  version: 3,
  context: 'auth',
  tables: [
    {
      name: 'organizations',
      columns: { organization_id: 'uuid', name: 'text', name_key: 'text' },
      key: ['organization_id'],
      organizationColumn: 'organization_id',
      indexes: ['(name_key, organization_id)'],
    },
    {
      name: 'sites',
      columns: { site_id: 'uuid', organization_id: 'uuid', name: 'text', name_key: 'text' },
      key: ['site_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: ['(organization_id, name_key)'],
    },
  ],
  codecs: { organization: codec, site: codec },
  on: {
    OrganizationCreated: ({ name }, { aggregateId }) => [
      {
        op: 'put',
        table: 'organizations',
        row: { organization_id: aggregateId, name, name_key: nameKey(name) },
      },
    ],
    OrganizationUpdated: ({ name }, { aggregateId }) => [
      {
        op: 'patch',
        table: 'organizations',
        key: { organization_id: aggregateId },
        set: { name, name_key: nameKey(name) },
      },
    ],
    OrganizationDeleted: (_event, { aggregateId }) => [
      { op: 'remove', table: 'organizations', key: { organization_id: aggregateId } },
    ],
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
