import type { OrganizationId } from '@holdfast/domain'
import { holdfast } from '@holdfast/proto'
import type { SubscriberEvent } from '../domain/subscriber.ts'
import { eventCodec } from './event-codec.ts'

const { SubscriberCreated, SubscriberRevoked, SubscriberRotated } = holdfast.auth.v1

export const subscriberCodec = eventCodec<SubscriberEvent>({
  SubscriberCreated: {
    encode: ({ organizationId = '', name, actions, natsPublicKey }) =>
      SubscriberCreated.encode({
        organizationId,
        name,
        actions: [...actions],
        natsPublicKey,
      }).finish(),
    decode: (data) => {
      const { organizationId, name, actions, natsPublicKey } = SubscriberCreated.decode(data)
      // as: an id of ours, stored by this codec
      const where = organizationId === '' ? undefined : (organizationId as OrganizationId)
      return { organizationId: where, name, actions, natsPublicKey }
    },
  },
  SubscriberRotated: {
    encode: ({ natsPublicKey, oldNatsPublicKey }) =>
      SubscriberRotated.encode({ natsPublicKey, oldNatsPublicKey }).finish(),
    decode: (data) => {
      const { natsPublicKey, oldNatsPublicKey } = SubscriberRotated.decode(data)
      return { natsPublicKey, oldNatsPublicKey }
    },
  },
  SubscriberRevoked: {
    encode: ({ natsPublicKey }) => SubscriberRevoked.encode({ natsPublicKey }).finish(),
    decode: (data) => ({ natsPublicKey: SubscriberRevoked.decode(data).natsPublicKey }),
  },
})
