import { Locked, TooManyAttempts } from '../domain/errors.ts'
import type { Attempt, Lockout } from './lockout.ts'
import type { Passwords } from './passwords.ts'
import type { RateLimit } from './rate-limit.ts'

/**
 * Whether a password is the right one, within the limits on trying: by account and by source, ten a minute
 * and five at once; and the lock after failures. `stored` undefined: nobody has that name, which takes as
 * long and counts and locks the same. Throws `auth.too_many_attempts` or `auth.locked`.
 */
export type PasswordCheck = (
  attempt: Attempt,
  stored: string | undefined,
  password: string,
) => Promise<boolean>

export interface PasswordCheckParts {
  readonly passwords: Passwords
  readonly lockout: Lockout
  readonly byAccount: RateLimit
  readonly bySource: RateLimit
}

export function passwordChecker(parts: PasswordCheckParts): PasswordCheck {
  const { passwords, lockout, byAccount, bySource } = parts

  return async (attempt, stored, password) => {
    const refused = bySource.take(attempt.source) ?? byAccount.take(attempt.account)
    if (refused) throw TooManyAttempts(refused)
    const seconds = await lockout.lockedFor(attempt)
    if (seconds !== undefined) throw Locked({ retryAfterSeconds: seconds })

    const isRight =
      stored === undefined
        ? await passwords.verifyNothing(password)
        : await passwords.verify(stored, password)
    const { userId } = attempt
    if (isRight && userId !== undefined) await lockout.succeeded({ ...attempt, userId })
    else await lockout.failed(attempt)
    return isRight
  }
}
