import type { OpenSpan } from '@holdfast/telemetry'
import type { Claims } from './principal.ts'

// What the gateway hangs on requests and routes.
declare module 'fastify' {
  interface FastifyRequest {
    /** The bearer token as it came. */
    token: string | undefined
    /** What the token claims; trusted only when `isProven`. */
    claims: Claims | undefined
    /** The moment `?at=` names, as a sequence of the log (http/at.ts). */
    at: bigint | undefined
    /** Of the recorded span; empty when none is. */
    traceId: string
    /** Only while somebody collects spans. */
    span: OpenSpan | undefined
    /** Code of the problem that was answered; empty when none was. */
    problemCode: string
  }
  interface FastifyContextConfig {
    /** Needs no token. */
    isPublic?: boolean
    /** Counts against the strict limit: guessing passwords and tokens must be slow. */
    isSignIn?: boolean
    /** Auth puts refusals of its own into ACCESS. */
    isRecordedByAuth?: boolean
    /** Answered even when overloaded or over a limit: who asks has to know just then. */
    isProbe?: boolean
    /** Comes all the time and says nothing new: not logged. */
    isQuiet?: boolean
    /** Stays open: how long is no latency. */
    isStream?: boolean
    /** Takes `If-Match`. */
    isConditional?: boolean
    /** Takes no `Idempotency-Key`: the answer is not a commit. */
    isUnkeyed?: boolean
    /** Media type of the body when it is not JSON. */
    bodyType?: string
  }
}
