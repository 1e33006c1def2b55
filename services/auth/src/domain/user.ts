import { assertNever, type Decider, type UserId } from '@holdfast/domain'
import { LastSuperAdmin, NameTakenMeanwhile, UserExists, UserNotFound } from './errors.ts'
import { bindingKey, type RoleBinding } from './role.ts'
import type { Sealed } from './sealed.ts'

export type UserCommand =
  | {
      readonly type: 'CreateUser'
      readonly id: UserId
      readonly username: Sealed
      readonly email: Sealed
      readonly displayName: Sealed
      readonly passwordHash: Sealed
      readonly bindings: readonly RoleBinding[]
      /** From the start: of somebody who is let in later. */
      readonly isDisabled?: boolean
    }
  | { readonly type: 'ChangePassword'; readonly id: UserId; readonly passwordHash: Sealed }
  | { readonly type: 'GrantRole'; readonly id: UserId; readonly binding: RoleBinding }
  /** `otherSuperAdmins`: enabled super-admins beside this user, counted while the set is held. */
  | {
      readonly type: 'RevokeRole'
      readonly id: UserId
      readonly binding: RoleBinding
      readonly otherSuperAdmins: number
    }
  | { readonly type: 'DisableUser'; readonly id: UserId; readonly otherSuperAdmins: number }
  | { readonly type: 'EnableUser'; readonly id: UserId }
  /** Forgets the person. Nothing when that was done before. */
  | { readonly type: 'EraseUser'; readonly id: UserId; readonly otherSuperAdmins: number }
  /** Takes the right to be created from a user whose creation was cut off. Nothing when the user exists. */
  | { readonly type: 'AbandonUser'; readonly id: UserId }

export type UserEvent =
  | {
      readonly type: 'UserCreated'
      readonly username: Sealed
      readonly email: Sealed
      readonly displayName: Sealed
      readonly passwordHash: Sealed
    }
  | { readonly type: 'PasswordChanged'; readonly passwordHash: Sealed }
  | { readonly type: 'RoleGranted'; readonly binding: RoleBinding }
  | { readonly type: 'RoleRevoked'; readonly binding: RoleBinding }
  | { readonly type: 'UserDisabled' }
  | { readonly type: 'UserEnabled' }
  | { readonly type: 'UserAbandoned' }
  | { readonly type: 'UserErased' }
  /** What is sealed with these keys cannot be read from here on; the keys go once the fact is safe. */
  | {
      readonly type: 'DataKeyDestroyed'
      readonly ownerId: string
      readonly kinds: readonly string[]
    }

/** Kinds of data keys that are a person's own. */
export const personKinds = ['person', 'access'] as const

/**
 * A person who can sign in.
 *
 * Invariant across users: somebody enabled is super-admin, or nobody could ever administer the instance
 * again. The count comes with the command; commands/users.ts says why that is enough.
 */
export interface User {
  exists: boolean
  isAbandoned: boolean
  isDisabled: boolean
  /** Forgotten: there is no such user any more, and the profile opens nowhere. */
  isErased: boolean
  profile:
    | { readonly username: Sealed; readonly email: Sealed; readonly displayName: Sealed }
    | undefined
  passwordHash: Sealed | undefined
  readonly bindings: Map<string, RoleBinding>
}

const isSuperAdmin = (state: User): boolean =>
  state.bindings.has(bindingKey({ role: 'SUPER_ADMIN' }))

export const user: Decider<UserCommand, UserEvent, User> = {
  initial: () => ({
    exists: false,
    isAbandoned: false,
    isDisabled: false,
    isErased: false,
    profile: undefined,
    passwordHash: undefined,
    bindings: new Map(),
  }),

  decide(command, state) {
    if (state.isErased && command.type === 'EraseUser') return []
    if (command.type === 'CreateUser') {
      if (state.isErased) throw UserNotFound({ user: command.id })
      if (state.isAbandoned) throw NameTakenMeanwhile({})
      if (state.exists) throw UserExists({ id: command.id })
      const { username, email, displayName, passwordHash, bindings } = command
      const distinct = new Map(bindings.map((binding) => [bindingKey(binding), binding]))
      return [
        { type: 'UserCreated', username, email, displayName, passwordHash },
        ...[...distinct.values()].map((binding) => ({ type: 'RoleGranted', binding }) as const),
        ...(command.isDisabled === true ? [{ type: 'UserDisabled' } as const] : []),
      ]
    }
    if (command.type === 'AbandonUser') {
      return state.exists || state.isAbandoned ? [] : [{ type: 'UserAbandoned' }]
    }
    if (!state.exists) throw UserNotFound({ user: command.id })

    switch (command.type) {
      case 'ChangePassword':
        return [{ type: 'PasswordChanged', passwordHash: command.passwordHash }]

      case 'GrantRole':
        if (state.bindings.has(bindingKey(command.binding))) return []
        return [{ type: 'RoleGranted', binding: command.binding }]

      case 'RevokeRole':
        if (!state.bindings.has(bindingKey(command.binding))) return []
        if (command.binding.role === 'SUPER_ADMIN') requireAnother(state, command.otherSuperAdmins)
        return [{ type: 'RoleRevoked', binding: command.binding }]

      case 'DisableUser':
        if (state.isDisabled) return []
        if (isSuperAdmin(state)) requireAnother(state, command.otherSuperAdmins)
        return [{ type: 'UserDisabled' }]

      case 'EraseUser':
        if (isSuperAdmin(state)) requireAnother(state, command.otherSuperAdmins)
        return [
          { type: 'UserErased' },
          { type: 'DataKeyDestroyed', ownerId: command.id, kinds: personKinds },
        ]

      case 'EnableUser':
        return state.isDisabled ? [{ type: 'UserEnabled' }] : []

      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'UserCreated': {
        const { username, email, displayName, passwordHash } = event
        state.exists = true
        state.profile = { username, email, displayName }
        state.passwordHash = passwordHash
        return state
      }
      case 'PasswordChanged':
        state.passwordHash = event.passwordHash
        return state
      case 'RoleGranted':
        state.bindings.set(bindingKey(event.binding), event.binding)
        return state
      case 'RoleRevoked':
        state.bindings.delete(bindingKey(event.binding))
        return state
      case 'UserDisabled':
        state.isDisabled = true
        return state
      case 'UserEnabled':
        state.isDisabled = false
        return state
      case 'UserAbandoned':
        state.isAbandoned = true
        return state
      case 'UserErased':
        state.exists = false
        state.isErased = true
        state.bindings.clear()
        return state
      case 'DataKeyDestroyed':
        return state
      default:
        return assertNever(event)
    }
  },
}

// A disabled super-admin does not count as one, so taking the role from them needs nobody else.
function requireAnother(state: User, otherSuperAdmins: number): void {
  if (!state.isDisabled && otherSuperAdmins === 0) throw LastSuperAdmin({})
}
