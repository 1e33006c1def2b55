import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import type { SessionId, UserId } from '@holdfast/domain'
import { isUuid } from '@holdfast/domain'
import { DomainError, defineError } from '@holdfast/errors'
import { errors, type JWTPayload, jwtVerify } from 'jose'
import { parseBindings, type UserIdentity } from './caller.ts'

// One algorithm, one issuer, one audience, one type. What a token says about its own algorithm is compared
// with that and decides nothing.

export const TokenInvalid = defineError(
  'access.token_invalid',
  'unauthenticated',
  () => 'The access token is not valid.',
)

export const TokenExpired = defineError(
  'access.token_expired',
  'unauthenticated',
  () => 'The access token has expired.',
)

export const SessionRevoked = defineError(
  'access.session_revoked',
  'unauthenticated',
  () => 'This session has ended. Sign in again.',
)

/** Keys or revocations are not known yet, so no token can be judged. */
export const TokensUnverifiable = defineError(
  'access.tokens_unverifiable',
  'unavailable',
  () => 'Access tokens cannot be checked right now; try again.',
)

/** Where verification keys come from. */
export interface KeySource {
  /**
   * The Ed25519 public key with this id, undefined when there is none. A source that asks over the network
   * throws `unavailable` when it cannot tell.
   */
  key(keyId: string): Promise<KeyObject | undefined> | KeyObject | undefined
}

/** Sessions that ended before their access tokens did. */
export interface Revocations {
  /** Whether a token of this session issued at that second is refused. Throws while nothing is known. */
  isRevoked(sessionId: string, issuedAtUnixMs: number): boolean
}

export const accessTokenType = 'at+jwt'
export const accessTokenAudience = 'holdfast'
export const accessTokenIssuer = (lineageId: string): string => `holdfast:${lineageId}`

/** Tokens remembered after their signature was checked once. */
const cacheLimit = 10_000
/** Clocks of one installation may differ by this much. */
const toleranceSeconds = 5

interface Verified {
  readonly identity: UserIdentity
  readonly issuedAtUnixMs: number
  readonly expiresAtUnixMs: number
}

export interface TokenVerifier {
  verify(token: string): UserIdentity | Promise<UserIdentity>
}

export interface TokenVerifierOptions {
  readonly issuer: string
  readonly keys: KeySource
  readonly revocations: Revocations
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/**
 * Verifies access tokens. A signature is checked once a token and remembered by the token's hash; expiry and
 * revocation are checked with every call.
 */
export function tokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { issuer, keys, revocations, now = Date.now } = options
  const cache = new Map<string, Verified>()

  const judge = (verified: Verified): UserIdentity => {
    if (verified.expiresAtUnixMs <= now()) throw TokenExpired({})
    if (revocations.isRevoked(verified.identity.sessionId, verified.issuedAtUnixMs)) {
      throw SessionRevoked({})
    }
    return verified.identity
  }

  return {
    verify(token) {
      if (token.length > 16_384) throw TokenInvalid({})
      const key = hash('sha256', token, 'base64')
      const known = cache.get(key)
      if (known) return judge(known)
      return check(token, issuer, keys, now).then((verified) => {
        const identity = judge(verified)
        const oldest = cache.size >= cacheLimit ? cache.keys().next().value : undefined
        if (oldest !== undefined) cache.delete(oldest)
        cache.set(key, verified)
        return identity
      })
    },
  }
}

async function check(
  token: string,
  issuer: string,
  keys: KeySource,
  now: () => number,
): Promise<Verified> {
  try {
    const { payload } = await jwtVerify(
      token,
      async ({ kid }) => {
        const key = kid === undefined ? undefined : await keys.key(kid)
        if (key === undefined || key.asymmetricKeyType !== 'ed25519') throw TokenInvalid({})
        return key
      },
      {
        algorithms: ['EdDSA', 'Ed25519'],
        issuer,
        audience: accessTokenAudience,
        typ: accessTokenType,
        requiredClaims: ['sub', 'sid', 'iat', 'exp'],
        clockTolerance: toleranceSeconds,
        currentDate: new Date(now()),
      },
    )
    return read(payload)
  } catch (error) {
    if (error instanceof DomainError) throw error
    if (error instanceof errors.JWTExpired) throw TokenExpired({}, error)
    if (error instanceof errors.JOSEError) throw TokenInvalid({}, error)
    throw error
  }
}

function read(payload: JWTPayload): Verified {
  const { sub, iat, exp } = payload
  const sessionId = payload['sid']
  const amr = payload['amr']
  if (sub === undefined || iat === undefined || exp === undefined) throw TokenInvalid({})
  if (!isUuid(sub) || typeof sessionId !== 'string' || !isUuid(sessionId)) throw TokenInvalid({})
  return {
    identity: {
      userId: sub as UserId,
      sessionId: sessionId as SessionId,
      method: Array.isArray(amr) && amr.includes('otp') ? 'password_totp' : 'password',
      bindings: parseBindings(payload['roles']),
    },
    issuedAtUnixMs: iat * 1000,
    expiresAtUnixMs: (exp + toleranceSeconds) * 1000,
  }
}

/** The Ed25519 keys of a JSON Web Key Set by id. Keys of other kinds are skipped; throws when it is no key set. */
export function parseKeySet(jwks: string): ReadonlyMap<string, KeyObject> {
  const parsed: unknown = JSON.parse(jwks)
  const list = parsed !== null && typeof parsed === 'object' && 'keys' in parsed ? parsed.keys : []
  if (!Array.isArray(list)) throw new TypeError('not a key set')
  const keys = new Map<string, KeyObject>()
  for (const jwk of list) {
    const { kid, kty, crv, x } = jwk ?? {}
    if (typeof kid !== 'string' || kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string') {
      continue
    }
    keys.set(kid, createPublicKey({ key: { kty, crv, x }, format: 'jwk' }))
  }
  return keys
}
