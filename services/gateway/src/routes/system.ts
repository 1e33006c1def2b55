import { Type } from '@fastify/type-provider-typebox'
import { constantTimeEqual } from '@holdfast/crypto'
import { defineError } from '@holdfast/errors'
import type { Registry } from '@holdfast/telemetry'
import type { FastifyRequest } from 'fastify'
import { gatherMetrics, type MetricsTarget } from '../metrics/gather.ts'
import { version } from '../version.ts'
import { closed, component, flagOut, listOut, ref, textOut, words } from '../views/fields.ts'
import { anyone, type Routes } from './route.ts'

const MetricsForbidden = defineError(
  'gateway.metrics_forbidden',
  'forbidden',
  () => 'Metrics are for this host, or for who sends the metrics token',
)

export interface SystemOptions {
  readonly registry: Registry
  readonly metricsTargets: readonly MetricsTarget[]
  /** Bearer token for metrics. */
  readonly metricsToken: string | undefined
  /** Without a token, metrics are for the loopback only. */
  readonly isProduction: boolean
  readonly readiness: () => Promise<Readiness>
}

export interface Readiness {
  readonly isReady: boolean
  readonly checks: Readonly<Record<string, Check>>
  /** What works, but weaker than it should. */
  readonly warnings: readonly string[]
}

export interface Check {
  readonly ok: boolean
  /** For people. */
  readonly detail: string
}

export const Ready = component('Ready', {
  status: words(['ready', 'not_ready'], 'Whether requests will be served.'),
  checks: Type.Record(
    Type.String(),
    Type.Object({
      ok: flagOut('Whether it works.', true),
      detail: textOut('For people.', 'answers'),
    }),
    { description: 'What it depends on.' },
  ),
  warnings: listOut('What works, but weaker than it should.'),
})

const tags = ['system']
const probe = { isPublic: true, isProbe: true, isQuiet: true }
const none = closed({})

/** Whether the gateway lives, serves and what it measures. */
export const systemRoutes =
  (options: SystemOptions): Routes =>
  async (app) => {
    app.get(
      '/health',
      {
        config: probe,
        schema: {
          operationId: 'getHealth',
          tags,
          summary: 'Whether the process lives',
          security: anyone,
          querystring: none,
          response: {
            200: Type.Object({
              status: words(['ok'], 'Always ok when it answers.'),
              version: textOut('Of Holdfast.', version),
            }),
          },
        },
      },
      async () => ({ status: 'ok' as const, version }),
    )

    app.get(
      '/ready',
      {
        config: probe,
        schema: {
          operationId: 'getReadiness',
          tags,
          summary: 'Whether requests will be served',
          security: anyone,
          querystring: none,
          response: { 200: ref(Ready), 503: ref(Ready) },
        },
      },
      async (_request, reply) => {
        const { isReady, checks, warnings } = await options.readiness()
        if (!isReady) reply.code(503).header('retry-after', '1')
        return reply.send({
          status: isReady ? 'ready' : 'not_ready',
          checks,
          warnings: [...warnings],
        })
      },
    )

    app.get(
      '/metrics',
      {
        config: { isPublic: true, isQuiet: true },
        schema: {
          operationId: 'getMetrics',
          tags,
          summary: 'Metrics of the suite, Prometheus text',
          security: anyone,
          produces: ['text/plain'],
          querystring: none,
          response: { 200: Type.String() },
        },
      },
      async (request, reply) => {
        admitScrape(request, options)
        const text = await gatherMetrics(options.registry, options.metricsTargets)
        return reply.header('content-type', options.registry.contentType).send(text)
      },
    )
  }

const loopback = /^(127\.|::1$|::ffff:127\.)/

/** From this host, and not passed on by a proxy on this host for somebody else. */
const isLocal = ({ ip, headers }: FastifyRequest): boolean =>
  loopback.test(ip) &&
  headers['x-forwarded-for'] === undefined &&
  headers['forwarded'] === undefined

function admitScrape(request: FastifyRequest, { metricsToken, isProduction }: SystemOptions): void {
  const isAdmitted =
    metricsToken === undefined
      ? !isProduction || isLocal(request)
      : constantTimeEqual(Buffer.from(request.token ?? ''), Buffer.from(metricsToken))
  if (!isAdmitted) throw MetricsForbidden({})
}
