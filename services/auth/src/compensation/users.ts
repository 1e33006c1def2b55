import {
  type Compensable,
  type Passage,
  type SealedFact,
  sealedFact,
  type Wanted,
} from '@holdfast/compensation'
import type { OrganizationId, UserId } from '@holdfast/domain'
import { users } from '../commands/aggregates.ts'
import type { CountOtherSuperAdmins } from '../commands/change-users.ts'
import type { OneAtATime } from '../commands/one-at-a-time.ts'
import { LastSuperAdmin, LocksOutActor, PersonErased } from '../domain/errors.ts'
import { type RoleBinding, roles } from '../domain/role.ts'
import { type User, type UserEvent, user } from '../domain/user.ts'
import type { SessionStore } from '../sessions/session-store.ts'

/** Without the password: that stays what it is. */
export interface UserFacts {
  readonly username: SealedFact
  readonly email: SealedFact
  readonly displayName: SealedFact
  readonly isDisabled: boolean
  /** `operator@<organization>`, `super_admin`. */
  readonly roles: Readonly<Record<string, true>>
}

/** What the log says of somebody. */
export interface UserPast {
  user: User
  /** The commit that erased the person; 0 unless one did. */
  erasedBy: bigint
}

export interface UserSurroundings {
  /** The user who asks for it; empty when nobody is named. */
  readonly actorId: string
  /** Who would leave nobody to administer the instance. */
  readonly lastSuperAdmins: ReadonlySet<string>
}

export interface UsersParts {
  readonly locks: OneAtATime
  readonly sessions: Pick<SessionStore, 'endAll' | 'revokeAccess'>
  /** Enabled ones, up to date with the log. */
  readonly listSuperAdmins: () => Promise<readonly UserId[]>
  readonly countOtherSuperAdmins: CountOtherSuperAdmins
}

/**
 * People: their roles, and whether they are let in. Names never change. Nobody is taken out of the log but by being
 * erased, which nothing takes back; so whoever was not there yet stays, disabled and without a role, for an administrator
 * to erase or to let in again.
 */
export function usersCompensable(
  parts: UsersParts,
): Compensable<UserPast, UserFacts, UserEvent, UserSurroundings> {
  const { locks, sessions, listSuperAdmins, countOtherSuperAdmins } = parts
  return {
    kind: 'user',
    aggregate: users,
    after: ['organization'],
    initial: () => ({ user: user.initial(), erasedBy: 0n }),
    evolve(past, event, { sequence }) {
      past.user = user.evolve(past.user, event)
      if (event.type === 'UserErased') past.erasedBy = sequence
      return past
    },
    facts: userFacts,
    about: () => ({ name: '', organizationId: '' }),
    remains: (now) => ({ ...now, isDisabled: true, roles: {} }),

    surroundings: async (wanted, _outlook, actorId) => ({
      actorId,
      lastSuperAdmins: lastSuperAdmins(wanted, await listSuperAdmins()),
    }),

    compensate({ id, now: past, target, around }) {
      const now = userFacts(past)
      if (!target) return []
      if (!now) throw PersonErased({ user: id, sequence: past.erasedBy })
      if (id === around.actorId && ceasesToAdminister(now, target)) throw LocksOutActor({})
      if (around.lastSuperAdmins.has(id)) throw LastSuperAdmin({})
      const events: UserEvent[] = []
      for (const binding of gained(target, now)) events.push({ type: 'RoleRevoked', binding })
      // Also where the organization is gone: a role outlives it, and holds again with it.
      for (const binding of gained(now, target)) events.push({ type: 'RoleGranted', binding })
      if (now.isDisabled !== target.isDisabled) {
        events.push({ type: target.isDisabled ? 'UserDisabled' : 'UserEnabled' })
      }
      return events
    },

    isLate: ({ before, after }) => ceasesToAdminister(before, after),

    guard(id, { before, after }, store) {
      if (!ceasesToAdminister(before, after)) return store()
      return locks.run(['super-admins'], async () => {
        const userId = id as UserId // ids of this aggregate are users'
        if ((await countOtherSuperAdmins(userId)) === 0) throw LastSuperAdmin({})
        await store()
      })
    },

    // As the ordinary commands do. Also when nobody knows any more what the commit took away.
    async settle(id, passage) {
      const userId = id as UserId // ids of this aggregate are users'
      if (passage.after?.isDisabled !== false) await sessions.endAll(userId, 'user_disabled')
      else if (mayHaveLostRoles(passage)) await sessions.revokeAccess(userId)
    },
  }
}

function userFacts({ user: state }: UserPast): UserFacts | undefined {
  const { exists, profile, isDisabled, bindings } = state
  if (!exists || !profile) return undefined
  return {
    username: sealedFact(profile.username),
    email: sealedFact(profile.email),
    displayName: sealedFact(profile.displayName),
    isDisabled,
    roles: Object.fromEntries([...bindings.values()].map((one) => [roleKey(one), true])),
  }
}

const roleKey = ({ role, organizationId }: RoleBinding): string =>
  role.toLowerCase() + (organizationId === undefined ? '' : `@${organizationId}`)

function bindingOf(key: string): RoleBinding {
  const [name, organizationId] = key.split('@')
  const role = roles.find((one) => one.toLowerCase() === name)
  if (role === 'SUPER_ADMIN') return { role }
  if (!role || !organizationId) throw new Error(`no role: ${key}`)
  return { role, organizationId: organizationId as OrganizationId } // as: out of a binding of before
}

const isActingSuperAdmin = (facts: UserFacts | undefined): boolean =>
  facts !== undefined && !facts.isDisabled && facts.roles[superAdmin] === true

const ceasesToAdminister = (before: UserFacts | undefined, after: UserFacts | undefined): boolean =>
  isActingSuperAdmin(before) && !isActingSuperAdmin(after)

const superAdmin = 'SUPER_ADMIN'.toLowerCase()

/** Those who cease to administer the instance, when nobody who does would be left. */
function lastSuperAdmins(
  wanted: readonly Wanted<UserFacts>[],
  now: readonly UserId[],
): ReadonlySet<string> {
  const acting = new Set<string>(now)
  const leaving = new Set<string>()
  for (const { id, now: before, target: after } of wanted) {
    if (!before || !after) continue // erased: does not come back
    if (isActingSuperAdmin(after)) acting.add(id)
    else if (acting.delete(id)) leaving.add(id)
  }
  return acting.size > 0 ? new Set() : leaving
}

/** Roles that `after` has and `before` has not. */
const gained = (
  before: UserFacts | undefined,
  after: UserFacts | undefined,
): readonly RoleBinding[] =>
  Object.keys(after?.roles ?? {})
    .filter((key) => !before?.roles[key])
    .map(bindingOf)

const mayHaveLostRoles = ({ before, after }: Passage<UserFacts>): boolean =>
  !before || gained(after, before).length > 0
