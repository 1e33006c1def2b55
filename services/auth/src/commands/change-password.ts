import type { SessionId, UserId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { CommandContext, EventLog } from '@holdfast/event-log'
import { UserNotFound, WrongPassword } from '../domain/errors.ts'
import { passwordFault } from '../domain/password-policy.ts'
import type { PersonFields } from '../keys/person-fields.ts'
import type { PasswordCheck } from '../sessions/password-check.ts'
import type { Passwords } from '../sessions/passwords.ts'
import type { SessionStore } from '../sessions/session-store.ts'
import { users } from './aggregates.ts'
import { alreadyDone } from './already-done.ts'

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
  readonly check: PasswordCheck
  readonly sessions: SessionStore
}

/**
 * Replaces a password whose present one is known. Guessing the present one through a stolen session counts
 * and locks like a sign-in. Throws `invalid`, `auth.wrong_password`, `auth.locked` or `auth.too_many_attempts`.
 */
export function passwordChanger({ log, persons, passwords, check, sessions }: PasswordChangeParts) {
  return async (change: PasswordChange, context: CommandContext): Promise<bigint> => {
    const { userId, current, next } = change
    const finish = async (sequence: bigint) => {
      await sessions.endAll(userId, 'password_changed', change.sessionId)
      return sequence
    }
    // The answer got lost: by now the password asked for is the current one.
    const earlier = await alreadyDone(log, users, userId, context)
    if (earlier) return finish(earlier.sequence)

    const { state } = await log.fold(users, userId, context.signal)
    if (!state.exists || !state.passwordHash) throw UserNotFound({ user: userId })
    const stored = persons.open(userId, 'password_hash', state.passwordHash)
    const profile = persons.profile(userId, state)

    // A session has no address of its own here, so it is the source.
    const source = `session ${change.sessionId}`
    const attempt = { account: userId, userId, source, hasSession: true }
    if (!(await check(attempt, stored, current))) throw WrongPassword({})

    const fault = passwordFault('new_password', next, profile)
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
