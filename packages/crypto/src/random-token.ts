import { randomBytes } from 'node:crypto'

/**
 * `<prefix>_` and 256 random bits in base64url, 43 characters. The prefix says what was leaked when a
 * token turns up where it should not be.
 */
export const randomToken = (prefix: string): string =>
  `${prefix}_${randomBytes(32).toString('base64url')}`
