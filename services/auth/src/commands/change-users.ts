import type { UserId } from '@holdfast/domain'
import type { CommandContext, EventLog } from '@holdfast/event-log'
import type { RoleBinding } from '../domain/role.ts'
import type { UserCommand } from '../domain/user.ts'
import type { SessionStore } from '../sessions/session-store.ts'
import { users } from './aggregates.ts'
import type { OneAtATime } from './one-at-a-time.ts'

/** Enabled super-admins beside this user, up to date with the log. */
export type CountOtherSuperAdmins = (userId: UserId, signal?: AbortSignal) => Promise<number>

export interface ChangeUsers {
  grantRole(userId: UserId, binding: RoleBinding, context: CommandContext): Promise<bigint>
  revokeRole(userId: UserId, binding: RoleBinding, context: CommandContext): Promise<bigint>
  setDisabled(userId: UserId, isDisabled: boolean, context: CommandContext): Promise<bigint>
}

export interface ChangeUsersParts {
  readonly log: EventLog
  readonly sessions: SessionStore
  readonly countOtherSuperAdmins: CountOtherSuperAdmins
  readonly locks: OneAtATime
}

/**
 * Roles and the switch that turns a user off.
 *
 * That somebody stays super-admin is a rule across users. Whatever could end it counts and decides under
 * one lock, after the read model has caught up with the log, so within a process it cannot fail. Two
 * instances that each take the role from the other's last one in the same moment could; `holdfast admin
 * seed` then makes a new super-admin, as it does whenever there is none.
 */
export function userChanger(parts: ChangeUsersParts): ChangeUsers {
  const { log, sessions, countOtherSuperAdmins, locks } = parts

  async function execute(userId: UserId, command: UserCommand, context: CommandContext) {
    const { sequence } = await log.execute(users, userId, command, context)
    return sequence
  }

  const counting = (
    userId: UserId,
    context: CommandContext,
    command: (otherSuperAdmins: number) => UserCommand,
  ): Promise<bigint> =>
    locks.run(['super-admins'], async () =>
      execute(userId, command(await countOtherSuperAdmins(userId, context.signal)), context),
    )

  return {
    grantRole: (userId, binding, context) =>
      execute(userId, { type: 'GrantRole', id: userId, binding }, context),

    async revokeRole(userId, binding, context) {
      const sequence = await counting(userId, context, (otherSuperAdmins) => ({
        type: 'RevokeRole',
        id: userId,
        binding,
        otherSuperAdmins,
      }))
      // Access tokens carry roles: those handed out so far would keep what has just been taken away.
      await sessions.revokeAccess(userId)
      return sequence
    },

    async setDisabled(userId, isDisabled, context) {
      if (!isDisabled) return execute(userId, { type: 'EnableUser', id: userId }, context)
      const sequence = await counting(userId, context, (otherSuperAdmins) => ({
        type: 'DisableUser',
        id: userId,
        otherSuperAdmins,
      }))
      await sessions.endAll(userId, 'user_disabled')
      return sequence
    },
  }
}
