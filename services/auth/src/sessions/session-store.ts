import { isUuid, newId, type SessionId, type UserId } from '@holdfast/domain'
import { type Postgres, type Queryable, sql } from '@holdfast/postgres'
import { RefreshInvalid, RefreshReused } from '../domain/errors.ts'
import { type RefreshTokens, refreshTokenHash } from './refresh-token.ts'

export const refreshMs = 168 * 3_600_000
/** How long a client that lost the answer may present the used token once more. */
export const retryGraceMs = 5_000

export const endings = [
  'logout',
  'refresh_reused',
  'password_changed',
  'user_disabled',
  'user_erased',
  'user_gone',
] as const
export type Ending = (typeof endings)[number]

export interface Session {
  readonly id: SessionId
  readonly userId: UserId
}

export interface NewSession {
  readonly session: Session
  readonly refreshToken: string
}

export interface RevokedSession {
  readonly sessionId: SessionId
  readonly revokedAtUnixMs: number
}

/**
 * Sessions and their refresh tokens. A token is good once; a second use means somebody else has it, and
 * ends the session (RFC 9700 §4.14). One exception: within five seconds of the first use, and while its
 * successor is unused, the same token is answered with the same successor again. That is a client
 * whose answer got lost, or two tabs at once, and gives a thief nothing: there is still one chain, and
 * whoever falls behind on it is noticed.
 */
export interface SessionStore {
  start(userId: UserId, from: { source: string; userAgent: string }): Promise<NewSession>
  /** Which session a token belongs to, whatever state it is in; for limits. */
  sessionOf(refreshToken: string): Promise<SessionId | undefined>
  /** Throws `auth.refresh_invalid`, or `auth.refresh_reused` after having ended the session. */
  rotate(refreshToken: string): Promise<NewSession>
  /** Ends a session; false when it had ended before. */
  end(sessionId: SessionId, because: Ending): Promise<boolean>
  /** Ends the session this refresh token belongs to, when it is one of that user. */
  endFamily(refreshToken: string, userId: UserId): Promise<void>
  /** Ends all sessions of a user, but perhaps one; which ones. */
  endAll(userId: UserId, because: Ending, except?: SessionId): Promise<readonly SessionId[]>
  /** Forgets where a user signed in from and with what; ended sessions stay as long as their tokens would. */
  forget(userId: UserId): Promise<void>
  /** Refuses the access tokens issued so far and leaves the sessions: their roles have changed. */
  revokeAccess(userId: UserId): Promise<readonly SessionId[]>
  /** Revocations no access token can outlive are left out. Newest first. */
  revoked(): Promise<readonly RevokedSession[]>
  /** Forgets what nobody can need any more. */
  purge(): Promise<void>
}

export interface SessionStoreOptions {
  readonly postgres: Postgres
  readonly tokens: RefreshTokens
  readonly now: () => number
  readonly accessTokenMs: number
  /** Tells the other services; they ask for the list as well, so a lost call costs time, not safety. */
  readonly onRevoked: (revoked: RevokedSession) => void
}

interface TokenRow {
  readonly session_id: string
  readonly user_id: string
  readonly used_at: Date | null
  readonly expires_at: Date
  readonly ended_at: Date | null
}

