import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import { component, decimal, id, textOut, time } from './fields.ts'
import { decimalOf, momentOf } from './print.ts'

export const Organization = component('Organization', {
  id: id('Organization id.'),
  name: textOut('Unique name.', 'Acme'),
  description: textOut('Free text.', 'Head office and branches'),
  created_at: time('When it was created.'),
  revision: decimal('Moves with every change; the value of the ETag.', '42'),
})

export const printOrganization = (
  o: holdfast.auth.v1.Organization.$Properties,
): Static<typeof Organization> => ({
  id: o.id ?? '',
  name: o.name ?? '',
  description: o.description ?? '',
  created_at: momentOf(o.createdAtUnixMs),
  revision: decimalOf(o.revision),
})

export const Site = component('Site', {
  id: id('Site id.'),
  organization_id: id('Organization it belongs to.'),
  name: textOut('Unique in the organization.', 'Berlin'),
  description: textOut('Free text.', 'Second floor'),
  created_at: time('When it was created.'),
  revision: decimal('Moves with every change; the value of the ETag.', '42'),
})

export const printSite = (s: holdfast.auth.v1.Site.$Properties): Static<typeof Site> => ({
  id: s.id ?? '',
  organization_id: s.organizationId ?? '',
  name: s.name ?? '',
  description: s.description ?? '',
  created_at: momentOf(s.createdAtUnixMs),
  revision: decimalOf(s.revision),
})
