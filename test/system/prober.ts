import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Network } from './namespaces.ts'

/** Sends and serves test traffic from inside a namespace. */
export interface Prober {
  /** Echoes TCP and UDP, both families, on these ports. */
  serve(ports: readonly number[]): Promise<void>
  /** Whether a byte comes back over a fresh TCP connection. */
  tcp(address: string, port: number, timeoutMs?: number): Promise<boolean>
  /** How many of `count` datagrams come back. */
  udp(
    address: string,
    port: number,
    options?: { readonly timeoutMs?: number; readonly count?: number; readonly gapMs?: number },
  ): Promise<number>
  stop(): void
}

export function startProber(network: Network, namespace: string): Prober {
  const script = fileURLToPath(new URL('./prober.mjs', import.meta.url))
  const child = network.start(namespace, process.execPath, [script])
  const waiting = new Map<number, { done: (answer: unknown) => void; failed: (e: Error) => void }>()
  let next = 1
  if (!child.stdout || !child.stdin) throw new Error('the prober has no pipes')
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, answer, error } = JSON.parse(line) as {
      id: number
      answer?: unknown
      error?: string
    }
    const asked = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) asked?.done(answer)
    else asked?.failed(new Error(error))
  })
  child.once('exit', () => {
    for (const { failed } of waiting.values()) failed(new Error('the prober ended'))
    waiting.clear()
  })
  const { stdin } = child
  const ask = <T>(job: string, wish: object): Promise<T> =>
    new Promise<T>((done, failed) => {
      const id = next++
      waiting.set(id, { done: (answer) => done(answer as T), failed }) // as: each job's own answer
      stdin.write(`${JSON.stringify({ id, job, ...wish })}\n`)
    })
  return {
    serve: (ports) => ask('serve', { ports }),
    tcp: (address, port, timeoutMs = 400) => ask('tcp', { address, port, timeoutMs }),
    udp: (address, port, { timeoutMs = 400, ...more } = {}) =>
      ask('udp', { address, port, timeoutMs, ...more }),
    stop: () => void child.kill('SIGKILL'),
  }
}
