import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Address } from '@holdfast/config'
import type { Registry } from '@holdfast/telemetry'

/** Why something is not ready, or what a reader of /readyz should know although it is. */
export interface Readiness {
  readonly isReady: boolean
  readonly reason?: string
}

export interface HealthServer {
  readonly port: number
  /** Adds a condition of /readyz. */
  check(name: string, check: () => Readiness): void
  /** Adds a page that is answered as JSON. */
  page(path: string, answer: () => Promise<unknown>): void
  close(): Promise<void>
}

/**
 * Serves /healthz (alive, always 200 while the event loop turns), /readyz (200 or 503, with every condition
 * and its reason) and /metrics.
 */
export async function startHealthServer(
  address: Address,
  registry: Registry,
): Promise<HealthServer> {
  const checks = new Map<string, () => Readiness>()
  const pages = new Map<string, () => Promise<unknown>>()
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
      response.end(request.method === 'HEAD' ? undefined : body)
    }
    const json = (status: number, body: unknown): void =>
      answer(status, 'application/json', `${JSON.stringify(body)}\n`)

    if (request.method !== 'GET' && request.method !== 'HEAD') {
      json(405, { error: 'only GET' })
      return
    }
    const path = request.url?.split('?')[0] ?? ''
    switch (path) {
      case '/healthz':
        json(200, { status: 'alive' })
        return
      case '/readyz': {
        const found = Object.fromEntries([...checks].map(([name, check]) => [name, check()]))
        const isReady = Object.values(found).every((readiness) => readiness.isReady)
        json(isReady ? 200 : 503, { isReady, checks: found })
        return
      }
      case '/metrics':
        registry.metrics().then(
          (text) => answer(200, registry.contentType, text),
          (error: unknown) => json(500, { error: String(error) }),
        )
        return
      default: {
        const page = pages.get(path)
        if (page) {
          page().then(
            (body) => json(200, body),
            (error: unknown) => json(500, { error: String(error) }),
          )
        } else
          json(404, {
            error: `try ${['/healthz', '/readyz', '/metrics', ...pages.keys()].join(', ')}`,
          })
      }
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port, address.host, resolve)
  })
  // A listening TCP server's address is never a path.
  const { port } = server.address() as AddressInfo
  return {
    port,
    check: (name, check) => void checks.set(name, check),
    page: (path, answer) => void pages.set(path, answer),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
