import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import type { EgressAgents } from '@holdfast/egress'
import { isRetriable, StorageBroken, StorageInvalidAnswer, storageErrorOf } from '../errors.ts'
import type { Surroundings } from '../surroundings.ts'

/** What the web APIs of file services have in common: HTTPS, bearer tokens that run out, JSON, asking to come later. */
export interface WebClient {
  /** The answer whatever its status; its body must be read or destroyed. A token that ran out is renewed once. */
  send(request: WebRequest): Promise<IncomingMessage>
  /** Sends and reads the answer whole: at most 8 MiB. */
  ask(request: WebRequest): Promise<WebAnswer>
  close(): void
}

export interface WebRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly signal?: AbortSignal | undefined
  /** Sent without a token: the one of an upload is in its address, and that of signing in is what is asked for. */
  readonly isAnonymous?: boolean
}

export interface WebAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Parsed JSON; undefined when it is none. */
  readonly value: unknown
}

export interface WebOptions {
  /** The token to send; `isStale`: the one before was refused. */
  token(ask: WebClient['ask'], isStale: boolean): Promise<string>
  /** Of the service's certificate, PEM; the usual authorities when absent. */
  readonly ca?: string | undefined
}

const maxAnswerBytes = 8 * 1024 * 1024

export function openWebClient(surroundings: Surroundings, options: WebOptions): WebClient {
  const { connector, timeouts } = surroundings
  const agents = connector.agents({
    timeoutMs: timeouts.connectMs,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  })

  async function send(request: WebRequest): Promise<IncomingMessage> {
    const answer = await signedIn(request)
    // Whoever reads it may take their time.
    answer.setTimeout(0)
    return answer
  }

  async function signedIn(request: WebRequest): Promise<IncomingMessage> {
    if (request.isAnonymous) return await exchange(agents, request, undefined, timeouts.idleMs)
    const token = await options.token(ask, false)
    const answer = await exchange(agents, request, token, timeouts.idleMs)
    if (answer.statusCode !== 401) return answer
    answer.resume()
    const fresh = await options.token(ask, true)
    return await exchange(agents, request, fresh, timeouts.idleMs)
  }

  async function ask(request: WebRequest): Promise<WebAnswer> {
    const answer = await signedIn(request)
    try {
      return await readWhole(answer)
    } catch (error) {
      request.signal?.throwIfAborted()
      throw storageErrorOf(error)
    }
  }

  return { send, ask, close: () => agents.destroy() }
}

/** An answer and its JSON; at most 8 MiB. */
export async function readWhole(answer: IncomingMessage): Promise<WebAnswer> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > maxAnswerBytes)
      throw StorageInvalidAnswer({ why: `more than ${maxAnswerBytes} bytes of JSON` })
    parts.push(part)
  }
  const value = parsed(Buffer.concat(parts).toString('utf8'))
  return { status: answer.statusCode ?? 0, headers: answer.headers, value }
}

function exchange(
  agents: EgressAgents,
  { method, url, headers, body, signal }: WebRequest,
  token: string | undefined,
  idleMs: number,
): Promise<IncomingMessage> {
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(url, {
      agent: agents.https,
      method,
      headers: {
        'user-agent': 'holdfast',
        accept: 'application/json, */*',
        ...headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined && method === 'GET'
          ? {}
          : { 'content-length': String(body?.length ?? 0) }),
      },
      ...(signal ? { signal } : {}),
    })
    outgoing.setTimeout(idleMs, () =>
      outgoing.destroy(StorageBroken({ why: `no answer within ${idleMs / 1000} s` })),
    )
    outgoing.once('response', resolve)
    outgoing.once('error', (error) =>
      reject(signal?.aborted ? signal.reason : storageErrorOf(error)),
    )
    // An answer that ends HTTP is neither an error nor a response; after either this does nothing.
    outgoing.once('close', () => reject(StorageBroken({ why: 'no answer in HTTP' })))
    outgoing.end(body)
  })
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A member on the way down, or undefined. */
export const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((found, key) => (isRecord(found) ? found[key] : undefined), value)

export const textAt = (value: unknown, ...path: readonly string[]): string => {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : ''
}

/** How long the other side asks to wait, ms; at most 30 s, so that a step never stands still unnoticed. */
export function waitOf(headers: IncomingMessage['headers']): number | undefined {
  const seconds = Number(headers['retry-after'])
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 30) * 1000 : undefined
}

/** Told to come later. */
export class Busy extends Error {
  override readonly name = 'Busy'
  readonly waitMs: number | undefined

  constructor(waitMs: number | undefined) {
    super('the service asks to come later')
    this.waitMs = waitMs
  }
}

const most = { broken: 2, busy: 8 }

/**
 * One step of an upload, again when the connection broke or the service asked to wait: beginning the whole upload anew
 * for that would cost what is already there.
 */
export async function patiently<T>(
  signal: AbortSignal | undefined,
  step: (attempt: number) => Promise<T>,
): Promise<T> {
  const failed = { broken: 0, busy: 0 }
  for (let attempt = 1; ; attempt++) {
    try {
      return await step(attempt)
    } catch (error) {
      signal?.throwIfAborted()
      const isBusy = error instanceof Busy
      if (!isBusy && !isRetriable(error)) throw error
      const how = isBusy ? 'busy' : 'broken'
      failed[how] += 1
      if (failed[how] > most[how])
        throw isBusy ? StorageBroken({ why: 'the service is too busy' }, error) : error
      const usual = Math.min(100 * 2 ** attempt, 10_000) * (0.5 + Math.random() / 2)
      await delay((isBusy ? error.waitMs : undefined) ?? usual, undefined, signal ? { signal } : {})
    }
  }
}
