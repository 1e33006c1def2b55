import { checkKey, createUser, fmtCreds, fromSeed } from '@nats-io/jwt'

/** The key pair of a NATS user. The seed is secret and never leaves its owner. */
export interface NatsKey {
  /** `U…` */
  readonly publicKey: string
  /** `SU…` */
  readonly seed: string
}

export function createNatsKey(): NatsKey {
  const key = createUser()
  return { publicKey: key.getPublicKey(), seed: Buffer.from(key.getSeed()).toString('utf8') }
}

/** Whether a text is the public key of a NATS user, its checksum included. */
export function isNatsUserKey(text: string): boolean {
  if (!/^U[A-Z2-7]{55}$/.test(text)) return false
  try {
    return checkKey(text, 'U').getPublicKey() === text
  } catch {
    return false
  }
}

/** Content of a `.creds` file: what the other side signed and what never left this one. */
export function formatCredentials(jwt: string, seed: string): string {
  return Buffer.from(fmtCreds(jwt, fromSeed(Buffer.from(seed)))).toString('utf8')
}
