import type { SessionId, UserId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import { sourceOf } from '@holdfast/net'
import type { AccessEntry, AccessLog } from '../access/access-log.ts'
import { reservations, users } from '../commands/aggregates.ts'
import {
  InvalidCredentials,
  RefreshInvalid,
  TooManyAttempts,
  UserDisabled,
} from '../domain/errors.ts'
import { reservationKinds } from '../domain/reservation.ts'
import type { User } from '../domain/user.ts'
import type { PersonFields } from '../keys/person-fields.ts'
import type { ReservationIdOf } from '../keys/reservation-id.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { PasswordCheck } from './password-check.ts'
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
  readonly log: EventLog
  readonly persons: PersonFields
  readonly reservationId: ReservationIdOf
  readonly check: PasswordCheck
  readonly refreshLimit: RateLimit
  readonly sessions: SessionStore
  readonly tokens: AccessTokens
  readonly access: AccessLog
}

/**
 * Signing in, staying signed in, signing out. People are looked up in the log itself, by the reservation
 * of the name they type, so somebody created a moment ago can sign in whatever the read models are at.
 *
 * An unknown name takes the same steps and time as a wrong password: one hash, the same counts and locks.
 */
export function signIn(parts: SignInParts): SignIn {
  const { log, persons, reservationId, check, refreshLimit, sessions, tokens, access } = parts

  async function findUser(login: string, signal: AbortSignal) {
    // Both kinds are always read: which one a name is, and whether it is one, shows in nothing.
    const found = await Promise.all(
      reservationKinds.map(async (kind) => {
        const { state } = await log.fold(reservations, reservationId(kind, login), signal)
        return state.holder
      }),
    )
    const userId = found.find((holder) => holder !== undefined)
    if (userId === undefined) return undefined
    const { state } = await log.fold(users, userId, signal)
    return state.exists ? { userId, ...snapshot(state) } : undefined
  }

  async function answer({ session, refreshToken }: NewSession, bindings: User['bindings']) {
    const { token, expiresInSeconds } = await tokens.issue({
      userId: session.userId,
      sessionId: session.id,
      bindings: bindings.values(),
    })
    return { accessToken: token, refreshToken, expiresInSeconds }
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
      const user = await findUser(login, signal)
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
        access.record({ ...entry, result: 'success', sessionId: started.session.id })
        return answer(started, user.bindings)
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
        const { state } = await log.fold(users, rotated.session.userId, signal)
        const { exists, isDisabled, bindings } = snapshot(state)
        if (!exists || isDisabled) {
          await sessions.end(rotated.session.id, isDisabled ? 'user_disabled' : 'user_gone')
          throw RefreshInvalid({})
        }
        return answer(rotated, bindings)
      })
    },

    async logout({ userId, sessionId, refreshToken }) {
      await sessions.end(sessionId, 'logout')
      if (refreshToken !== '') await sessions.endFamily(refreshToken, userId)
      access.record({ action: 'logout', result: 'success', userId, sessionId })
    },
  }
}

/** What is needed later of a state that other commands may change meanwhile. */
const snapshot = ({ exists, isDisabled, passwordHash, bindings }: User) => ({
  exists,
  isDisabled,
  passwordHash,
  bindings: new Map(bindings),
})
