import { holdfast } from '@holdfast/proto'
import type { SiteEvent } from '../domain/site.ts'
import { eventCodec } from './event-codec.ts'
import { organizationIdFrom } from './stored-fields.ts'

const { SiteCreated, SiteDeleted, SiteUpdated } = holdfast.auth.v1

export const siteCodec = eventCodec<SiteEvent>({
  SiteCreated: {
    encode: ({ organizationId, name, description }) =>
      SiteCreated.encode({ organizationId, name, description }).finish(),
    decode: (data) => {
      const { organizationId, name, description } = SiteCreated.decode(data)
      return { organizationId: organizationIdFrom(organizationId), name, description }
    },
  },
  SiteUpdated: {
    encode: ({ name, description }) => SiteUpdated.encode({ name, description }).finish(),
    decode: (data) => {
      const { name, description } = SiteUpdated.decode(data)
      return { name, description }
    },
  },
  SiteDeleted: {
    encode: () => SiteDeleted.encode({}).finish(),
    decode: () => ({}),
  },
})
