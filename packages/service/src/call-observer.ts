import { DomainError } from '@holdfast/errors'
import { Counter, Histogram, type Telemetry } from '@holdfast/telemetry'
import type { Incoming, Outgoing } from './exchange.ts'
import type { CallFacts } from './served-call.ts'

/** gRPC status codes by number, as metrics and people spell them. */
const codeNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const

/** Of an answer, as metrics and spans name it. */
export const codeOf = (outgoing: Outgoing): string =>
  codeNames[outgoing.ok ? 0 : outgoing.status.code] ?? 'UNKNOWN'

export interface CallObserver {
  /** One line and one count a call. */
  settled(
    incoming: Incoming,
    outgoing: Outgoing,
    facts: CallFacts,
    durationMs: number,
    error: unknown,
  ): void
  /** The handler of a call that was already answered (deadline, cancellation) came to its end. */
  late(incoming: Incoming, error: unknown): void
}

export function callObserver({ log, registry }: Telemetry): CallObserver {
  const handled = new Counter({
    name: 'holdfast_grpc_server_handled_total',
    help: 'Calls answered.',
    // `service` is the process, wherever its metrics are read.
    labelNames: ['grpc_service', 'method', 'code'],
    registers: [registry],
  })
  const duration = new Histogram({
    name: 'holdfast_grpc_server_handling_seconds',
    help: 'From the arrival of a call to its answer.',
    labelNames: ['grpc_service', 'method'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  })

  return {
    settled(incoming, outgoing, facts, durationMs, error) {
      const known = facts.caller !== undefined || !isUnknown(error)
      // Whatever a client makes up must not become a label.
      const [service = 'unknown', method = 'unknown'] = known
        ? incoming.path.slice(1).split('/')
        : []
      const code = codeOf(outgoing)
      handled.inc({ grpc_service: service, method, code })
      duration.observe({ grpc_service: service, method }, durationMs / 1000)

      const isOurFault = code === 'INTERNAL'
      const level = isOurFault ? 'error' : code === 'UNAVAILABLE' ? 'warn' : 'info'
      if (!log.isLevelEnabled(level)) return
      log[level](
        {
          method: `${service}/${method}`,
          code,
          durationMs: Math.round(durationMs * 1000) / 1000,
          peer: incoming.peer,
          userId: facts.caller?.userId,
          organizationId: facts.organizationId,
          sequence: facts.sequence,
          commandId: facts.sequence === undefined ? undefined : facts.headers?.commandId,
          correlationId: facts.headers?.correlationId,
          ...(error === undefined ? {} : told(error, isOurFault)),
        },
        'call',
      )
    },

    late({ path }, error) {
      if (error === undefined)
        log.debug({ method: path.slice(1) }, 'call finished after its answer')
      else if (!(error instanceof DomainError) && !isAbort(error)) {
        log.error({ method: path.slice(1), err: error }, 'call failed after its answer')
      }
    },
  }
}

const isUnknown = (error: unknown): boolean =>
  error instanceof DomainError && error.code === 'rpc.unknown_method'

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError'

/** Refusals say which; our own faults say everything. A cause is only ever told here. */
function told(error: unknown, isOurFault: boolean): Record<string, unknown> {
  if (isOurFault || !(error instanceof DomainError)) return { err: error }
  return {
    problem: error.code,
    ...(error.cause === undefined ? {} : { err: error.cause }),
  }
}
