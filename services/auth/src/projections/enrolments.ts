import { defineProjection } from '@holdfast/projections'
import { enrolmentCodec } from '../codecs/enrolment-codec.ts'
import type { EnrolmentEvent } from '../domain/enrolment.ts'

/** Enrolment tokens and what became of them, for operators; deciding about a token reads the log. */
export const enrolmentRows = defineProjection<EnrolmentEvent>({
  name: 'auth.enrolments',
  version: 1,
  context: 'auth',
  tables: [
    {
      name: 'enrolments',
      columns: {
        node_id: 'uuid',
        organization_id: 'uuid',
        node_name: 'text',
        created_at: 'timestamptz',
        expires_at: 'timestamptz',
        nats_public_key: 'text',
        is_revoked: 'boolean',
      },
      key: ['node_id'],
      organizationColumn: 'organization_id',
    },
  ],
  codecs: { enrolment: enrolmentCodec },
  on: {
    EnrolmentTokenCreated: (event, { aggregateId, timeUnixUs }) => [
      {
        op: 'put',
        table: 'enrolments',
        row: {
          node_id: aggregateId,
          organization_id: event.organizationId,
          node_name: event.nodeName,
          created_at: timeUnixUs,
          expires_at: new Date(event.expiresAtUnixMs),
          is_revoked: false,
        },
      },
    ],
    NodeIdentityIssued: ({ natsPublicKey }, { aggregateId }) => [
      {
        op: 'patch',
        table: 'enrolments',
        key: { node_id: aggregateId },
        set: { nats_public_key: natsPublicKey },
      },
    ],
    NodeIdentityRevoked: (_, { aggregateId }) => [
      {
        op: 'patch',
        table: 'enrolments',
        key: { node_id: aggregateId },
        set: { is_revoked: true },
      },
    ],
  },
})
