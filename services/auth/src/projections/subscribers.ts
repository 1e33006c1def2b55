import { defineProjection } from '@holdfast/projections'
import { subscriberCodec } from '../codecs/subscriber-codec.ts'
import type { SubscriberEvent } from '../domain/subscriber.ts'

/** Rows behind ListSubscribers. Raise `version` with every change. */
export const subscriberRows = defineProjection<SubscriberEvent>({
  name: 'auth.subscribers',
  version: 1,
  context: 'auth',
  tables: [
    {
      name: 'subscribers',
      columns: {
        id: 'uuid',
        // Null: of the whole instance.
        organization_id: 'uuid',
        name: 'text',
        actions: 'text[]',
        created_at: 'timestamptz',
        revision: 'bigint',
      },
      key: ['id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: ['(lower(name), id)'],
    },
  ],
  codecs: { subscriber: subscriberCodec },
  on: {
    SubscriberCreated: (event, { aggregateId, timeUnixUs, sequence }) => [
      {
        op: 'put',
        table: 'subscribers',
        row: {
          id: aggregateId,
          organization_id: event.organizationId ?? null,
          name: event.name,
          actions: event.actions,
          created_at: timeUnixUs,
          revision: sequence,
        },
      },
    ],
    SubscriberRotated: (_, { aggregateId, sequence }) => [
      { op: 'patch', table: 'subscribers', key: { id: aggregateId }, set: { revision: sequence } },
    ],
    SubscriberRevoked: (_, { aggregateId }) => [
      { op: 'remove', table: 'subscribers', key: { id: aggregateId } },
    ],
  },
})
