import { hostname } from 'node:os'
import {
  type Attributes,
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { version } from './version.ts'

// Spans are made by hand: services ship as bundles, which instrumentations cannot reach into, and the calls
// between services run over one stream no instrumentation knows.

let isTracing = false

/** Whether anybody collects spans, for what is only worth its while then. */
export const isTraced = (): boolean => isTracing

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
      'service.version': version,
      'service.instance.id': `${hostname()}:${process.pid}`,
      ...(env['HOLDFAST_MODE'] ? { 'deployment.environment.name': env['HOLDFAST_MODE'] } : {}),
    }),
    // The operator's own words (OTEL_RESOURCE_ATTRIBUTES). Others would tell command lines and users.
    resourceDetectors: [resources.envDetector],
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
  /** `traceparent`s of spans it follows from without being part of them; those that are malformed are left out. */
  readonly links?: readonly string[]
}

/** More tell a reader nothing, and the SDK would drop them anyway. */
const maxLinks = 128

const linksTo = (traceparents: readonly string[] | undefined): Link[] =>
  [...new Set(traceparents)].slice(0, maxLinks).flatMap((traceparent) => {
    const linked = trace.getSpanContext(extractTrace({ traceparent }))
    return linked ? [{ context: linked }] : []
  })

const sdkOptions = (attributes: Attributes, { kind, links }: SpanOptions) => ({
  attributes,
  kind: kinds[kind ?? 'internal'],
  ...(links ? { links: linksTo(links) } : {}),
})

/** A span that outlives the function that starts it: of a request that is answered somewhere else. */
export interface OpenSpan {
  readonly traceId: string
  /** What runs in there, and what it leads to, is part of the span. */
  within<T>(work: () => T): T
  set(attributes: Attributes): void
  /** `errorType` when it failed, from a closed set. Once: a second call changes nothing. */
  end(errorType?: string): void
}

/** Undefined when nobody collects spans. Whoever opens it ends it. */
export function openSpan(
  tracer: Tracer,
  name: string,
  attributes: Attributes,
  options: SpanOptions = {},
): OpenSpan | undefined {
  if (!isTracing) return undefined
  const parent = options.parent ?? context.active()
  const opened = tracer.startSpan(name, sdkOptions(attributes, options), parent)
  const inside = trace.setSpan(parent, opened)
  return {
    traceId: opened.spanContext().traceId,
    within: (work) => context.with(inside, work),
    set: (more) => void opened.setAttributes(more),
    end(errorType) {
      if (!opened.isRecording()) return
      if (errorType !== undefined) {
        opened.setAttribute('error.type', errorType)
        opened.setStatus({ code: SpanStatusCode.ERROR })
      }
      opened.end()
    },
  }
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
  return tracer.startActiveSpan(name, sdkOptions(attributes, options), parent, async (active) => {
    try {
      return await fn(active)
    } catch (error) {
      active.setAttribute('error.type', errorType(error))
      active.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      active.end()
    }
  })
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
