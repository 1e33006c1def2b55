/** Words a FormatError begins with. */
export type Format =
  | 'hash'
  | 'leaf'
  | 'tree'
  | 'tile'
  | 'note'
  | 'verifier key'
  | 'signing key'
  | 'checkpoint'
  | 'rotation'
  | 'proof'
  | 'entry proof'
  | 'bundle'
  | 'tombstone'
  | 'manifest'
  | 'restored'

/** Something is not what its format says. The message is safe to show: it quotes no input. */
export class FormatError extends Error {
  override readonly name = 'FormatError'
  readonly format: Format
  /** What is wrong, without the name of the format. */
  readonly reason: string

  constructor(format: Format, reason: string) {
    super(`${format}: ${reason}`)
    this.format = format
    this.reason = reason
  }
}

/** Well-formed, but not vouched for: a signature, a key or a proof does not hold. Safe to show. */
export class TrustError extends Error {
  override readonly name = 'TrustError'
  readonly code: TrustErrorCode

  constructor(code: TrustErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * - `signature_invalid`: a known key's signature does not verify
 * - `key_unknown`: nobody known signed
 * - `key_retired`: signed by a key that had handed over before
 * - `origin_foreign`: of another log, or another generation than asked for
 * - `rotation_broken`: a key statement does not follow from the key before it
 * - `proof_invalid`: hashes do not lead to the root
 */
export const trustErrorCodes = [
  'signature_invalid',
  'key_unknown',
  'key_retired',
  'origin_foreign',
  'rotation_broken',
  'proof_invalid',
] as const
export type TrustErrorCode = (typeof trustErrorCodes)[number]
