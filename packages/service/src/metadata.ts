import { hash } from 'node:crypto'
import { type CommandId, isUuid, newId } from '@holdfast/domain'
import { type FieldError, invalid } from '@holdfast/errors'
import type { CallOptions } from './types.ts'

/** What travels beside a request and a reply, in unary gRPC metadata and in mux frames alike. */
export type Metadata = Readonly<Record<string, string | undefined>>

export const keys = {
  authorization: 'authorization',
  commandId: 'holdfast-command-id',
  isKeyed: 'holdfast-keyed',
  requestHash: 'holdfast-request-hash',
  expectedRevision: 'holdfast-expected-revision',
  minSequence: 'holdfast-min-sequence',
  at: 'holdfast-at',
  correlationId: 'holdfast-correlation-id',
  reason: 'holdfast-reason',
  traceparent: 'traceparent',
  /** In replies. */
  sequence: 'holdfast-sequence',
} as const

/** Keys a server reads from a unary call. */
export const requestKeys: readonly string[] = Object.values(keys).filter((k) => k !== keys.sequence)

/** Longest reason kept, in characters. */
const maxReason = 500
const maxSequence = 2n ** 63n - 1n

/** The metadata of an outgoing call. Reasons are percent-encoded: metadata is ASCII. */
export function writeMetadata(options: CallOptions): Record<string, string> {
  const written: Record<string, string> = {}
  if (options.accessToken !== undefined) {
    written[keys.authorization] = `Bearer ${options.accessToken}`
  }
  if (options.commandId !== undefined) written[keys.commandId] = options.commandId
  if (options.isKeyed === true) written[keys.isKeyed] = '1'
  if (options.requestHash !== undefined) {
    written[keys.requestHash] = Buffer.from(options.requestHash).toString('hex')
  }
  if (options.expectedRevision !== undefined) {
    written[keys.expectedRevision] = options.expectedRevision.toString()
  }
  if (options.minSequence !== undefined) written[keys.minSequence] = options.minSequence.toString()
  if (options.at !== undefined) written[keys.at] = options.at.toString()
  if (options.correlationId !== undefined) written[keys.correlationId] = options.correlationId
  if (options.reason !== undefined) written[keys.reason] = encodeURIComponent(options.reason)
  return written
}

/** What the metadata of an incoming call means. */
export interface CallHeaders {
  readonly commandId: CommandId
  readonly isKeyed: boolean
  readonly requestHash: Uint8Array | undefined
  readonly expectedRevision: bigint | undefined
  readonly minSequence: bigint | undefined
  readonly at: bigint | undefined
  readonly correlationId: string
  readonly reason: string | undefined
}

/**
 * Throws `invalid`, naming the metadata keys. A keyed call without a hash is hashed here, so that one key
 * with two bodies is found out whichever way the call came.
 */
export function readMetadata(metadata: Metadata, path: string, request: Uint8Array): CallHeaders {
  const faults: FieldError[] = []
  const refuse = (field: string, detail: string): undefined => {
    faults.push({ field, code: 'metadata_invalid', detail })
    return undefined
  }
  const integer = (key: string): bigint | undefined => {
    const text = metadata[key]
    if (text === undefined) return undefined
    const value = /^\d{1,19}$/.test(text) ? BigInt(text) : maxSequence + 1n
    return value <= maxSequence ? value : refuse(key, 'must be a whole number')
  }

  const given = metadata[keys.commandId]
  if (given !== undefined && !isUuid(given)) refuse(keys.commandId, 'must be a UUID')
  // isUuid is the parser; a bad one is refused below.
  const commandId = given === undefined ? newId<CommandId>() : (given as CommandId)
  const isKeyed = metadata[keys.isKeyed] === '1'
  if (isKeyed && given === undefined) refuse(keys.commandId, 'is missing')

  const hex = metadata[keys.requestHash]
  if (hex !== undefined && !/^[0-9a-f]{64}$/.test(hex)) {
    refuse(keys.requestHash, 'must be SHA-256 in hex')
  }
  const correlationId = metadata[keys.correlationId] ?? commandId
  if (!/^[\x21-\x7e]{1,128}$/.test(correlationId)) {
    refuse(keys.correlationId, 'must be 1 to 128 printable ASCII characters')
  }
  const headers: CallHeaders = {
    commandId,
    isKeyed,
    requestHash: requestHash(hex, isKeyed, path, request),
    expectedRevision: integer(keys.expectedRevision),
    minSequence: integer(keys.minSequence),
    at: integer(keys.at),
    correlationId,
    reason: reason(metadata[keys.reason], refuse),
  }
  if (faults.length > 0) throw invalid(...faults)
  return headers
}

function requestHash(
  hex: string | undefined,
  isKeyed: boolean,
  path: string,
  request: Uint8Array,
): Uint8Array | undefined {
  if (hex !== undefined) return Buffer.from(hex, 'hex')
  if (!isKeyed) return undefined
  return hash('sha256', Buffer.concat([Buffer.from(path), request]), 'buffer')
}

function reason(
  encoded: string | undefined,
  refuse: (field: string, detail: string) => undefined,
): string | undefined {
  if (encoded === undefined) return undefined
  try {
    const text = decodeURIComponent(encoded)
    if (text.length <= maxReason) return text
  } catch {
    // refused below
  }
  return refuse(keys.reason, `must be at most ${maxReason} characters, percent-encoded`)
}

/** The bearer token, when there is one. */
export function bearer(metadata: Metadata): string | undefined {
  const value = metadata[keys.authorization]
  return value !== undefined && /^bearer /i.test(value) ? value.slice(7).trim() : undefined
}
