import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

export interface Received {
  readonly id: string
  readonly type: string
  readonly timestamp: string
  readonly data: {
    readonly sequence?: string
    readonly organization_id: string | null
    readonly fields?: { readonly name?: string }
    readonly [name: string]: unknown
  }
}

/** Somebody else's endpoints: each verifies what it gets by the library its author would use. */
export interface Receiver {
  url(path: string): string
  /** From here on requests to the path must be signed with it. */
  expect(path: string, secret: string): void
  /** In order of arrival, repetitions and all. */
  at(path: string): readonly Received[]
  /** What did not verify, and why. */
  readonly forged: readonly string[]
  /** Leaves requests to the path without an answer, until `release`. */
  hold(path: string): { release(): void }
  close(): Promise<void>
}

export async function startReceiver(): Promise<Receiver> {
  const secrets = new Map<string, string>()
  const received = new Map<string, Received[]>()
  const forged: string[] = []
  const held = new Set<string>()
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      try {
        const body = Buffer.concat(chunks).toString()
        const headers = request.headers as Record<string, string> // as: none of the three repeats
        const message = new Webhook(secrets.get(path) ?? '').verify(body, headers)
        const id = headers['webhook-id'] ?? ''
        // as: what is signed with our secret is Holdfast's
        const one = { ...(message as Omit<Received, 'id'>), id }
        received.set(path, [...(received.get(path) ?? []), one])
      } catch (error) {
        forged.push(`${path}: ${error}`)
        response.writeHead(401).end()
        return
      }
      if (!held.has(path)) response.writeHead(204).end()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo // as: a TCP server that listens
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    expect: (path, secret) => void secrets.set(path, secret),
    at: (path) => received.get(path) ?? [],
    forged,
    hold(path) {
      held.add(path)
      return { release: () => void held.delete(path) }
    },
    close() {
      server.closeAllConnections()
      return new Promise((done) => server.close(() => done()))
    },
  }
}
