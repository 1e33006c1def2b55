import {
  extractTrace,
  Histogram,
  isTraced,
  type OpenSpan,
  openSpan,
  type Telemetry,
} from '@holdfast/telemetry'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/**
 * 32 hexadecimal digits that find the request again: the trace when one is recorded, otherwise the
 * correlation id, which is in our log line and in the commit.
 */
export const traceIdOf = (request: FastifyRequest): string =>
  // A request that could not be routed has met no hook, so nothing hangs on it.
  request.traceId ? request.traceId : request.id.replaceAll('-', '')

/** One span, one log line and one observation a request. */
export function observe(app: FastifyInstance, { tracer, log, registry }: Telemetry): void {
  const duration = new Histogram({
    name: 'holdfast_http_request_duration_seconds',
    help: 'Time from the request line to the last byte of the answer, by route template.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  })

  if (isTraced()) traceRequests(app, tracer)

  app.addHook('onResponse', (request, reply, done) => {
    const seconds = reply.elapsedTime / 1000
    const { config, url } = request.routeOptions
    const route = url ?? 'unknown'
    // A service took the token, so what it claims is true.
    if (request.claims && reply.statusCode < 400 && config.isPublic !== true) {
      request.claims.isProven = true
    }
    if (config.isStream !== true) {
      const method = methodLabel(request.method)
      duration.observe({ method, route, status: reply.statusCode }, seconds)
    }
    const tell = (): void =>
      log.info(
        {
          correlationId: request.id,
          method: request.method,
          route,
          status: reply.statusCode,
          durationMs: Math.round(reply.elapsedTime * 10) / 10,
          client: request.ip,
          userId: request.claims?.isProven ? request.claims.subject : undefined,
          sequence: reply.getHeader('holdfast-sequence'),
          code: request.problemCode === '' ? undefined : request.problemCode,
        },
        'request',
      )
    const { span } = request
    if (span) span.within(tell)
    else if (config.isQuiet !== true) tell()
    if (span) {
      const status = reply.statusCode
      span.set({ 'http.response.status_code': status })
      span.end(status >= 500 ? String(status) : undefined)
    }
    done()
  })
}

function traceRequests(app: FastifyInstance, tracer: Telemetry['tracer']): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const opened = openSpanOf(request, tracer)
    if (!opened) return done()
    request.span = opened
    request.traceId = opened.traceId
    opened.within(done)
  })
  // A body arrives in the context of its connection; what comes after it is put back into the request's.
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.span) request.span.within(done)
    else done()
  })
}

/** Names the route and not the path, which holds ids and, in some, what only its reader should know. */
function openSpanOf(request: FastifyRequest, tracer: Telemetry['tracer']): OpenSpan | undefined {
  const { config, url } = request.routeOptions
  if (config.isQuiet === true) return undefined
  const method = methodLabel(request.method)
  return openSpan(
    tracer,
    url === undefined ? method : `${method} ${url}`,
    {
      'http.request.method': method === 'other' ? '_OTHER' : method,
      'url.scheme': request.protocol,
      ...(url === undefined ? {} : { 'http.route': url }),
      'holdfast.correlation_id': request.id,
    },
    { kind: 'server', parent: extractTrace({ traceparent: single(request, 'traceparent') }) },
  )
}

const single = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
/** Labels come from a closed set, whatever a client sends. */
const methodLabel = (method: string): string => (methods.has(method) ? method : 'other')
