import { createHmac } from 'node:crypto'
import { decode, type User } from '@nats-io/jwt'

/** Contexts that may ever write; the stream listens to exactly these. */
const contexts = ['auth', 'network', 'rules', 'audit', 'backup', 'notify'] as const
const guardContext = 'guard'

/**
 * The subjects the streams listen to. What is stored under `evt.<context>.…` is published as
 * `in.<token>.<context>.…`, and each context's token is known to its one writer only.
 *
 * A permission to publish is not enough: NATS sends answers to whatever reply subject a request
 * names, without asking what the requester may publish. With `evt.>` as the stream's own subject
 * every reader could have had the answer to any request stored in the log (docs/adr/0009).
 */
export interface Ingest {
  /** Token of a context, of `guard`, or of `safe` and `safe-nodes` (safe-signal.ts). Secret. */
  token(context: string): string
}

/** `seed`: 32 secret bytes, as hex. */
export const ingestFrom = (seed: string): Ingest => {
  if (!/^[0-9a-f]{64}$/.test(seed)) throw new RangeError('an ingest seed is 32 bytes of hex')
  return {
    token: (context) =>
      createHmac('sha256', Buffer.from(seed, 'hex')).update(context).digest('hex').slice(0, 32),
  }
}

/** Subjects of the log. */
export const logSubjects = (ingest: Ingest): readonly string[] =>
  contexts.map((context) => `in.${ingest.token(context)}.${context}.>`)

export const logTransform = { src: 'in.*.>', dest: 'evt.>' } as const

/** Subjects of the guard's stream. */
export const guardSubjects = (ingest: Ingest): readonly string[] => [
  `in.${ingest.token(guardContext)}.${guardContext}.>`,
]

export const guardTransform = { src: 'in.*.guard.>', dest: 'guard.>' } as const

/** Everything there is to append to: every context, and the guard's stream. For the guard alone. */
export const ingestPermissions = (ingest: Ingest): readonly string[] => [
  ...logSubjects(ingest),
  ...guardSubjects(ingest),
]

export const ingestPermission = (ingest: Ingest, context: string): string =>
  `in.${ingest.token(context)}.${context}.>`

/** Where to publish what is to be stored under `subject` (`evt.<context>.…` or `guard.…`). */
export function ingestSubject(token: string, subject: string): string {
  const rest = subject.startsWith('evt.') ? subject.slice(4) : subject
  return `in.${token}.${rest}`
}

const jwtBlock = /-----BEGIN NATS USER JWT-----\s*(\S+)\s*-+END NATS USER JWT/

/** The JWT in the content of a `.creds` file. */
export const credentialsJwt = (credentials: string): string | undefined =>
  jwtBlock.exec(credentials)?.[1]

/** The token of a context, when these credentials may write it; undefined for mere readers. */
export function tokenIn(credentials: string, context: string): string | undefined {
  const jwt = credentialsJwt(credentials)
  if (jwt === undefined) return undefined
  const allowed = decode<User>(jwt).nats.pub?.allow ?? []
  for (const subject of allowed) {
    const [root, token, found] = subject.split('.')
    if (root === 'in' && found === context) return token
  }
  return undefined
}
