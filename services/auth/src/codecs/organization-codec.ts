import { holdfast } from '@holdfast/proto'
import type { OrganizationEvent } from '../domain/organization.ts'
import { eventCodec } from './event-codec.ts'

const { OrganizationCreated, OrganizationDeleted, OrganizationUpdated } = holdfast.auth.v1

export const organizationCodec = eventCodec<OrganizationEvent>({
  OrganizationCreated: {
    encode: ({ name, description }) => OrganizationCreated.encode({ name, description }).finish(),
    decode: (data) => {
      const { name, description } = OrganizationCreated.decode(data)
      return { name, description }
    },
  },
  OrganizationUpdated: {
    encode: ({ name, description }) => OrganizationUpdated.encode({ name, description }).finish(),
    decode: (data) => {
      const { name, description } = OrganizationUpdated.decode(data)
      return { name, description }
    },
  },
  OrganizationDeleted: {
    encode: () => OrganizationDeleted.encode({}).finish(),
    decode: () => ({}),
  },
})
