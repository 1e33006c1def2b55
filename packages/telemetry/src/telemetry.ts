import { type Tracer, trace } from '@opentelemetry/api'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { createLogger } from './logger.ts'
import { createRegistry } from './registry.ts'

/** What a process says about itself: lines, numbers, spans. */
export interface Telemetry {
  readonly log: Logger
  readonly registry: Registry
  /** Does nothing until `startTracing` has found an endpoint. */
  readonly tracer: Tracer
}

/** `level` is one of `logLevels`; `silent` is for tests. */
export function createTelemetry(service: string, options: { readonly level: string }): Telemetry {
  return {
    log: createLogger(service, options.level),
    registry: createRegistry(),
    tracer: trace.getTracer('holdfast'),
  }
}
