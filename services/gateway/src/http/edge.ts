import { NotSignedIn } from '@holdfast/service'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { claimsOf } from './principal.ts'
import { ApiKeysUnsupported, TooManyRequests, UnderPressure } from './problems.ts'
import { clientOf, type RateLimit, rateLimit } from './rate-limit.ts'

export interface Limits {
  /** Requests a minute of one signed-in principal; zero is off. */
  readonly perPrincipal: number
  /** Requests a minute of one address that has not proven who it is; zero is off. */
  readonly perAddress: number
  /** Sign-ins, refreshes and enrolments a minute of one address; zero is off. */
  readonly signIn: number
}

/**
 * Headers of every answer. An API answer is data: nothing in it may be run, framed or guessed at.
 * A table instead of @fastify/helmet, which puts its middleware together anew for every request, and
 * without the headers that only a page heeds: those are in `pageHeaders`.
 */
export const securityHeaders = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
} as const

/** Pages of ours run scripts of ours, and nothing else. */
export const pageHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    // Swagger UI sets style attributes.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'origin-agent-cluster': '?1',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-cache',
} as const

/** Who is asking, how often, and whether there is room: before a body is read. */
export function guardEdge(app: FastifyInstance, limits: Limits, isOverloaded: () => boolean): void {
  app.decorateRequest('token', undefined)
  app.decorateRequest('claims', undefined)
  app.decorateRequest('traceId', '')
  app.decorateRequest('span', undefined)
  app.decorateRequest('problemCode', '')

  const principals = rateLimit(limits.perPrincipal)
  const addresses = rateLimit(limits.perAddress)
  const signIns = rateLimit(limits.signIn)

  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(securityHeaders)
    reply.header('x-request-id', request.id)
    const { config } = request.routeOptions
    const { authorization } = request.headers
    if (authorization !== undefined) takeToken(request, authorization)

    if (config.isProbe === true) {
      done()
      return
    }
    if (isOverloaded()) throw UnderPressure({})
    if (config.isSignIn === true) take(signIns, clientOf(request.ip), reply)
    else if (request.claims?.isProven) take(principals, request.claims.subject, reply)
    else take(addresses, clientOf(request.ip), reply)

    // A path that does not exist says so to everybody.
    if (config.isPublic !== true && !request.is404 && request.token === undefined) {
      throw request.headers['x-api-key'] === undefined ? NotSignedIn({}) : ApiKeysUnsupported({})
    }
    done()
  })
}

function takeToken(request: FastifyRequest, authorization: string): void {
  const match = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(authorization)
  if (match?.[1] === undefined) return
  request.token = match[1]
  request.claims = claimsOf(match[1])
}

function take(limit: RateLimit, client: string, reply: FastifyReply): void {
  const allowance = limit.take(client, Date.now())
  if (allowance.limit === 0) return
  reply.header('ratelimit-limit', allowance.limit)
  reply.header('ratelimit-remaining', allowance.remaining)
  reply.header('ratelimit-reset', allowance.resetSeconds)
  if (allowance.isExceeded) {
    throw TooManyRequests({ limit: allowance.limit, retryAfterSeconds: allowance.resetSeconds })
  }
}
