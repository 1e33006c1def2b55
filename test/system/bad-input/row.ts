import type { Tenant } from '../two-organizations.ts'

/** What a row is made of: an organization of one's own, tokens, and things that are taken. */
export interface Ground extends Tenant {
  /** A super-admin's access token. */
  readonly token: string
  readonly badTokens: Readonly<Record<'unsigned' | 'otherIssuer' | 'expired', string>>
  readonly usedEnrolmentToken: string
  readonly freshEnrolmentToken: string
  /** Interface whose two addresses are taken. */
  readonly fullInterface: string
  readonly deletedPeer: string
  readonly takenKey: string
  readonly head: bigint
  /** An Idempotency-Key that `interface` was patched with. */
  readonly usedKey: string
}

export interface Row {
  readonly what: string
  readonly method: string
  readonly path: string
  readonly body?: unknown
  /** Sent as it is instead of `body`. */
  readonly raw?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly isAnonymous?: boolean
  /** Status and code, then `field:code` of each entry of `errors`, in order. */
  readonly expected: string
}

export type Field = readonly [what: string, value: unknown, expected: string]

export const zeroKey = `${'A'.repeat(43)}=`
export const key = 'HYAqcuwqdDd1U+cYHYion36pTcjiHcr2+ismavqDeXs='
export const invalid = (...faults: string[]): string => ['400 invalid', ...faults].join(' ')

/** One bad field a row; everything else in the body is right. */
export const fields = (
  method: string,
  path: string,
  name: string,
  right: Readonly<Record<string, unknown>>,
  rows: readonly Field[],
): Row[] =>
  rows.map(([what, value, expected]) => ({
    what: `${name}: ${what}`,
    method,
    path,
    body: { ...right, [name]: value },
    expected,
  }))
