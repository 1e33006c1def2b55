import { defineProjection } from '@holdfast/projections'
import { keyringCodec } from '../codecs/keyring-codec.ts'
import type { KeyringEvent } from '../domain/keyring.ts'

/** When each signing key came, which says when the one before it may go. */
export const signingKeyRows = defineProjection<KeyringEvent>({
  name: 'auth.signing_keys',
  version: 1,
  context: 'auth',
  tables: [
    {
      name: 'signing_keys',
      columns: { key_id: 'text', added_at: 'timestamptz', sequence: 'bigint' },
      key: ['key_id'],
    },
  ],
  codecs: { keyring: keyringCodec },
  on: {
    SigningKeyAdded: ({ keyId }, { timeUnixUs, sequence }) => [
      {
        op: 'put',
        table: 'signing_keys',
        row: { key_id: keyId, added_at: timeUnixUs, sequence },
      },
    ],
    SigningKeyRetired: ({ keyId }) => [
      { op: 'remove', table: 'signing_keys', key: { key_id: keyId } },
    ],
  },
})
