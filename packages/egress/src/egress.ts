import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { codeOf, EgressFailed, EgressRefused, failureOf, isUnreachable } from './errors.ts'
import type { EgressPolicy } from './policy.ts'
import { type Resolver, resolveHost, systemResolver } from './resolve.ts'
import { type EgressTarget, parseTarget } from './target.ts'

export interface EgressRequest {
  readonly url: string
  readonly method?: 'POST' | 'PUT' | 'GET'
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** For all of it: name, connection, answer. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export interface EgressAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** The beginning of the body, at most `maxAnswerBytes`. */
  readonly body: Uint8Array
}

export interface Egress {
  /**
   * Sends one request to where the policy allows and answers with whatever status comes back; redirects are not
   * followed. The address that was looked at is the address connected to; the certificate must be of the name. Rejects
   * with `EgressFailed`, or `EgressRefused` when nothing was sent.
   */
  send(request: EgressRequest): Promise<EgressAnswer>
  /** Looks at a URL without connecting; resolves to why it is refused. A name that does not resolve now is not refused. */
  refusal(url: string, signal: AbortSignal): Promise<string | undefined>
  /** Closes idle connections. */
  close(): void
}

export interface EgressOptions {
  readonly policy: EgressPolicy
  readonly resolver?: Resolver
  /** CAs besides the usual, PEM; for tests. */
  readonly ca?: string
  /** Default 64 KiB. More of an answer is not read. */
  readonly maxAnswerBytes?: number
}

/** How long the rest of an answer is waited for once its status is known. */
const bodyWaitMs = 2_000

/** SSRF-safe HTTP to addresses other people name. */
export function openEgress(options: EgressOptions): Egress {
  const { policy, resolver = systemResolver, maxAnswerBytes = 64 * 1024 } = options
  // Kept connections are told apart by address, port and name: one is used again only for the address just judged.
  const kept = {
    keepAlive: true,
    maxFreeSockets: 256,
    scheduling: 'lifo',
    timeout: 60_000,
  } as const
  const plain = new HttpAgent(kept)
  const secure = new HttpsAgent({
    ...kept,
    minVersion: 'TLSv1.2',
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  })

  async function addressesOf(target: EgressTarget, signal: AbortSignal) {
    const isPlain = target.url.protocol === 'http:'
    return await resolveHost(target.host, policy, resolver, { isPlain, signal })
  }

  async function send(request: EgressRequest): Promise<EgressAnswer> {
    const parsed = parseTarget(request.url, policy)
    if (!parsed.ok) throw new EgressRefused(parsed.detail)
    const target = parsed.value
    const deadline = AbortSignal.timeout(request.timeoutMs)
    const signal = request.signal ? AbortSignal.any([request.signal, deadline]) : deadline
    try {
      const addresses = await addressesOf(target, signal)
      let failure: unknown
      for (const address of addresses) {
        try {
          return await once(target, address, request, signal)
        } catch (error) {
          failure = error
          // Only what never reached anybody may be sent to the next address.
          if (!isUnreachable(error)) throw error
        }
      }
      throw failure
    } catch (error) {
      throw failureOf(error, target.host, deadline.aborted ? request.timeoutMs : undefined)
    }
  }

  function once(
    target: EgressTarget,
    address: string,
    request: EgressRequest,
    signal: AbortSignal,
    isSecondTry = false,
  ): Promise<EgressAnswer> {
    const { url, host, isLiteral, port } = target
    const isSecure = url.protocol === 'https:'
    let hasAnswered = false
    return new Promise((resolve, reject) => {
      const outgoing = (isSecure ? requestHttps : requestHttp)({
        agent: isSecure ? secure : plain,
        host: address,
        port,
        path: `${url.pathname}${url.search}`,
        method: request.method ?? 'POST',
        // An address has no server name; its certificate is checked against the address.
        ...(isSecure ? { servername: isLiteral ? '' : host } : {}),
        headers: {
          'user-agent': 'holdfast',
          ...request.headers,
          host: url.host,
          'content-length': request.body.length,
        },
        signal,
      })
      outgoing.on('error', (error) => {
        const wasIdle = outgoing.reusedSocket && codeOf(error) === 'ECONNRESET'
        // The other side closed a connection nobody used, as it may.
        if (wasIdle && !isSecondTry && !signal.aborted)
          once(target, address, request, signal, true).then(resolve, reject)
        else reject(error)
      })
      // An answer that ends HTTP (101) closes the request and is neither an error nor a response.
      outgoing.on('close', () => {
        if (!hasAnswered) reject(new EgressFailed('broken', `${host} did not answer in HTTP`))
      })
      outgoing.on('response', (answer) => {
        hasAnswered = true
        readBeginning(answer, maxAnswerBytes).then(
          (body) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }),
          reject,
        )
      })
      outgoing.end(request.body)
    })
  }

  return {
    send,
    async refusal(url, signal) {
      const parsed = parseTarget(url, policy)
      if (!parsed.ok) return parsed.detail
      try {
        await addressesOf(parsed.value, signal)
        return undefined
      } catch (error) {
        return error instanceof EgressRefused ? error.message : undefined
      }
    },
    close() {
      plain.destroy()
      secure.destroy()
    },
  }
}

/** The status is the answer: a body that is endless, slow or cut off changes nothing about it. */
function readBeginning(answer: IncomingMessage, max: number): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const end = (): void => {
      clearTimeout(timer)
      resolve(Buffer.concat(chunks).subarray(0, max))
    }
    const cut = (): void => {
      answer.destroy()
      end()
    }
    const timer = setTimeout(cut, bodyWaitMs)
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > max) cut()
    })
    answer.on('end', end)
    answer.on('error', end)
    answer.on('close', end)
  })
}
