import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy that can hold back what the server says. */
export interface LossyProxy {
  readonly url: string
  /** While true, what comes from the server is thrown away. */
  isDeaf: boolean
  /** How many chunks were thrown away. */
  readonly dropped: number
  /** Cuts every connection. */
  cut(): void
  close(): Promise<void>
}

export async function lossyProxy(target: { host: string; port: number }): Promise<LossyProxy> {
  const sockets = new Set<Socket>()
  const state = { isDeaf: false, dropped: 0 }
  const server = createServer((client) => {
    const upstream = connect(target)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (chunk) => upstream.write(chunk))
    upstream.on('data', (chunk) => {
      if (state.isDeaf) state.dropped++
      else client.write(chunk)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `nats://127.0.0.1:${port}`,
    get isDeaf() {
      return state.isDeaf
    },
    set isDeaf(value) {
      state.isDeaf = value
    },
    get dropped() {
      return state.dropped
    },
    cut,
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
