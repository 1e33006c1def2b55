import type { SessionId, UserId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { CommandContext, EventLog } from '@holdfast/event-log'
import { passwordFault } from '../domain/password-policy.ts'
import type { PersonFields } from '../keys/person-fields.ts'
import type { Passwords } from '../sessions/passwords.ts'
import type { SessionStore } from '../sessions/session-store.ts'
import { users } from './aggregates.ts'
import { alreadyDone } from './already-done.ts'
import type { ProvePassword } from './prove-password.ts'

export interface PasswordChange {
  readonly userId: UserId
  /** Stays; all others end. */
  readonly sessionId: SessionId
  readonly current: string
  readonly next: string
}

export interface PasswordChangeParts {
  readonly log: EventLog
  readonly persons: PersonFields
  readonly passwords: Passwords
  readonly provePassword: ProvePassword
  readonly sessions: SessionStore
}

/**
 * Replaces a password whose present one is known. Throws `invalid`, and what proving the present one throws.
 */
export function passwordChanger(parts: PasswordChangeParts) {
  const { log, persons, passwords, provePassword, sessions } = parts
  return async (change: PasswordChange, context: CommandContext): Promise<bigint> => {
    const { userId, current, next } = change
    const finish = async (sequence: bigint) => {
      await sessions.endAll(userId, 'password_changed', change.sessionId)
      return sequence
    }
    // The answer got lost: by now the password asked for is the current one.
    const earlier = await alreadyDone(log, users, userId, context)
    if (earlier) return finish(earlier.sequence)

    const { user, stored } = await provePassword(change, current, context.signal)
    const fault = passwordFault('new_password', next, persons.profile(userId, user))
    if (fault) throw invalid(fault)
    if (await passwords.verify(stored, next)) {
      const detail = 'must differ from the present password'
      throw invalid({ field: 'new_password', code: 'password_unchanged', detail })
    }

    const passwordHash = await persons.sealPasswordHash(userId, await passwords.hash(next))
    const { sequence } = await log.execute(
      users,
      userId,
      { type: 'ChangePassword', id: userId, passwordHash },
      context,
    )
    return finish(sequence)
  }
}
