import type { StoredEvent } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import { again, event, type Kind } from './kind.ts'

const v1 = holdfast.auth.v1

export interface UserFacts {
  exists: boolean
  isErased: boolean
  isDisabled: boolean
  /** By what tells bindings apart. */
  readonly bindings: Map<string, StoredEvent>
  password: StoredEvent | undefined
  /** Destructions of keys. */
  readonly destroyed: StoredEvent[]
}

const superAdmin = `${v1.Role.ROLE_SUPER_ADMIN}/`

export const isSuperAdmin = ({ exists, isDisabled, bindings }: UserFacts): boolean =>
  exists && !isDisabled && bindings.has(superAdmin)

/** People: forgotten ones stay forgotten, disabled ones stay out, roles taken away stay away, the newest password stays. */
export const users: Kind<UserFacts> = {
  name: 'auth.user',
  // Somebody has to remain who can administer the instance.
  needsAll: true,
  initial: () => ({
    exists: false,
    isErased: false,
    isDisabled: false,
    bindings: new Map(),
    password: undefined,
    destroyed: [],
  }),
  evolve(state, stored) {
    switch (stored.type) {
      case 'UserCreated':
        state.exists = true
        break
      case 'PasswordChanged':
        state.password = stored
        break
      case 'RoleGranted':
        state.bindings.set(bindingOf(v1.RoleGranted.decode(stored.data).binding), stored)
        break
      case 'RoleRevoked':
        state.bindings.delete(bindingOf(v1.RoleRevoked.decode(stored.data).binding))
        break
      case 'UserDisabled':
        state.isDisabled = true
        break
      case 'UserEnabled':
        state.isDisabled = false
        break
      case 'UserErased':
        state.exists = false
        state.isErased = true
        state.bindings.clear()
        break
      case 'DataKeyDestroyed':
        state.destroyed.push(stored)
        break
    }
  },
  carry(then, end) {
    if (!then.exists) return []
    if (end.isErased)
      return [event('UserErased', new Uint8Array()), ...end.destroyed.slice(then.destroyed.length)]
    const revoked = [...then.bindings].filter(([binding]) => !end.bindings.has(binding))
    return [
      ...revoked.map(([, { data }]) => {
        const { binding } = v1.RoleGranted.decode(data)
        return event('RoleRevoked', v1.RoleRevoked.encode({ binding: binding ?? {} }).finish())
      }),
      ...(end.isDisabled && !then.isDisabled ? [event('UserDisabled', new Uint8Array())] : []),
      ...(end.password === then.password ? [] : again(end.password)),
    ]
  },
}

const bindingOf = (binding: holdfast.auth.v1.RoleBinding.$Properties | null | undefined): string =>
  `${binding?.role ?? 0}/${binding?.organizationId ?? ''}`

interface EnrolmentFacts {
  token: StoredEvent | undefined
  issued: StoredEvent | undefined
  isRevoked: boolean
}

const natsKeyOf = (issued: StoredEvent | undefined): string =>
  issued ? v1.NodeIdentityIssued.decode(issued.data).natsPublicKey : ''

/**
 * Enrolments: a token that was used is spent, a revoked node stays refused. A node that came after the restored point
 * is unknown now; its key is refused, so that it keeps what it has until somebody enrols it again.
 */
export const enrolments: Kind<EnrolmentFacts> = {
  name: 'auth.enrolment',
  initial: () => ({ token: undefined, issued: undefined, isRevoked: false }),
  evolve(state, stored) {
    if (stored.type === 'EnrolmentTokenCreated') state.token = stored
    if (stored.type === 'NodeIdentityIssued') state.issued = stored
    if (stored.type === 'NodeIdentityRevoked') state.isRevoked = true
  },
  carry(then, end) {
    if (then.isRevoked) return []
    const isSpent = then.issued === undefined && end.issued !== undefined
    if (!end.isRevoked && !isSpent) return []
    const natsPublicKey = natsKeyOf(end.issued)
    // A token nobody used is simply unknown.
    if (!then.token && natsPublicKey === '') return []
    return [
      ...(then.token ? [] : again(end.token)),
      ...(then.issued ? [] : again(end.issued)),
      event('NodeIdentityRevoked', v1.NodeIdentityRevoked.encode({ natsPublicKey }).finish()),
    ]
  },
}

interface SubscriberFacts {
  created: StoredEvent | undefined
  natsPublicKey: string
  isRevoked: boolean
}

/** Subscribers: the newest key is the one that is taken, a revoked one stays refused, one that came later is refused. */
export const subscribers: Kind<SubscriberFacts> = {
  name: 'auth.subscriber',
  initial: () => ({ created: undefined, natsPublicKey: '', isRevoked: false }),
  evolve(state, stored) {
    if (stored.type === 'SubscriberCreated') {
      state.created = stored
      state.isRevoked = false // a restore may have brought it back
      state.natsPublicKey = v1.SubscriberCreated.decode(stored.data).natsPublicKey
    }
    if (stored.type === 'SubscriberRotated')
      state.natsPublicKey = v1.SubscriberRotated.decode(stored.data).natsPublicKey
    if (stored.type === 'SubscriberRevoked') state.isRevoked = true
  },
  carry(then, end) {
    if (then.isRevoked) return []
    const { natsPublicKey } = end
    const isNew = then.created === undefined
    const first =
      isNew && end.created
        ? v1.SubscriberCreated.decode(end.created.data).natsPublicKey
        : then.natsPublicKey
    return [
      ...(isNew ? again(end.created) : []),
      ...(natsPublicKey === first
        ? []
        : [
            event(
              'SubscriberRotated',
              v1.SubscriberRotated.encode({ natsPublicKey, oldNatsPublicKey: first }).finish(),
            ),
          ]),
      ...(end.isRevoked || isNew
        ? [event('SubscriberRevoked', v1.SubscriberRevoked.encode({ natsPublicKey }).finish())]
        : []),
    ]
  },
}
