import { extractTrace, Histogram, span, type Telemetry } from '@holdfast/telemetry'
import type { FastifyInstance, FastifyRequest, RouteHandlerMethod } from 'fastify'

/**
 * 32 hexadecimal digits that find the request again: the trace when one is recorded, otherwise the
 * correlation id, which is in our log line and in the commit.
 */
export const traceIdOf = (request: FastifyRequest): string =>
  // A request that could not be routed has met no hook, so nothing hangs on it.
  request.traceId ? request.traceId : request.id.replaceAll('-', '')

/**
 * One span, one log line and one observation a request. Spans wrap every handler, which costs a
 * closure a request, so they are made only when somebody collects them.
 */
export function observe(
  app: FastifyInstance,
  { tracer, log, registry }: Telemetry,
  isTraced: boolean,
): void {
  const duration = new Histogram({
    name: 'holdfast_http_request_duration_seconds',
    help: 'Time from the request line to the last byte of the answer, by route template.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  })

  app.addHook('onRoute', (route) => {
    const handler = route.handler
    const name = `${[route.method].flat().join()} ${route.url}`
    const attributes = {
      'http.request.method': [route.method].flat().join(),
      'http.route': route.url,
    }
    const traced: RouteHandlerMethod = function (request, reply) {
      return span(
        tracer,
        name,
        attributes,
        async (active) => {
          const { traceId } = active.spanContext()
          if (!/^0*$/.test(traceId)) request.traceId = traceId
          active.setAttribute('holdfast.correlation_id', request.id)
          const answer = await handler.call(this, request, reply)
          active.setAttribute('http.response.status_code', reply.statusCode)
          return answer
        },
        { kind: 'server', parent: extractTrace({ traceparent: single(request, 'traceparent') }) },
      )
    }
    if (isTraced) route.handler = traced
  })

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
    if (config.isQuiet !== true) {
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
    }
    done()
  })
}

const single = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
/** Labels come from a closed set, whatever a client sends. */
const methodLabel = (method: string): string => (methods.has(method) ? method : 'other')
