import type { OrganizationId, UserId } from '@holdfast/domain'
import { type Postgres, sql } from '@holdfast/postgres'
import type { RoleBinding } from '../domain/role.ts'
import type { Sealed } from '../domain/sealed.ts'

export interface SignInRow {
  readonly userId: UserId
  readonly isDisabled: boolean
  readonly passwordHash: Sealed
  readonly bindings: readonly RoleBinding[]
}

/** Who has one of these names, by the ids of their reservations. */
export async function findHolder(
  postgres: Postgres,
  reservationIds: readonly string[],
): Promise<UserId | undefined> {
  const [row] = await postgres.read({ organizations: '*' }, (tx) =>
    tx.query<{ user_id: UserId }>(sql`
      select user_id from auth.sign_in_names
      where reservation_id = any(${reservationIds}::uuid[])
      order by array_position(${reservationIds}::uuid[], reservation_id) limit 1`),
  )
  return row?.user_id
}

/** What signing in asks of somebody; undefined when there is no such user. */
export async function findSignIn(
  postgres: Postgres,
  userId: UserId,
): Promise<SignInRow | undefined> {
  const [row] = await postgres.read({ organizations: '*' }, (tx) =>
    tx.query<{
      is_disabled: boolean
      password_key_id: string
      password_nonce: Uint8Array
      password_ciphertext: Uint8Array
      bindings: readonly (readonly [RoleBinding['role'], OrganizationId | '*'])[]
    }>(sql`
      select u.is_disabled, u.password_key_id, u.password_nonce, u.password_ciphertext,
        coalesce((
          select jsonb_agg(jsonb_build_array(b.role, b.organization_id))
          from auth.role_bindings b where b.user_id = u.user_id
        ), '[]') as bindings
      from auth.sign_in_users u where u.user_id = ${userId}`),
  )
  if (!row) return undefined
  return {
    userId,
    isDisabled: row.is_disabled,
    passwordHash: {
      keyId: row.password_key_id,
      nonce: row.password_nonce,
      ciphertext: row.password_ciphertext,
    },
    bindings: row.bindings.flatMap(([role, organizationId]): readonly RoleBinding[] => {
      if (role === 'SUPER_ADMIN') return [{ role }]
      return organizationId === '*' ? [] : [{ role, organizationId }]
    }),
  }
}
