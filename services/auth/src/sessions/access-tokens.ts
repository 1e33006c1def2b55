import type { SessionId, UserId } from '@holdfast/domain'
import { accessTokenAudience, accessTokenIssuer, accessTokenType } from '@holdfast/service'
import { SignJWT } from 'jose'
import type { RoleBinding } from '../domain/role.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'

export const accessTokenMs = 15 * 60_000

export interface TokenHolder {
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly bindings: Iterable<RoleBinding>
}

/** Makes access tokens: JWT, EdDSA, RFC 9068 with our claims `sid` and `roles`, good for fifteen minutes. */
export interface AccessTokens {
  issue(holder: TokenHolder): Promise<{ readonly token: string; readonly expiresInSeconds: number }>
}

export function accessTokens(
  keys: SigningKeys,
  lineageId: string,
  now: () => number,
): AccessTokens {
  return {
    async issue({ userId, sessionId, bindings }) {
      const { keyId, privateKey } = keys.active()
      const issuedAtMs = now()
      const token = await new SignJWT({
        sid: sessionId,
        roles: [...bindings].map(({ role, organizationId }) => [role, organizationId ?? '*']),
        amr: ['pwd'],
      })
        .setProtectedHeader({ alg: 'EdDSA', typ: accessTokenType, kid: keyId })
        .setIssuer(accessTokenIssuer(lineageId))
        .setAudience(accessTokenAudience)
        .setSubject(userId)
        // In fractions of a second: a token issued right after a revocation is told from one before it.
        .setIssuedAt(issuedAtMs / 1000)
        .setExpirationTime(Math.floor((issuedAtMs + accessTokenMs) / 1000))
        .sign(privateKey)
      return { token, expiresInSeconds: accessTokenMs / 1000 }
    },
  }
}
