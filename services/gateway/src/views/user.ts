import { Type } from '@fastify/type-provider-typebox'
import { roleWords } from '@holdfast/catalogue'
import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import {
  component,
  decimal,
  flagOut,
  id,
  idOrNull,
  textOut,
  time,
  timeOrNull,
  words,
} from './fields.ts'
import { decimalOf, idOf, momentOf, timeOf, wordOf } from './print.ts'

export const roles = roleWords
export type RoleWord = (typeof roles)[number]

/** The proto number of a role. */
export const roleNumber = (role: RoleWord): number => roles.indexOf(role) + 1

export const User = component('User', {
  id: id('User id.'),
  username: textOut('Unique regardless of case.', 'ada'),
  email: textOut('E-mail address.', 'ada@example.org'),
  display_name: textOut('For people.', 'Ada Lovelace'),
  bindings: Type.Array(
    Type.Object({
      role: words([...roles, 'unknown'], 'What the user may do.'),
      organization_id: idOrNull('Where; null for super_admin, which holds everywhere.'),
    }),
    { description: 'Roles the user holds.' },
  ),
  is_disabled: flagOut('A disabled user cannot sign in.', false),
  created_at: time('When the user was created.'),
  password_changed_at: timeOrNull('When the password was last changed.'),
  revision: decimal('Moves with every change; the value of the ETag.', '42'),
})

export const printUser = (u: holdfast.auth.v1.User.$Properties): Static<typeof User> => ({
  id: u.id ?? '',
  username: u.username ?? '',
  email: u.email ?? '',
  display_name: u.displayName ?? '',
  bindings: (u.bindings ?? []).map((binding) => ({
    role: wordOf(roles, binding.role ?? 0),
    organization_id: idOf(binding.organizationId),
  })),
  is_disabled: u.isDisabled ?? false,
  created_at: momentOf(u.createdAtUnixMs),
  password_changed_at: timeOf(u.passwordChangedAtUnixMs),
  revision: decimalOf(u.revision),
})
