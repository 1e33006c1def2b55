import type { UserId } from '@holdfast/domain'
import { defineProjection, type Projection, type RowChange } from '@holdfast/projections'
import { userCodec } from '../codecs/user-codec.ts'
import type { UserEvent } from '../domain/user.ts'
import { erased, type PersonFields } from '../keys/person-fields.ts'

/** Where a super-admin's role holds: everywhere. */
export const everywhere = '*'

/**
 * Rows behind ListUsers, names opened. People belong to no organization of themselves, so only readers of
 * all see `users`; an organization's readers come to it through `role_bindings`, see queries/users.ts.
 * Raise `version` with every change.
 */
export const userRows = (persons: PersonFields): Projection =>
  defineProjection<UserEvent>({
    name: 'auth.users',
    version: 2,
    context: 'auth',
    tables: [
      {
        name: 'users',
        columns: {
          id: 'uuid',
          username: 'text',
          email: 'text',
          display_name: 'text',
          is_disabled: 'boolean',
          created_at: 'timestamptz',
          password_changed_at: 'timestamptz',
          revision: 'bigint',
        },
        key: ['id'],
        isTemporal: true,
        indexes: ['(lower(username), id)'],
      },
      {
        name: 'role_bindings',
        columns: { user_id: 'uuid', role: 'text', organization_id: 'text' },
        key: ['user_id', 'role', 'organization_id'],
        isTemporal: true,
        organizationColumn: 'organization_id',
        indexes: ['(organization_id, user_id)'],
      },
      {
        // Whose keys have to be gone, and who is shown as `[erased]`.
        name: 'erased_users',
        columns: { user_id: 'uuid', sequence: 'bigint' },
        key: ['user_id'],
      },
    ],
    codecs: { user: userCodec },
    on: {
      UserCreated: (event, { aggregateId, timeUnixUs, sequence }) => {
        const userId = aggregateId as UserId // ids of this aggregate are users'
        return [
          {
            op: 'put',
            table: 'users',
            row: {
              id: userId,
              username: persons.open(userId, 'username', event.username),
              email: persons.open(userId, 'email', event.email),
              display_name: persons.open(userId, 'display_name', event.displayName),
              is_disabled: false,
              created_at: timeUnixUs,
              password_changed_at: timeUnixUs,
              revision: sequence,
            },
          },
        ]
      },
      PasswordChanged: (_, { aggregateId, timeUnixUs, sequence }) => [
        set(aggregateId, { password_changed_at: timeUnixUs, revision: sequence }),
      ],
      RoleGranted: ({ binding }, { aggregateId, sequence }) => [
        set(aggregateId, { revision: sequence }),
        {
          op: 'put',
          table: 'role_bindings',
          row: {
            user_id: aggregateId,
            role: binding.role,
            organization_id: binding.organizationId ?? everywhere,
          },
        },
      ],
      RoleRevoked: ({ binding }, { aggregateId, sequence }) => [
        set(aggregateId, { revision: sequence }),
        {
          op: 'remove',
          table: 'role_bindings',
          key: {
            user_id: aggregateId,
            role: binding.role,
            organization_id: binding.organizationId ?? everywhere,
          },
        },
      ],
      UserDisabled: (_, { aggregateId, sequence }) => [
        set(aggregateId, { is_disabled: true, revision: sequence }),
      ],
      UserEnabled: (_, { aggregateId, sequence }) => [
        set(aggregateId, { is_disabled: false, revision: sequence }),
      ],
      // A replay finds no key and writes the same words from the start.
      UserErased: (_, { aggregateId, sequence }) => [
        {
          op: 'redact',
          table: 'users',
          key: { id: aggregateId },
          set: { username: erased, email: erased, display_name: erased },
        },
        { op: 'remove', table: 'users', key: { id: aggregateId } },
        { op: 'removeWhere', table: 'role_bindings', where: { user_id: aggregateId } },
        { op: 'put', table: 'erased_users', row: { user_id: aggregateId, sequence } },
      ],
    },
  })

const set = (id: string, columns: Readonly<Record<string, unknown>>): RowChange => ({
  op: 'patch',
  table: 'users',
  key: { id },
  set: columns,
})
