import { decode, type User } from '@nats-io/jwt'
import { credentialsJwt, type Ingest } from './ingest.ts'

/** What the archiver says about taking changes. */
export const writeStates = ['open', 'checking', 'exhausted', 'frozen'] as const
export type WriteState = (typeof writeStates)[number]

/**
 * How far the archive has come, and whether changes are taken. Sent after every group the archive has
 * on its disk, and every 200 ms as a sign of life; kept nowhere.
 */
export interface SafeSignal {
  readonly stream: string
  /** The last sequence the archive holds for good. */
  readonly sequence: bigint
  readonly writes: WriteState
  /** For people: why `writes` is not `open`; otherwise empty. */
  readonly reason: string
}

/** Who listens. Nodes have a subject of their own, so that no node can reach services. */
export type SafeAudience = 'services' | 'nodes'

/**
 * The subject is secret like those of ingest.ts, and for the same reason: whoever can name it can
 * have the server send an answer there (docs/adr/0009).
 */
export const safeSubject = (ingest: Ingest, audience: SafeAudience): string =>
  audience === 'services'
    ? `safe.${ingest.token('safe')}.archived`
    : `safe.${ingest.token('safe-nodes')}.nodes`

const pattern = /^safe\.[0-9a-f]{32}\.(archived|nodes)$/
const endings = { services: 'archived', nodes: 'nodes' } as const

/** The one for an audience among subjects. */
export const safeSubjectAmong = (
  subjects: readonly string[],
  audience: SafeAudience,
): string | undefined =>
  subjects.find((subject) => pattern.exec(subject)?.[1] === endings[audience])

/**
 * The subject these credentials may hear; undefined when they may hear none. Without an audience it is
 * their own: auth may hear that of nodes too, because it makes their credentials.
 */
export function safeSubjectIn(credentials: string, audience?: SafeAudience): string | undefined {
  const jwt = credentialsJwt(credentials)
  if (jwt === undefined) return undefined
  const heard = decode<User>(jwt).nats.sub?.allow ?? []
  if (audience !== undefined) return safeSubjectAmong(heard, audience)
  return safeSubjectAmong(heard, 'services') ?? safeSubjectAmong(heard, 'nodes')
}

export const encodeSafeSignal = (signal: SafeSignal): Uint8Array =>
  Buffer.from(JSON.stringify({ format: 1, ...signal, sequence: signal.sequence.toString() }))

/** Undefined for anything that is not a signal. */
export function decodeSafeSignal(data: Uint8Array): SafeSignal | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(data).toString('utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    const { format, stream, sequence, writes, reason } = value as Record<string, unknown> // checked below
    const state = writeStates.find((name) => name === writes)
    if (
      format !== 1 ||
      typeof stream !== 'string' ||
      typeof sequence !== 'string' ||
      !/^\d{1,19}$/.test(sequence) ||
      state === undefined ||
      typeof reason !== 'string'
    )
      return undefined
    return { stream, sequence: BigInt(sequence), writes: state, reason }
  } catch {
    return undefined
  }
}
