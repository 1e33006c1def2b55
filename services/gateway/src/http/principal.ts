/** What an access token claims. Nothing here is verified: the services do that. */
export interface Claims {
  /** User id. */
  readonly subject: string
  readonly sessionId: string | undefined
  readonly expiresAtUnixMs: number | undefined
  /** A service has accepted this token, so the claims hold. */
  isProven: boolean
}

const maxCached = 10_000
/** By token. Bounded; the oldest entry goes first. */
const cache = new Map<string, Claims>()

/** Reads the claims of a token without verifying it; nothing when it is no JWT. */
export function claimsOf(token: string): Claims | undefined {
  const cached = cache.get(token)
  if (cached) return cached
  const claims = parse(token)
  if (!claims) return undefined
  if (cache.size >= maxCached) {
    const oldest = cache.keys().next()
    if (!oldest.done) cache.delete(oldest.value)
  }
  cache.set(token, claims)
  return claims
}

function parse(token: string): Claims | undefined {
  const payload = token.length <= 8192 ? token.split('.')[1] : undefined
  if (payload === undefined) return undefined
  let claims: unknown
  try {
    claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  } catch {
    return undefined
  }
  if (typeof claims !== 'object' || claims === null) return undefined
  if (!('sub' in claims) || typeof claims.sub !== 'string') return undefined
  return {
    subject: claims.sub,
    sessionId: 'sid' in claims && typeof claims.sid === 'string' ? claims.sid : undefined,
    expiresAtUnixMs:
      'exp' in claims && typeof claims.exp === 'number' ? claims.exp * 1000 : undefined,
    isProven: false,
  }
}
