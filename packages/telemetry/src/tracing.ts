import {
  type Attributes,
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'

// Spans are made by hand: services ship as bundles, which instrumentations cannot reach into, and the calls
// between services run over one stream no instrumentation knows.

let isTracing = false

const nothing = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)

const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const

/**
 * Starts sending spans when OTEL_EXPORTER_OTLP_ENDPOINT (or its _TRACES_ form) is set, and loads nothing
 * otherwise. The SDK reads the other OTEL_ variables itself. The returned function flushes and stops; it
 * gives up after 2 s, because a dead collector must not hold up a drain.
 */
export async function startTracing(service: string): Promise<() => Promise<void>> {
  const env = process.env
  const endpoint =
    env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? ''
  if (endpoint === '' || env['OTEL_SDK_DISABLED'] === 'true') return () => Promise.resolve()

  const [{ NodeSDK, resources }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
  ])
  const sdk = new NodeSDK({
    serviceName: `holdfast-${service}`,
    resource: resources.resourceFromAttributes({
      'service.namespace': 'holdfast',
      'service.instance.id': `${process.pid}`,
    }),
    traceExporter: new OTLPTraceExporter(),
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
  })
  sdk.start()
  isTracing = true
  return async () => {
    isTracing = false
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, 2_000)
    })
    // A collector that is gone is no reason to fail a shutdown.
    await Promise.race([sdk.shutdown().catch(() => undefined), patience])
    clearTimeout(timer)
  }
}

export interface SpanOptions {
  readonly kind?: keyof typeof kinds
  /** Where the span hangs when not below the active one, from `extractTrace`. */
  readonly parent?: Context
}

/** Runs `fn` inside a span, which ends with it. Failures set the status and `error.type`, never a message. */
export function span<T>(
  tracer: Tracer,
  name: string,
  attributes: Attributes,
  fn: (span: Span) => Promise<T>,
  options: SpanOptions = {},
): Promise<T> {
  if (!isTracing) return fn(nothing)
  const parent = options.parent ?? context.active()
  return tracer.startActiveSpan(
    name,
    { attributes, kind: kinds[options.kind ?? 'internal'] },
    parent,
    async (active) => {
      try {
        return await fn(active)
      } catch (error) {
        active.setAttribute('error.type', errorType(error))
        active.setStatus({ code: SpanStatusCode.ERROR })
        throw error
      } finally {
        active.end()
      }
    },
  )
}

function errorType(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

/** Adds `traceparent` (W3C Trace Context) of the active span, when there is one. */
export function injectTrace(headers: { traceparent?: string }): void {
  const active = isTracing ? trace.getActiveSpan()?.spanContext() : undefined
  if (active === undefined) return
  const flags = active.traceFlags.toString(16).padStart(2, '0')
  headers.traceparent = `00-${active.traceId}-${active.spanId}-${flags}`
}

const traceparent = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/

/** The context a `traceparent` header names; the root when it is absent or malformed. */
export function extractTrace(headers: Readonly<Record<string, string | undefined>>): Context {
  const match = isTracing ? traceparent.exec(headers['traceparent'] ?? '') : null
  const [, traceId, spanId, flags] = match ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT
  const spanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
  }
  return trace.setSpanContext(ROOT_CONTEXT, spanContext)
}
