import { hmacSha256, type RootKey, randomToken, sha256 } from '@holdfast/crypto'

const prefix = 'hfr'
const shape = /^hfr_[A-Za-z0-9_-]{43}$/

/** Refresh tokens: opaque to clients, kept as SHA-256. */
export interface RefreshTokens {
  first(): string
  /**
   * The token that replaces this one. It follows from it under a key of ours, so a client that lost the
   * answer is given the same token again instead of a second one: a family never branches.
   */
  after(token: string): string
}

export function refreshTokens(rootKey: RootKey): RefreshTokens {
  const key = rootKey.derive('refresh tokens')
  return {
    first: () => randomToken(prefix),
    after: (token) => `${prefix}_${Buffer.from(hmacSha256(key, token)).toString('base64url')}`,
  }
}

/** What is stored and looked up instead of the token; undefined for a text that cannot be one. */
export const refreshTokenHash = (token: string): Uint8Array | undefined =>
  shape.test(token) ? sha256(token) : undefined
