import { spec } from '@holdfast/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LastSuperAdmin, NameTakenMeanwhile, UserExists, UserNotFound } from './errors.ts'
import { acme, alice, initech, sealed } from './fixtures.ts'
import { bindingKey, type RoleBinding, roles } from './role.ts'
import { type UserCommand, type UserEvent, user } from './user.ts'

const { given } = spec(user)
const person = {
  username: sealed('alice'),
  email: sealed('alice@example.org'),
  displayName: sealed('Alice'),
  passwordHash: sealed('$argon2id$…'),
}
const created: UserEvent = { type: 'UserCreated', ...person }
const superAdmin: RoleBinding = { role: 'SUPER_ADMIN' }
const operator: RoleBinding = { role: 'OPERATOR', organizationId: acme }
const promoted: UserEvent = { type: 'RoleGranted', binding: superAdmin }
const disabled: UserEvent = { type: 'UserDisabled' }

test('a user is created with the first roles in one decision, each once', () => {
  given()
    .when({ type: 'CreateUser', id: alice, ...person, bindings: [operator, operator, superAdmin] })
    .expects(created, { type: 'RoleGranted', binding: operator }, promoted)
  given(created)
    .when({ type: 'CreateUser', id: alice, ...person, bindings: [] })
    .rejects(UserExists)
})

test('somebody abandoned cannot be created any more', () => {
  given().when({ type: 'AbandonUser', id: alice }).expects({ type: 'UserAbandoned' })
  given({ type: 'UserAbandoned' })
    .when({ type: 'CreateUser', id: alice, ...person, bindings: [] })
    .rejects(NameTakenMeanwhile)
  given({ type: 'UserAbandoned' }).when({ type: 'AbandonUser', id: alice }).expects()
})

test('somebody who exists cannot be abandoned', () => {
  given(created).when({ type: 'AbandonUser', id: alice }).expects()
})

test('granting and revoking twice is one fact', () => {
  const granted: UserEvent = { type: 'RoleGranted', binding: operator }
  const revoked: UserEvent = { type: 'RoleRevoked', binding: operator }
  const revoke = { type: 'RevokeRole', id: alice, binding: operator, otherSuperAdmins: 0 } as const
  given(created).when({ type: 'GrantRole', id: alice, binding: operator }).expects(granted)
  given(created, granted).when({ type: 'GrantRole', id: alice, binding: operator }).expects()
  given(created, granted).when(revoke).expects(revoked)
  given(created, granted, revoked).when(revoke).expects()
})

test('the same role in two organizations is two roles', () => {
  const elsewhere: RoleBinding = { role: 'OPERATOR', organizationId: initech }
  given(created, { type: 'RoleGranted', binding: operator })
    .when({ type: 'GrantRole', id: alice, binding: elsewhere })
    .expects({ type: 'RoleGranted', binding: elsewhere })
})

test('the last super-admin keeps the role and stays enabled', () => {
  const revoke = { type: 'RevokeRole', id: alice, binding: superAdmin } as const
  given(created, promoted)
    .when({ ...revoke, otherSuperAdmins: 0 })
    .rejects(LastSuperAdmin)
  given(created, promoted)
    .when({ type: 'DisableUser', id: alice, otherSuperAdmins: 0 })
    .rejects(LastSuperAdmin)
  given(created, promoted)
    .when({ ...revoke, otherSuperAdmins: 1 })
    .expects({ type: 'RoleRevoked', binding: superAdmin })
  given(created, promoted)
    .when({ type: 'DisableUser', id: alice, otherSuperAdmins: 1 })
    .expects(disabled)
})

test('a disabled super-admin does not count as one and may lose the role', () => {
  given(created, promoted, disabled)
    .when({ type: 'RevokeRole', id: alice, binding: superAdmin, otherSuperAdmins: 0 })
    .expects({ type: 'RoleRevoked', binding: superAdmin })
})

