import type { AccessRecorder } from '@holdfast/event-log'
import { sourceOf } from '@holdfast/net'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Told of every call that was turned away; ACCESS keeps a bounded part of that. */
export function recordDenied(app: FastifyInstance, recorder: Pick<AccessRecorder, 'record'>): void {
  app.addHook('onResponse', (request, reply, done) => {
    const status = reply.statusCode
    if ((status === 401 || status === 403) && !isRecordedByAuth(request)) {
      // A service took the token before it said 403; what an unverified one claims is nobody's word.
      const claims = status === 403 || request.claims?.isProven ? request.claims : undefined
      recorder.record({
        action: 'denied',
        result: 'failure',
        code: request.problemCode,
        target: `${request.method} ${request.routeOptions.url ?? 'unknown'}`,
        source: sourceOf(request.ip),
        ...(claims === undefined ? {} : { userId: claims.subject }),
        ...(claims?.sessionId === undefined ? {} : { sessionId: claims.sessionId }),
      })
    }
    done()
  })
}

/** Auth keeps what it refused of these itself, and knows more of it. */
const isRecordedByAuth = ({ routeOptions, problemCode }: FastifyRequest): boolean =>
  routeOptions.config.isRecordedByAuth === true && problemCode.startsWith('auth.')
