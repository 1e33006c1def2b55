import type { SessionId, UserId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import { sourceOf } from '@holdfast/net'
import type { AccessEntry, AccessLog } from '../access/access-log.ts'
import {
  InvalidCredentials,
  RefreshInvalid,
  TooManyAttempts,
  UserDisabled,
} from '../domain/errors.ts'
import type { RoleBinding } from '../domain/role.ts'
import type { PersonFields } from '../keys/person-fields.ts'
import type { ReservationIdOf } from '../keys/reservation-id.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { PasswordCheck } from './password-check.ts'
import type { People, Person } from './people.ts'
import type { RateLimit } from './rate-limit.ts'
import type { NewSession, SessionStore } from './session-store.ts'

export interface Credentials {
  /** User name or e-mail address. */
  readonly login: string
  readonly password: string
  readonly clientAddress: string
  readonly userAgent: string
}

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresInSeconds: number
}

export interface SignIn {
  login(credentials: Credentials, signal: AbortSignal): Promise<Tokens>
  refresh(
    from: { refreshToken: string; clientAddress: string; userAgent: string },
    signal: AbortSignal,
  ): Promise<Tokens>
  /** Ends the session, and that of the refresh token when it is the same user's. */
  logout(who: { userId: UserId; sessionId: SessionId; refreshToken: string }): Promise<void>
}

export interface SignInParts {
  readonly people: People
  readonly persons: PersonFields
  readonly reservationId: ReservationIdOf
  readonly check: PasswordCheck
  readonly refreshLimit: RateLimit
  readonly sessions: SessionStore
  readonly tokens: AccessTokens
  readonly access: AccessLog
}

/**
 * Signing in, staying signed in, signing out. Nothing here is appended to the log: sessions, tokens and locks are rows
 * of auth's own, and what happened goes to ACCESS; so all of it works while nothing can be changed.
 *
 * An unknown name takes the same steps and time as a wrong password: one hash, the same counts and locks.
 */
export function signIn(parts: SignInParts): SignIn {
  const { people, persons, reservationId, check, refreshLimit, sessions, tokens, access } = parts

  async function answer({ session, refreshToken }: NewSession, bindings: readonly RoleBinding[]) {
    const { token, expiresInSeconds } = await tokens.issue({
      userId: session.userId,
      sessionId: session.id,
      bindings,
    })
    return { accessToken: token, refreshToken, expiresInSeconds }
  }

  /**
   * Whoever signs in, once the session is there. Checking a password takes a while: who was disabled or forgotten
   * meanwhile had their sessions ended before there was this one.
   */
  async function stillThere({ session }: NewSession, signal: AbortSignal): Promise<Person> {
    const { id, userId } = session
    const user = await people.byId(userId, signal)
    if (user && !user.isDisabled) return user
    await sessions.end(id, user ? 'user_disabled' : 'user_gone')
    if (user) throw UserDisabled({})
    await sessions.forget(userId)
    throw InvalidCredentials({})
  }

  async function recorded<T>(entry: Omit<AccessEntry, 'result' | 'code'>, work: () => Promise<T>) {
    try {
      return await work()
    } catch (error) {
      // Not what the log or the database could not do: nobody was turned away then.
      if (error instanceof DomainError && error.code.startsWith('auth.')) {
        access.record({ ...entry, result: 'failure', code: error.code })
      }
      throw error
    }
  }

  return {
    async login({ login, password, clientAddress, userAgent }, signal) {
      const source = sourceOf(clientAddress)
      const user = await people.byLogin(login, signal)
      const userId = user?.userId
      const account = userId ?? reservationId('username', login)
      const who = { account, ...(userId ? { userId } : {}) }
      const entry = { action: 'login', source, userAgent, ...who } as const

      return recorded(entry, async () => {
        // An erased person's hash is no hash: nobody signs in with it.
        const stored =
          user?.passwordHash && persons.open(user.userId, 'password_hash', user.passwordHash)
        const hash = stored?.startsWith('$argon2') ? stored : undefined
        const isRight = await check({ account, userId, source }, hash, password)
        if (!user || !isRight) throw InvalidCredentials({})
        if (user.isDisabled) throw UserDisabled({}) // told only to those who know the password
        const started = await sessions.start(user.userId, { source, userAgent })
        const { bindings } = await stillThere(started, signal)
        access.record({ ...entry, result: 'success', sessionId: started.session.id })
        return answer(started, bindings)
      })
    },

    async refresh({ refreshToken, clientAddress, userAgent }, signal) {
      const source = sourceOf(clientAddress)
      const sessionId = await sessions.sessionOf(refreshToken)
      const entry = {
        action: 'refresh',
        source,
        userAgent,
        ...(sessionId ? { sessionId } : {}),
      } as const

      return recorded(entry, async () => {
        const refused = refreshLimit.take(sessionId ?? `source ${source}`)
        if (refused) throw TooManyAttempts(refused)
        const rotated = await sessions.rotate(refreshToken)
        const user = await people.byId(rotated.session.userId, signal)
        if (!user || user.isDisabled) {
          await sessions.end(rotated.session.id, user ? 'user_disabled' : 'user_gone')
          throw RefreshInvalid({})
        }
        return answer(rotated, user.bindings)
      })
    },

    async logout({ userId, sessionId, refreshToken }) {
      await sessions.end(sessionId, 'logout')
      if (refreshToken !== '') await sessions.endFamily(refreshToken, userId)
      access.record({ action: 'logout', result: 'success', userId, sessionId })
    },
  }
}
