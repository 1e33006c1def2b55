import { once } from 'node:events'
import type { createServer, IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { throwawayAuthority } from '@holdfast/service/testing'

// Google and Dropbox cannot be reached from tests. Their servers here speak what is published of the API, strictly: what
// the documents do not allow is refused. They are no proof of the real services; the live tests are.

export interface Call {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

export interface ApiServer {
  originAt(host: string): string
  readonly port: number
  /** PEM, of its certificate. */
  readonly ca: string
  /** Answers the next calls with this instead: asked to wait, a failure, a connection that is cut. */
  disturb(...how: readonly Disturbance[]): void
  close(): Promise<void>
}

export type Disturbance =
  | { readonly status: number; readonly body?: unknown; readonly retryAfter?: number }
  /** Done, but nobody is told. */
  | 'lost answer'
  | 'cut'
  /** This one is left alone. */
  | 'pass'

export async function apiServer(
  answer: (call: Call) => Promise<void>,
  /** Which calls a disturbance is for. */
  isDisturbed: (call: Call) => boolean = () => true,
): Promise<ApiServer> {
  const identity = await (await throwawayAuthority()).identity('store.test')
  const disturbances: Disturbance[] = []
  const sockets = new Set<Socket>()
  const listener: Parameters<typeof createServer>[1] = (request, response) => {
    const url = new URL(request.url ?? '/', `https://${request.headers.host}`)
    const call = { method: request.method ?? '', url, headers: request.headers, request, response }
    void handle(call).catch((error: unknown) => {
      // A test that breaks the connection meets this; anything else shows as an answer nobody understands.
      if (response.headersSent) response.destroy()
      else json(response, 500, { error: String(error) })
    })
  }
  async function handle(call: Call): Promise<void> {
    const disturbance = isDisturbed(call) ? disturbances.shift() : undefined
    if (disturbance === 'cut') call.request.socket.destroy()
    else if (disturbance === 'lost answer') {
      const socket = call.request.socket
      call.response.write = () => true
      call.response.end = () => {
        socket.destroy()
        return call.response
      }
      await answer(call)
    } else if (disturbance && disturbance !== 'pass') {
      call.request.resume()
      await once(call.request, 'end')
      if (disturbance.retryAfter !== undefined)
        call.response.setHeader('retry-after', String(disturbance.retryAfter))
      json(call.response, disturbance.status, disturbance.body ?? {})
    } else await answer(call)
  }
  const server = createTlsServer({ cert: identity.cert, key: identity.key }, listener)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    originAt: (host) => `https://${host}:${port}`,
    port,
    ca: identity.ca.toString(),
    disturb: (...how) => {
      disturbances.push(...how)
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
  response.end(JSON.stringify(value))
}

export async function partsOf(request: IncomingMessage, maxBytes: number): Promise<Buffer[]> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > maxBytes) throw new Error(`a body of more than ${maxBytes} bytes`)
    parts.push(part)
  }
  return parts
}

/** A refusal in the service's own words. */
export class Refused extends Error {
  readonly status: number
  readonly value: unknown

  constructor(status: number, value: unknown) {
    super(`refused with ${status}`)
    this.status = status
    this.value = value
  }
}

/** From `bytes=N-`; undefined when the whole is asked for, or nothing is there. */
export const rangeOf = (header: string | undefined): number | undefined => {
  const begin = /^bytes=(\d+)-$/.exec(header ?? '')?.[1]
  return begin === undefined ? undefined : Number(begin)
}
