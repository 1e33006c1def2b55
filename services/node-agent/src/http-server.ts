import { createServer, type Server } from 'node:http'
import type { Address } from '@holdfast/config'
import { Registry } from '@holdfast/telemetry'

/** What `/ready` shows. */
export interface Readiness {
  readonly isReady: boolean
  readonly [detail: string]: unknown
}

export interface HttpServerOptions {
  readonly listen: Address
  /** Of the process and of the agent's present life. */
  readonly metrics: () => Registry
  readonly readiness: () => Readiness
  readonly firewall: {
    /** Undefined while there is none. */
    readonly status: () => unknown
    /** Reads the kernel back first. */
    readonly prove: () => Promise<unknown>
  }
}

/** Health, readiness and metrics, for this host alone. Rejects when the port is taken. */
export async function httpServer({
  listen,
  metrics,
  readiness,
  firewall,
}: HttpServerOptions): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
    }
    const json = (status: number, body: unknown): void =>
      answer(status, 'application/json', `${JSON.stringify(body, readable)}\n`)
    const firewallIs = (status: unknown): void =>
      status === undefined ? json(503, { status: 'no firewall yet' }) : json(200, status)
    if (request.method === 'POST' && request.url === '/firewall/prove') {
      firewall
        .prove()
        .then(firewallIs, (error: unknown) =>
          json(503, { status: error instanceof Error ? error.message : 'failed' }),
        )
      return
    }
    if (request.method !== 'GET') return json(405, { status: 'method not allowed' })
    switch (request.url) {
      case '/health':
        return json(200, { status: 'ok' })
      case '/ready': {
        const { isReady, ...details } = readiness()
        return json(isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready', ...details })
      }
      case '/firewall':
        return firewallIs(firewall.status())
      case '/metrics':
        metrics()
          .metrics()
          .then(
            (text) => answer(200, Registry.PROMETHEUS_CONTENT_TYPE, text),
            () => answer(500, 'text/plain', 'metrics failed\n'),
          )
        return
      default:
        return json(404, { status: 'not found' })
    }
  })
  await listening(server, listen)
  const bound = server.address()
  return {
    port: typeof bound === 'object' && bound ? bound.port : listen.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Sequences as text, hashes as hex. */
function readable(this: unknown, _key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return value
}

function listening(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
