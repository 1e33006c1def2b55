import {
  type Account,
  createAccount,
  createOperator,
  decode,
  encodeAccount,
  encodeOperator,
  fromSeed,
} from '@nats-io/jwt'
import type { AdminConnection } from './connection.ts'

/** Seeds of everything above the users. Secret, and made once for the life of an instance. */
export interface AuthoritySeeds {
  readonly operator: string
  readonly systemAccount: string
  readonly account: string
  /** Signs users of the account; the only one a service (auth) ever holds. */
  readonly signing: string
}

/** What the server's configuration needs. No secrets. */
export interface Authority {
  readonly operatorJwt: string
  readonly systemAccount: { readonly publicKey: string; readonly jwt: string }
  readonly account: { readonly publicKey: string; readonly jwt: string }
}

const accountName = 'HOLDFAST'
const keyOf = (seed: string) => fromSeed(Buffer.from(seed))
const seedOf = (key: { getSeed(): Uint8Array }): string => Buffer.from(key.getSeed()).toString()
const unlimited = -1

export function createAuthoritySeeds(): AuthoritySeeds {
  return {
    operator: seedOf(createOperator()),
    systemAccount: seedOf(createAccount()),
    account: seedOf(createAccount()),
    signing: seedOf(createAccount()),
  }
}

/** Signs the operator and both accounts. The results are dated, so keep them: see `revokeUser`. */
export async function signAuthority(seeds: AuthoritySeeds): Promise<Authority> {
  const operator = keyOf(seeds.operator)
  const systemAccount = keyOf(seeds.systemAccount).getPublicKey()
  const account = keyOf(seeds.account).getPublicKey()
  const limits = {
    subs: unlimited,
    data: unlimited,
    payload: unlimited,
    imports: unlimited,
    exports: unlimited,
    wildcards: true,
    conn: unlimited,
    leaf: unlimited,
  }
  return {
    operatorJwt: await encodeOperator('holdfast', operator, { system_account: systemAccount }),
    systemAccount: {
      publicKey: systemAccount,
      jwt: await encodeAccount('SYS', systemAccount, { limits }, { signer: operator }),
    },
    account: {
      publicKey: account,
      jwt: await encodeAccount(
        accountName,
        account,
        {
          limits: {
            ...limits,
            mem_storage: unlimited,
            disk_storage: unlimited,
            streams: unlimited,
            consumer: unlimited,
          },
          signing_keys: [keyOf(seeds.signing).getPublicKey()],
        },
        { signer: operator },
      ),
    },
  }
}

/** The account as the server knows it, and when that was signed (seconds since 1970). */
async function currentAccount(
  system: AdminConnection,
  account: string,
): Promise<{ readonly content: Partial<Account>; readonly signedAtUnixS: number }> {
  const answer = await system.request(`$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`, '')
  const { nats, iat } = decode<Account>(answer)
  return { content: nats, signedAtUnixS: iat }
}

/**
 * Takes away every credential a user key was given up to a time, and cuts its connections. The server
 * keeps it in its resolver directory, so it outlives restarts. May be repeated.
 */
export async function revokeUser(
  system: AdminConnection,
  options: {
    readonly operatorSeed: string
    /** The account's public key. */
    readonly account: string
    readonly userPublicKey: string
    /** What was issued later stays good: a revocation that is told again takes nothing away anew. Default: now. */
    readonly issuedUntilUnixMs?: number
  },
): Promise<void> {
  const { content, signedAtUnixS } = await currentAccount(system, options.account)
  // At its next start the server keeps the newer of two, and of two from one second the wrong one.
  while (Date.now() < (signedAtUnixS + 1) * 1000)
    await new Promise((resolve) => setTimeout(resolve, 50))
  const until = Math.floor((options.issuedUntilUnixMs ?? Date.now()) / 1000)
  const known = content.revocations?.[options.userPublicKey] ?? 0
  const revocations = {
    ...content.revocations,
    [options.userPublicKey]: Math.max(known, until),
  }
  const jwt = await encodeAccount(
    accountName,
    options.account,
    { ...content, revocations },
    { signer: keyOf(options.operatorSeed) },
  )
  const answer: unknown = JSON.parse(await system.request('$SYS.REQ.CLAIMS.UPDATE', jwt))
  if (typeof answer === 'object' && answer !== null && 'error' in answer)
    throw new Error(`NATS refused the revocation: ${JSON.stringify(answer.error)}`)
}
