import { defineProjection } from '@holdfast/projections'
import { reservationCodec } from '../codecs/reservation-codec.ts'
import { userCodec } from '../codecs/user-codec.ts'
import type { ReservationEvent } from '../domain/reservation.ts'
import type { Sealed } from '../domain/sealed.ts'
import type { UserEvent } from '../domain/user.ts'

/**
 * What signing in has to know while the log cannot be read: who has which name, under the id of its reservation, and
 * password hashes, sealed as the log has them. Roles are in `role_bindings`, see users.ts.
 */
export const signInRows = defineProjection<UserEvent | ReservationEvent>({
  name: 'auth.sign_in',
  version: 2,
  context: 'auth',
  tables: [
    {
      name: 'sign_in_names',
      columns: { reservation_id: 'uuid', user_id: 'uuid' },
      key: ['reservation_id'],
    },
    {
      name: 'sign_in_users',
      columns: {
        user_id: 'uuid',
        password_key_id: 'text',
        password_nonce: 'bytea',
        password_ciphertext: 'bytea',
        is_disabled: 'boolean',
      },
      key: ['user_id'],
    },
  ],
  codecs: { user: userCodec, reservation: reservationCodec },
  on: {
    NameReserved: ({ userId }, { aggregateId }) => [
      {
        op: 'put',
        table: 'sign_in_names',
        row: { reservation_id: aggregateId, user_id: userId },
      },
    ],
    NameReleased: (_, { aggregateId }) => [
      { op: 'remove', table: 'sign_in_names', key: { reservation_id: aggregateId } },
    ],
    UserCreated: ({ passwordHash }, { aggregateId }) => [
      {
        op: 'put',
        table: 'sign_in_users',
        row: { user_id: aggregateId, ...columnsOf(passwordHash), is_disabled: false },
      },
    ],
    PasswordChanged: ({ passwordHash }, { aggregateId }) => [
      set(aggregateId, columnsOf(passwordHash)),
    ],
    UserDisabled: (_, { aggregateId }) => [set(aggregateId, { is_disabled: true })],
    UserEnabled: (_, { aggregateId }) => [set(aggregateId, { is_disabled: false })],
    UserErased: (_, { aggregateId }) => [
      { op: 'remove', table: 'sign_in_users', key: { user_id: aggregateId } },
    ],
  },
})

const columnsOf = ({ keyId, nonce, ciphertext }: Sealed) => ({
  password_key_id: keyId,
  password_nonce: nonce,
  password_ciphertext: ciphertext,
})

const set = (id: string, columns: Readonly<Record<string, unknown>>) =>
  ({ op: 'patch', table: 'sign_in_users', key: { user_id: id }, set: columns }) as const
