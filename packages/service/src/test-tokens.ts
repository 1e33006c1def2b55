import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { newId, type SessionId, type UserId } from '@holdfast/domain'
import { SignJWT } from 'jose'
import type { Role } from './permissions.ts'
import {
  accessTokenAudience,
  accessTokenIssuer,
  accessTokenType,
  type KeySource,
  type Revocations,
} from './tokens.ts'

export const noRevocations: Revocations = { isRevoked: () => false }

export interface TestTokens {
  readonly lineageId: string
  readonly keys: KeySource
  readonly keyId: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** An access token as auth would issue it. */
  issue(
    bindings: readonly (readonly [Role, string])[],
    more?: {
      readonly userId?: UserId
      readonly sessionId?: SessionId
      readonly issuer?: string
    },
  ): Promise<string>
}

/** Signs access tokens with a key of its own. */
export function testTokens(lineageId: string = newId()): TestTokens {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const keyId = 'test-key'
  return {
    lineageId,
    keyId,
    privateKey,
    publicKey,
    keys: { key: (id) => (id === keyId ? publicKey : undefined) },
    issue: (bindings, more = {}) =>
      new SignJWT({ sid: more.sessionId ?? newId(), roles: bindings, amr: ['pwd'] })
        .setProtectedHeader({ alg: 'EdDSA', kid: keyId, typ: accessTokenType })
        .setIssuer(more.issuer ?? accessTokenIssuer(lineageId))
        .setAudience(accessTokenAudience)
        .setSubject(more.userId ?? newId())
        .setIssuedAt()
        .setExpirationTime('15m')
        .sign(privateKey),
  }
}
