import type { SessionId, UserId } from '@holdfast/domain'
import type { EventLog } from '@holdfast/event-log'
import { UserNotFound, WrongPassword } from '../domain/errors.ts'
import type { User } from '../domain/user.ts'
import type { PersonFields } from '../keys/person-fields.ts'
import type { PasswordCheck } from '../sessions/password-check.ts'
import { users } from './aggregates.ts'

export interface Proved {
  readonly user: User
  /** The hash the password is the right one for. */
  readonly stored: string
}

/**
 * That whoever has a session also knows the password. Guessing it through a stolen session counts and locks like a
 * sign-in. Throws `auth.wrong_password`, `auth.locked` or `auth.too_many_attempts`.
 */
export type ProvePassword = (
  who: { readonly userId: UserId; readonly sessionId: SessionId },
  password: string,
  signal?: AbortSignal,
) => Promise<Proved>

export function passwordProof(parts: {
  readonly log: EventLog
  readonly persons: PersonFields
  readonly check: PasswordCheck
}): ProvePassword {
  const { log, persons, check } = parts
  return async ({ userId, sessionId }, password, signal) => {
    const { state } = await log.fold(users, userId, signal)
    if (!state.exists || !state.passwordHash) throw UserNotFound({ user: userId })
    const stored = persons.open(userId, 'password_hash', state.passwordHash)
    // A session has no address of its own here, so it is the source.
    const attempt = { account: userId, userId, source: `session ${sessionId}`, hasSession: true }
    if (!(await check(attempt, stored, password))) throw WrongPassword({})
    return { user: state, stored }
  }
}