test('disabling and enabling twice is one fact', () => {
  given(created, disabled).when({ type: 'DisableUser', id: alice, otherSuperAdmins: 0 }).expects()
  given(created, disabled).when({ type: 'EnableUser', id: alice }).expects({ type: 'UserEnabled' })
  given(created).when({ type: 'EnableUser', id: alice }).expects()
})

test('nobody is changed who is not there', () => {
  const passwordHash = sealed('new')
  given().when({ type: 'ChangePassword', id: alice, passwordHash }).rejects(UserNotFound)
  given().when({ type: 'GrantRole', id: alice, binding: operator }).rejects(UserNotFound)
  given().when({ type: 'EnableUser', id: alice }).rejects(UserNotFound)
})

const binding: fc.Arbitrary<RoleBinding> = fc
  .tuple(fc.constantFrom(...roles), fc.constantFrom(acme, initech))
  .map(([role, organizationId]) => (role === 'SUPER_ADMIN' ? { role } : { role, organizationId }))
const command: fc.Arbitrary<UserCommand> = fc.oneof(
  fc.record({
    type: fc.constant('CreateUser' as const),
    id: fc.constant(alice),
    username: fc.constant(sealed('u')),
    email: fc.constant(sealed('e')),
    displayName: fc.constant(sealed('d')),
    passwordHash: fc.constant(sealed('h')),
    bindings: fc.array(binding, { maxLength: 3 }),
  }),
  binding.map((one) => ({ type: 'GrantRole' as const, id: alice, binding: one })),
  fc.tuple(binding, fc.nat(1)).map(([one, otherSuperAdmins]) => ({
    type: 'RevokeRole' as const,
    id: alice,
    binding: one,
    otherSuperAdmins,
  })),
  fc.nat(1).map((otherSuperAdmins) => ({
    type: 'DisableUser' as const,
    id: alice,
    otherSuperAdmins,
  })),
  fc.constant({ type: 'EnableUser' as const, id: alice }),
  fc.constant({ type: 'AbandonUser' as const, id: alice }),
)

test('whatever is asked: decisions only read, no fact is stored twice, an admin alone stays one', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 20 }), (commands) => {
      let state = user.initial()
      for (const one of commands) {
        const before = structuredClone(state)
        const events = attempt(() => user.decide(one, state))
        expect(state).toEqual(before)
        const wasAdmin = isActingAdmin(state)
        for (const event of events) {
          if (event.type === 'RoleGranted') {
            expect(state.bindings.has(bindingKey(event.binding))).toBe(false)
          }
          state = user.evolve(state, event)
        }
        const others = 'otherSuperAdmins' in one ? one.otherSuperAdmins : 0
        if (wasAdmin && others === 0) expect(isActingAdmin(state)).toBe(true)
        expect(state.exists && state.isAbandoned).toBe(false)
      }
    }),
  )
})

const isActingAdmin = (state: ReturnType<typeof user.initial>): boolean =>
  !state.isDisabled && state.bindings.has(bindingKey(superAdmin))

function attempt(decide: () => readonly UserEvent[]): readonly UserEvent[] {
  try {
    return decide()
  } catch {
    return []
  }
}

test('somebody forgotten is nobody, and stays so', () => {
  const erase = { type: 'EraseUser', id: alice, otherSuperAdmins: 0 } as const
  const erased: UserEvent = { type: 'UserErased' }
  const destroyed: UserEvent = {
    type: 'DataKeyDestroyed',
    ownerId: alice,
    kinds: ['person', 'access'],
  }
  given(created).when(erase).expects(erased, destroyed)
  given(created, erased, destroyed).when(erase).expects()
  given().when(erase).rejects(UserNotFound)
  given(created, promoted).when(erase).rejects(LastSuperAdmin)
  given(created, promoted)
    .when({ ...erase, otherSuperAdmins: 1 })
    .expects(erased, destroyed)
  given(created, erased, destroyed)
    .when({ type: 'CreateUser', id: alice, ...person, bindings: [] })
    .rejects(UserNotFound)
  given(created, erased, destroyed).when({ type: 'EnableUser', id: alice }).rejects(UserNotFound)
})
