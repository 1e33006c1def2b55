import { DomainError, defineError, type FieldError, invalid, toProblem } from '@holdfast/errors'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { traceIdOf } from './observe.ts'

/** RFC 9457 with the two members every answer of ours carries. */
interface SentProblem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly instance: string
  readonly trace_id: string
  readonly errors?: readonly FieldError[]
}

export const ApiKeysUnsupported = defineError(
  'gateway.api_keys_unsupported',
  'unauthenticated',
  () =>
    'This release has no API keys yet: sign in and send `Authorization: Bearer <access token>` instead of X-API-Key',
)

export const RouteNotFound = defineError(
  'gateway.route_not_found',
  'not_found',
  (d: { path: string }) => `Nothing answers at ${d.path}`,
)

export const TooManyRequests = defineError(
  'gateway.too_many_requests',
  'exhausted',
  (d: { limit: number; retryAfterSeconds: number }) =>
    `More than ${d.limit} requests a minute: try again in ${d.retryAfterSeconds} seconds`,
)

export const UnderPressure = defineError(
  'gateway.under_pressure',
  'unavailable',
  () => 'Too busy to take this request now: try again shortly',
)

export const BodyTooLarge = defineError(
  'gateway.body_too_large',
  'too_large',
  (d: { limitBytes: number }) => `The body is larger than ${d.limitBytes} bytes`,
)

/** What only HTTP has a word for; everything else goes through the table in packages/errors. */
const httpOnly = {
  methodNotAllowed: {
    code: 'gateway.method_not_allowed',
    title: 'Method not allowed',
    status: 405,
  },
  unsupportedMediaType: {
    code: 'gateway.unsupported_media_type',
    title: 'Unsupported media type',
    status: 415,
  },
} as const

/** The answer to a known path with another method. */
export function sendMethodNotAllowed(
  request: FastifyRequest,
  reply: FastifyReply,
  allowed: readonly string[],
): FastifyReply {
  reply.header('allow', allowed.join(', '))
  const detail = `${request.method} is not possible here: use ${allowed.join(', ')}`
  return send(request, reply, { ...urn(httpOnly.methodNotAllowed), detail })
}

/** Fastify's error handler: the one place where an error becomes an answer and a log line. */
export function answerProblem(
  error: FastifyError | DomainError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (codeOf(error) === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const expected = request.routeOptions.config.bodyType ?? 'application/json'
    return send(request, reply, {
      ...urn(httpOnly.unsupportedMediaType),
      detail: `Send the body as ${expected}`,
    })
  }
  const known = translate(error, request)
  const problem = toProblem(known)
  if (problem.status >= 500 && problem.status !== 503) {
    request.log.error({ err: error, correlationId: request.id }, 'request failed')
  }
  headersFor(known, problem.status, request, reply)
  if (BodyTooLarge.is(known)) letItFinish(request, reply)
  return send(request, reply, problem)
}

/** What is read and thrown away of a body nobody wants, so that its sender lives to read the answer. */
const maxUnwantedBytes = 256 * 1024 * 1024

/**
 * Closing while the client still sends resets the connection, and the answer is lost on the way. So a body of a
 * bearable size is read to its end (Node does, on a connection that stays); the request's time limit bounds it.
 */
function letItFinish(request: FastifyRequest, reply: FastifyReply): void {
  const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY)
  if (length <= maxUnwantedBytes) reply.removeHeader('connection')
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Omit<SentProblem, 'instance' | 'trace_id'>,
): FastifyReply {
  const { type, title, status, detail, code, errors } = problem
  const sent: SentProblem = {
    type,
    title,
    status,
    detail,
    code,
    instance: pathOf(request.url),
    trace_id: traceIdOf(request),
    ...(errors ? { errors } : {}),
  }
  request.problemCode = code
  return reply
    .code(status)
    .header('content-type', 'application/problem+json')
    .header('cache-control', 'no-store')
    .serializer(JSON.stringify)
    .send(sent)
}

const urn = <P extends { readonly code: string }>(problem: P): P & { type: string } => ({
  ...problem,
  type: `urn:holdfast:problem:${problem.code}`,
})

export const pathOf = (url: string): string => {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

const codeOf = (error: { readonly code?: unknown }): unknown => error.code

/** Fastify's own complaints in our words; a DomainError stays as it is. */
function translate(error: FastifyError | DomainError, request: FastifyRequest): unknown {
  if (error instanceof DomainError) return error
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return BodyTooLarge({ limitBytes: request.routeOptions.bodyLimit ?? 0 })
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return invalid({ field: 'body', code: 'malformed', detail: 'is not JSON' })
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return invalid({
        field: 'Content-Length',
        code: 'malformed',
        detail: 'differs from the length of the body',
      })
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return invalid({ field: 'path', code: 'malformed', detail: 'is not a path we can read' })
    default:
      // A body that stopped half way and the like: Fastify blames the client with a 4xx of its own.
      return error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
        ? invalid({ field: 'body', code: 'malformed', detail: 'could not be read' })
        : error
  }
}

function headersFor(
  error: unknown,
  status: number,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (status === 401) {
    const sent = request.headers.authorization !== undefined
    reply.header(
      'www-authenticate',
      sent ? 'Bearer realm="holdfast", error="invalid_token"' : 'Bearer realm="holdfast"',
    )
  }
  if (status === 429 || status === 503) {
    const told =
      error instanceof DomainError ? Number(error.details['retryAfterSeconds']) : Number.NaN
    reply.header('retry-after', String(told > 0 ? Math.ceil(told) : status === 429 ? 5 : 1))
  }
}
