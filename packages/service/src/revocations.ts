import { type Revocations, TokensUnverifiable } from './tokens.ts'

/** Longer than any access token lives, so that forgetting a session lets none of its tokens back in. */
const keepMs = 3_600_000

/** Sessions that ended before their access tokens did, as far as this process has heard. */
export interface RevocationList extends Revocations {
  revoke(sessionId: string, revokedAtUnixMs: number): void
  /** From now on, what the list does not name is not revoked. */
  complete(): void
  readonly isComplete: boolean
}

/** Judges nothing until it is complete: an unknown list must not let a revoked session in. */
export function revocationList(now: () => number = Date.now): RevocationList {
  const revokedAt = new Map<string, number>()
  let isComplete = false
  return {
    get isComplete() {
      return isComplete
    },
    complete() {
      isComplete = true
    },
    revoke(sessionId, revokedAtUnixMs) {
      const known = revokedAt.get(sessionId) ?? 0
      revokedAt.delete(sessionId)
      revokedAt.set(sessionId, Math.max(known, revokedAtUnixMs))
      const limit = now() - keepMs
      for (const [id, at] of revokedAt) {
        if (at >= limit) break // the rest came later
        revokedAt.delete(id)
      }
    },
    isRevoked(sessionId, issuedAtUnixMs) {
      if (!isComplete) throw TokensUnverifiable({})
      const at = revokedAt.get(sessionId)
      return at !== undefined && issuedAtUnixMs <= at
    },
  }
}

/** A `ctl.auth.session-revoked` message; undefined when it is none. */
export function parseRevocation(
  data: Uint8Array,
): { readonly sessionId: string; readonly revokedAtUnixMs: number } | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(data).toString())
    if (parsed === null || typeof parsed !== 'object') return undefined
    const sessionId = 'session_id' in parsed ? parsed.session_id : undefined
    const at = 'revoked_at_unix_ms' in parsed ? parsed.revoked_at_unix_ms : undefined
    if (typeof sessionId !== 'string' || typeof at !== 'number') return undefined
    return { sessionId, revokedAtUnixMs: at }
  } catch {
    return undefined
  }
}
