import { Type } from '@fastify/type-provider-typebox'
import { DomainError, defineError, invalid } from '@holdfast/errors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Authenticate, type EventAccess, eventAccess } from '../events/access.ts'
import type { EventHub, EventSource } from '../events/event-hub.ts'
import { closed, optional } from '../views/fields.ts'
import { type Routes, signedIn } from './route.ts'

export const PositionUnknown = defineError(
  'gateway.event_position_unknown',
  'illegal_state',
  (d: { asked: string; last: string }) =>
    `The log ends at ${d.last}, before ${d.asked}: it is not the log that position came from`,
)

export const TooManyStreams = defineError(
  'gateway.too_many_event_streams',
  'exhausted',
  (d: { limit: number }) => `More than ${d.limit} event streams are open: close one`,
)

/** What may wait for one client's socket. */
const maxBufferedBytes = 1024 * 1024
const maxStreams = 500
const maxStreamsOfOne = 20
/** How often a long stream asks whether its caller may still listen. */
const recheckMs = 60_000
/** How long a client that was cut off has to take what is left. */
const lastWordsMs = 5_000

/** Live events as Server-Sent Events. */
export const eventRoutes =
  (authenticate: Authenticate, log: EventSource, hub: EventHub): Routes =>
  async (app) => {
    const bySession = new Map<string, Set<(why: string) => void>>()

    const stopListening = log.onSignal('ctl.auth.session-revoked', (data) => {
      const sessionId = revokedSession(data)
      for (const end of bySession.get(sessionId) ?? []) end('the session has ended')
    })
    app.addHook('preClose', async () => {
      stopListening()
      hub.close()
    })

    app.get(
      '/events',
      {
        exposeHeadRoute: false,
        config: { isStream: true },
        schema: {
          operationId: 'streamEvents',
          tags: ['events'],
          summary: 'Live events (Server-Sent Events)',
          description:
            'Each event is one commit of the log: `id` is its sequence, `event` the type of its first fact. Come back with `Last-Event-ID` to miss nothing.',
          security: signedIn,
          produces: ['text/event-stream'],
          querystring: closed({
            from: optional(
              Type.String({
                pattern: '^[1-9][0-9]{0,17}$',
                description:
                  'First log sequence wanted; from now on when absent. `Last-Event-ID` wins.',
                examples: ['1'],
              }),
            ),
          }),
          response: { 200: Type.String({ description: 'text/event-stream' }) },
        },
      },
      async (request, reply) => {
        const token = request.token ?? ''
        const access = await eventAccess(authenticate, token)
        const from = start(request, request.query.from, await hub.position())
        if (hub.listeners >= maxStreams) throw TooManyStreams({ limit: maxStreams })
        const open = bySession.get(access.sessionId) ?? new Set()
        if (open.size >= maxStreamsOfOne) throw TooManyStreams({ limit: maxStreamsOfOne })
        bySession.set(access.sessionId, open)

        const controller = new AbortController()
        const stream = respond(reply, access, controller)
        open.add(stream.end)
        const expiry = expiryTimer(request, stream.end)
        const recheck = setInterval(() => {
          eventAccess(authenticate, token).then(
            (now) => stream.see(now),
            (error: unknown) => {
              // A service that cannot answer is no verdict: the token still ends when it expires.
              const isVerdict =
                error instanceof DomainError &&
                (error.kind === 'unauthenticated' || error.kind === 'forbidden')
              if (isVerdict) stream.end('the session has ended')
            },
          )
        }, recheckMs)
        try {
          await hub.stream(from, stream, controller.signal)
        } catch (error) {
          request.log.error({ err: error, correlationId: request.id }, 'event stream failed')
          stream.end('the log is not readable now')
        } finally {
          clearTimeout(expiry)
          clearInterval(recheck)
          open.delete(stream.end)
          if (open.size === 0) bySession.delete(access.sessionId)
          stream.end('')
        }
        return reply
      },
    )
  }

/** First sequence to send. */
function start(request: FastifyRequest, from: string | undefined, last: bigint): bigint {
  const lastEventId = request.headers['last-event-id']
  if (lastEventId !== undefined && lastEventId !== '') {
    if (typeof lastEventId !== 'string' || !/^(0|[1-9]\d{0,17})$/.test(lastEventId)) {
      throw invalid({ field: 'Last-Event-ID', code: 'malformed', detail: 'must be a log sequence' })
    }
    return known(BigInt(lastEventId) + 1n, last)
  }
  return from === undefined ? last + 1n : known(BigInt(from), last)
}

function known(from: bigint, last: bigint): bigint {
  if (from > last + 1n) {
    throw PositionUnknown({ asked: (from - 1n).toString(), last: last.toString() })
  }
  return from
}

/** Takes the answer over from Fastify. */
function respond(reply: FastifyReply, access: EventAccess, controller: AbortController) {
  let allowed = access
  const { raw } = reply
  reply.hijack()
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value)
  }
  raw.setHeader('content-type', 'text/event-stream; charset=utf-8')
  // Proxies that buffer would hold events back.
  raw.setHeader('x-accel-buffering', 'no')
  raw.writeHead(200)
  raw.write('retry: 2000\n\n')
  raw.on('close', () => controller.abort())
  // The socket's end is all an error here means, and 'close' follows.
  raw.on('error', () => {})
  return {
    sees: (commit: Parameters<EventAccess['sees']>[0]) => allowed.sees(commit),
    see: (now: EventAccess) => {
      allowed = now
    },
    write: (text: string) => {
      raw.write(text)
      return raw.writableLength <= maxBufferedBytes
    },
    drained: () =>
      new Promise<void>((resolve) => {
        if (!raw.writableNeedDrain || raw.destroyed) return resolve()
        const done = () => {
          raw.off('drain', done).off('close', done)
          resolve()
        }
        raw.on('drain', done).on('close', done)
      }),
    end: (why: string) => {
      controller.abort()
      if (raw.writableEnded) return
      raw.end(why === '' ? '' : `: ${why}\nretry: 2000\n\n`)
      setTimeout(() => raw.destroy(), lastWordsMs).unref()
    },
  }
}

/** Ends the stream with its token, which has been verified by now: its expiry holds. */
function expiryTimer(request: FastifyRequest, end: (why: string) => void): NodeJS.Timeout {
  const expiresAt = request.claims?.expiresAtUnixMs ?? Date.now()
  const leftMs = Math.max(0, Math.min(expiresAt - Date.now(), 2 ** 31 - 1))
  return setTimeout(() => end('the access token has expired'), leftMs)
}

function revokedSession(data: Uint8Array): string {
  try {
    const said: unknown = JSON.parse(Buffer.from(data).toString())
    if (typeof said === 'object' && said !== null && 'session_id' in said) {
      return String(said.session_id)
    }
  } catch {
    // Not ours; the periodic check finds a revoked session too.
  }
  return ''
}
