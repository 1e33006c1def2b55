import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import type { EgressAgents } from '@holdfast/egress'
import {
  StorageBroken,
  StorageDenied,
  StorageFull,
  StorageInvalidAnswer,
  StorageNotFound,
} from '../errors.ts'

export interface DavRequest {
  readonly method: string
  /** Absolute; of the same server. */
  readonly url: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: AsyncIterable<Uint8Array> | string
  readonly signal?: AbortSignal | undefined
}

/** The body of the answer must be read or given up (`text`, `drain`). */
export type DavAnswer = IncomingMessage & { readonly statusCode: number }

export type DavClient = (request: DavRequest) => Promise<DavAnswer>

/** Requests as they are: redirects, refusals and failures of the other side are answers. */
export function davClient(agents: EgressAgents, authorization: string | undefined): DavClient {
  return (request) => ask(request, agents, authorization, false)
}

async function ask(
  request: DavRequest,
  agents: EgressAgents,
  authorization: string | undefined,
  isSecondTry: boolean,
): Promise<DavAnswer> {
  const { method, url, headers = {}, body, signal } = request
  const isSecure = url.startsWith('https:')
  return await new Promise<DavAnswer>((resolve, reject) => {
    const outgoing = (isSecure ? httpsRequest : httpRequest)(url, {
      method,
      agent: isSecure ? agents.https : agents.http,
      headers: {
        'user-agent': 'holdfast',
        'accept-encoding': 'identity',
        ...(authorization === undefined ? {} : { authorization }),
        ...headers,
      },
      ...(signal ? { signal } : {}),
    })
    const source = typeof body === 'string' || !body ? undefined : Readable.from(body)
    let hasAnswered = false
    const stop = (): void => {
      source?.unpipe(outgoing)
      source?.destroy()
    }
    outgoing.on('error', (error) => {
      stop()
      if (hasAnswered) return
      const code = 'code' in error ? error.code : undefined
      const wasIdle = outgoing.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE')
      // The other side closed a connection nobody used, as it may. What was streamed cannot be sent again from here.
      if (wasIdle && !source && !isSecondTry && !signal?.aborted)
        ask(request, agents, authorization, true).then(resolve, reject)
      else reject(error)
    })
    outgoing.on('response', (answer) => {
      hasAnswered = true
      // An answer before the end of the body is a refusal, and what follows would be read as another request.
      if (source && !outgoing.writableFinished) {
        stop()
        answer.on('close', () => outgoing.destroy())
      }
      answer.on('error', () => undefined)
      resolve(answer as DavAnswer)
    })
    outgoing.on('close', () => {
      stop()
      if (!hasAnswered) reject(new Error('the connection was closed before an answer came'))
    })
    if (source) {
      // Cut off, not ended: the other side must not take what it has for all of it.
      source.on('error', (error) => outgoing.destroy(error))
      source.pipe(outgoing)
    } else outgoing.end(body)
  })
}

const maxText = 32 * 1024 * 1024

/** The whole of it, when it is no more than a list may be. */
export async function text(answer: DavAnswer): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer) {
    const bytes = chunk as Buffer
    size += bytes.length
    if (size > maxText) throw StorageInvalidAnswer({ why: 'a folder answers without end' })
    chunks.push(bytes)
  }
  if (!answer.complete) throw StorageBroken({ why: 'an answer was cut off' })
  return Buffer.concat(chunks).toString('utf8')
}

/** For answers whose status is all there is to know: a short rest keeps the connection, a long one ends it. */
export function drain(answer: DavAnswer): void {
  let size = 0
  answer.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > 64 * 1024) answer.destroy()
  })
}

/** The error of a status that is not what was hoped for. */
export function davError(status: number, method: string, what: string): Error {
  const why = `${method} ${what} was answered with ${status}`
  switch (status) {
    case 401:
    case 403:
    case 405:
      return StorageDenied({ why })
    case 404:
    case 410:
      return StorageNotFound({ key: what })
    case 507:
    case 413:
      return StorageFull({ why })
    case 408:
    case 409:
    case 423:
    case 425:
    case 429:
      return StorageBroken({ why })
    default:
      if (status >= 500) return StorageBroken({ why })
      return StorageInvalidAnswer({
        why: status >= 300 && status < 400 ? `${why}: the folder is elsewhere` : why,
      })
  }
}
