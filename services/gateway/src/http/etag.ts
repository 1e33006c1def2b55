import { invalid } from '@holdfast/errors'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** The strong entity tag of an object: its revision. Telemetry in the object does not move it. */
export const etagOf = (revision: string): string => `"${revision}"`

/** `If-Match` as the revision a write expects; nothing when it is absent or `*`. Throws `invalid`. */
export function expectedRevision(request: FastifyRequest): bigint | undefined {
  const header = request.headers['if-match']
  if (header === undefined) return undefined
  if (request.routeOptions.config.isConditional !== true) {
    throw invalid({
      field: 'If-Match',
      code: 'unknown_field',
      detail: 'means nothing here: there is no object yet whose state could be expected',
    })
  }
  if (header === '*') return undefined
  const match = /^"(0|[1-9]\d{0,17})"$/.exec(header)
  if (match?.[1] === undefined) {
    throw invalid({
      field: 'If-Match',
      code: 'malformed',
      detail: 'must be the one ETag of the object, for example "42", or *',
    })
  }
  return BigInt(match[1])
}

/** Sends an object with its tag, or 304 when the caller already has this revision. */
export function sendObject<Body extends { readonly revision: string }>(
  request: FastifyRequest,
  reply: FastifyReply,
  body: Body,
): FastifyReply {
  const tag = etagOf(body.revision)
  reply.header('etag', tag)
  const known = request.headers['if-none-match']
  if (known !== undefined && (known === '*' || tags(known).includes(tag))) {
    return reply.code(304).send()
  }
  return reply.send(body)
}

/** Weak comparison, as RFC 9110 §13.1.2 asks for. */
const tags = (header: string): string[] =>
  header.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
