import { createHash } from 'node:crypto'
import { type CommandId, uuidV5 } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { CallOptions } from '@holdfast/service'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { canonicalJson } from './canonical-json.ts'
import { expectedRevision } from './etag.ts'

/** Namespace of command ids made from an Idempotency-Key. Never changes: repeats must find the first. */
const commandNamespace = '5b0f3f6e-7c0a-5d5e-9a57-6f1d3c2b8e41'

/** A write waits for the log; a read may wait for `min_seq` first. */
const timeoutMs = 30_000

/** What a read sends along; it waits for `min_seq` when the query has one. */
export function reading(request: FastifyRequest): CallOptions {
  const options: Writable<CallOptions> = { correlationId: request.id, timeoutMs }
  if (request.token !== undefined) options.accessToken = request.token
  // Validated by the schema of the route; routes without it refuse the field.
  const { min_seq } = request.query as { min_seq?: string }
  if (min_seq !== undefined) options.minSequence = BigInt(min_seq)
  if (request.at !== undefined) options.at = request.at
  return options
}

/**
 * What a write sends along. With an Idempotency-Key the command id follows from the key and the
 * principal, so a repeat is the same command; otherwise the request is the command.
 */
export function writing(request: FastifyRequest, reply: FastifyReply): CallOptions {
  const options: Writable<CallOptions> = {
    commandId: request.id as CommandId, // a fresh UUIDv7 (app.ts)
    correlationId: request.id,
    timeoutMs,
    onSequence: (sequence) => {
      void reply.header('holdfast-sequence', sequence.toString())
    },
  }
  if (request.token !== undefined) options.accessToken = request.token
  const revision = expectedRevision(request)
  if (revision !== undefined) options.expectedRevision = revision
  const reason = reasonOf(request)
  if (reason !== undefined) options.reason = reason
  const key = request.headers['idempotency-key']
  if (key !== undefined && request.routeOptions.config.isUnkeyed !== true) {
    options.commandId = commandIdOf(request, parseKey(key))
    options.isKeyed = true
    options.requestHash = requestHash(request)
  }
  return options
}

const maxReason = 500

/** `Holdfast-Reason`: why, for the log, percent-encoded so that any language fits in a header. */
function reasonOf(request: FastifyRequest): string | undefined {
  const header = request.headers['holdfast-reason']
  if (header === undefined) return undefined
  try {
    const reason = decodeURIComponent(typeof header === 'string' ? header : header.join())
    if (reason.length <= maxReason) return reason
  } catch {
    // Not percent-encoded: refused below.
  }
  throw invalid({
    field: 'Holdfast-Reason',
    code: 'malformed',
    detail: `must be at most ${maxReason} characters, percent-encoded`,
  })
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

function parseKey(header: string | string[]): string {
  const key = typeof header === 'string' ? header : header.join()
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw invalid({
      field: 'Idempotency-Key',
      code: 'malformed',
      detail: 'must be 1 to 255 visible ASCII characters',
    })
  }
  return key
}

/** Keys of two people never meet; without a token only the key itself tells callers apart. */
const commandIdOf = (request: FastifyRequest, key: string): CommandId =>
  uuidV5(commandNamespace, `${request.claims?.subject ?? ''}\n${key}`) as CommandId // minted here

/** SHA-256 over what was asked: method, route, path and query values, canonical body. */
export function requestHash(request: FastifyRequest): Uint8Array {
  const { body } = request
  return createHash('sha256')
    .update(`${request.method} ${request.routeOptions.url ?? ''}\n`)
    .update(`${canonicalJson(request.params)}\n${canonicalJson(request.query)}\n`)
    .update(typeof body === 'string' ? body : canonicalJson(body ?? null))
    .digest()
}