export function openSessionStore(options: SessionStoreOptions): SessionStore {
  const { postgres, tokens, now, accessTokenMs, onRevoked } = options
  const at = () => new Date(now())
  // Clocks differ a little, and a verifier allows for that.
  const keepRevocationsMs = accessTokenMs + 60_000

  async function addToken(tx: Queryable, sessionId: string, token: string): Promise<void> {
    const expiresAt = new Date(now() + refreshMs)
    await tx.execute(sql`
      insert into auth.refresh_tokens (token_hash, session_id, expires_at)
      values (${refreshTokenHash(token) ?? null}, ${sessionId}, ${expiresAt})`)
    await tx.execute(sql`
      update auth.sessions set last_used_at = ${at()}, expires_at = ${expiresAt}
      where id = ${sessionId}`)
  }

  async function revoke(tx: Queryable, sessionIds: readonly string[], when: Date): Promise<void> {
    await tx.execute(sql`
      insert into auth.session_revocations (session_id, revoked_at)
      select id, ${when} from unnest(${sessionIds}::uuid[]) as u(id)
      on conflict (session_id) do update set revoked_at = excluded.revoked_at`)
  }

  const announce = (sessionIds: readonly string[], when: Date): readonly SessionId[] =>
    sessionIds.map((id) => {
      const sessionId = id as SessionId // read from our own uuid column
      onRevoked({ sessionId, revokedAtUnixMs: when.getTime() })
      return sessionId
    })

  async function endWhere(condition: ReturnType<typeof sql>, because: Ending) {
    const when = at()
    const ended = await postgres.tx(async (tx) => {
      const rows = await tx.query<{ id: string }>(sql`
        update auth.sessions set ended_at = ${when}, ended_because = ${because}
        where ended_at is null and ${condition}
        returning id`)
      const ids = rows.map(({ id }) => id)
      await revoke(tx, ids, when)
      return ids
    })
    return announce(ended, when)
  }

  const rowOf = (tx: Queryable, hash: Uint8Array) =>
    tx.query<TokenRow>(sql`
      select t.session_id, s.user_id, t.used_at, t.expires_at, s.ended_at
      from auth.refresh_tokens t join auth.sessions s on s.id = t.session_id
      where t.token_hash = ${hash}
      for update of s, t`)

  return {
    async start(userId, { source, userAgent }) {
      const id = newId<SessionId>()
      const refreshToken = tokens.first()
      await postgres.tx(async (tx) => {
        await tx.execute(sql`
          insert into auth.sessions
            (id, user_id, source, user_agent, created_at, last_used_at, expires_at)
          values (${id}, ${userId}, ${source}, ${userAgent}, ${at()}, ${at()}, ${at()})`)
        await addToken(tx, id, refreshToken)
      })
      return { session: { id, userId }, refreshToken }
    },

    async sessionOf(refreshToken) {
      const hash = refreshTokenHash(refreshToken)
      if (!hash) return undefined
      const [row] = await postgres.query<{ session_id: string }>(
        sql`select session_id from auth.refresh_tokens where token_hash = ${hash}`,
      )
      return row ? (row.session_id as SessionId) : undefined // read from our own uuid column
    },

    async rotate(refreshToken) {
      const hash = refreshTokenHash(refreshToken)
      if (!hash) throw RefreshInvalid({})
      const next = tokens.after(refreshToken)

      const result = await postgres.tx(async (tx): Promise<NewSession | { reused: string }> => {
        const [row] = await rowOf(tx, hash)
        if (!row || row.ended_at || row.expires_at.getTime() <= now()) throw RefreshInvalid({})
        const answer: NewSession = {
          session: { id: row.session_id as SessionId, userId: row.user_id as UserId }, // uuid columns
          refreshToken: next,
        }
        if (row.used_at) {
          const [successor] = await rowOf(tx, refreshTokenHash(next) ?? new Uint8Array())
          const isRetry = successor?.used_at === null
          if (isRetry && now() - row.used_at.getTime() <= retryGraceMs) return answer
          return { reused: row.session_id }
        }
        await tx.execute(
          sql`update auth.refresh_tokens set used_at = ${at()} where token_hash = ${hash}`,
        )
        await addToken(tx, row.session_id, next)
        return answer
      })

      if ('reused' in result) {
        await endWhere(sql`id = ${result.reused}`, 'refresh_reused')
        throw RefreshReused({})
      }
      return result
    },

    end: async (sessionId, because) => (await endWhere(sql`id = ${sessionId}`, because)).length > 0,

    async endFamily(refreshToken, userId) {
      const hash = refreshTokenHash(refreshToken)
      if (!hash) return
      await endWhere(
        sql`user_id = ${userId} and id = (
          select session_id from auth.refresh_tokens where token_hash = ${hash})`,
        'logout',
      )
    },

    endAll: (userId, because, except) =>
      endWhere(sql`user_id = ${userId} and id is distinct from ${except ?? null}::uuid`, because),

    forget: (userId) =>
      postgres.tx(async (tx) => {
        await tx.execute(
          sql`update auth.sessions set source = '', user_agent = '' where user_id = ${userId}`,
        )
        await tx.execute(sql`delete from auth.known_sources where user_id = ${userId}`)
        await tx.execute(sql`delete from auth.login_failures where account = ${userId}`)
      }),

    async revokeAccess(userId) {
      const when = at()
      const ids = await postgres.tx(async (tx) => {
        const rows = await tx.query<{ id: string }>(sql`
          select id from auth.sessions where user_id = ${userId} and ended_at is null`)
        const found = rows.map(({ id }) => id)
        await revoke(tx, found, when)
        return found
      })
      return announce(ids, when)
    },

    async revoked() {
      const rows = await postgres.query<{ session_id: string; revoked_at: Date }>(sql`
        select session_id, revoked_at from auth.session_revocations
        where revoked_at > ${new Date(now() - keepRevocationsMs)}
        order by revoked_at desc`)
      return rows
        .filter(({ session_id }) => isUuid(session_id))
        .map(({ session_id, revoked_at }) => ({
          sessionId: session_id as SessionId, // checked above
          revokedAtUnixMs: revoked_at.getTime(),
        }))
    },

    async purge() {
      const dayAgo = new Date(now() - 24 * 3_600_000)
      await postgres.execute(sql`delete from auth.sessions where expires_at < ${dayAgo}`)
      await postgres.execute(sql`
        delete from auth.sessions where ended_at < ${new Date(now() - refreshMs)}`)
      await postgres.execute(sql`delete from auth.refresh_tokens where expires_at < ${dayAgo}`)
      await postgres.execute(sql`
        delete from auth.session_revocations
        where revoked_at <= ${new Date(now() - keepRevocationsMs)}`)
      await postgres.execute(sql`delete from auth.login_failures where last_at < ${dayAgo}`)
      await postgres.execute(sql`
        delete from auth.known_sources where last_at < ${new Date(now() - 90 * 24 * 3_600_000)}`)
    },
  }
}
