export type { Attributes, Context, Span, Tracer } from '@opentelemetry/api'
export type { Logger } from 'pino'
export { Counter, Gauge, Histogram, Registry } from 'prom-client'
export { lagAge } from './lag-age.ts'
export { errorLine, logLevels } from './logger.ts'
export { sourceStack } from './source-stack.ts'
export { createTelemetry, type Telemetry } from './telemetry.ts'
export {
  extractTrace,
  injectTrace,
  isTraced,
  type OpenSpan,
  openSpan,
  type SpanOptions,
  span,
  startTracing,
} from './tracing.ts'
export { version } from './version.ts'
