import { defineProjection } from '@holdfast/projections'
import { recoveryCodec } from '../codecs/recovery-codec.ts'
import type { RecoveryEvent } from '../domain/recovery.ts'

/** Rows behind ListRecipients: those in use and those gone, and when somebody last looked at the keys. */
export const recipientRows = defineProjection<RecoveryEvent>({
  name: 'backup.recipients',
  version: 1,
  context: 'backup',
  tables: [
    {
      name: 'recipients',
      columns: {
        recipient: 'text',
        label: 'text',
        added_at_unix_ms: 'bigint',
        // Zero: still in use; never.
        removed_at_unix_ms: 'bigint',
        proved_at_unix_ms: 'bigint',
      },
      key: ['recipient'],
    },
    {
      name: 'key_reviews',
      columns: { recovery_id: 'uuid', reviewed_at_unix_ms: 'bigint', note: 'text' },
      key: ['recovery_id'],
    },
  ],
  codecs: { recovery: recoveryCodec },
  on: {
    RecipientAdded: ({ recipient, label }, { timeUnixMs }) => [
      {
        op: 'put',
        table: 'recipients',
        row: {
          recipient,
          label,
          added_at_unix_ms: timeUnixMs,
          removed_at_unix_ms: 0,
          proved_at_unix_ms: 0,
        },
      },
    ],
    RecipientRemoved: ({ recipient }, { timeUnixMs }) => [
      {
        op: 'patch',
        table: 'recipients',
        key: { recipient },
        set: { removed_at_unix_ms: timeUnixMs },
      },
    ],
    RecipientProved: ({ recipient }, { timeUnixMs }) => [
      {
        op: 'patch',
        table: 'recipients',
        key: { recipient },
        set: { proved_at_unix_ms: timeUnixMs },
      },
    ],
    KeysReviewed: ({ note }, { aggregateId, timeUnixMs }) => [
      {
        op: 'put',
        table: 'key_reviews',
        row: { recovery_id: aggregateId, reviewed_at_unix_ms: timeUnixMs, note },
      },
    ],
  },
})
