import { holdfast } from '@holdfast/proto'
import type { EnrolmentEvent } from '../domain/enrolment.ts'
import { eventCodec } from './event-codec.ts'
import { organizationIdFrom, siteIdFrom } from './stored-fields.ts'

const { EnrolmentTokenCreated, NodeIdentityIssued, NodeIdentityRevoked } = holdfast.auth.v1

export const enrolmentCodec = eventCodec<EnrolmentEvent>({
  EnrolmentTokenCreated: {
    encode: ({ tokenHash, organizationId, siteId, nodeName, expiresAtUnixMs }) =>
      EnrolmentTokenCreated.encode({
        tokenHash,
        organizationId,
        siteId: siteId ?? '',
        nodeName,
        expiresAtUnixMs,
      }).finish(),
    decode: (data) => {
      const { tokenHash, organizationId, siteId, nodeName, expiresAtUnixMs } =
        EnrolmentTokenCreated.decode(data)
      return {
        tokenHash,
        organizationId: organizationIdFrom(organizationId),
        siteId: siteIdFrom(siteId),
        nodeName,
        expiresAtUnixMs: Number(expiresAtUnixMs),
      }
    },
  },
  NodeIdentityIssued: {
    encode: ({ natsPublicKey }) => NodeIdentityIssued.encode({ natsPublicKey }).finish(),
    decode: (data) => ({ natsPublicKey: NodeIdentityIssued.decode(data).natsPublicKey }),
  },
  NodeIdentityRevoked: {
    encode: ({ natsPublicKey }) => NodeIdentityRevoked.encode({ natsPublicKey }).finish(),
    decode: (data) => ({ natsPublicKey: NodeIdentityRevoked.decode(data).natsPublicKey }),
  },
})
