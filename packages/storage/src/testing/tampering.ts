import { connect, createServer, type Server, type Socket } from 'node:net'

/** What happens to every connection from now on: it ends, or nothing moves any more, once so many bytes of it have passed. */
export interface Tampering {
  readonly as: 'cut' | 'stall'
  readonly toServer?: number
  readonly toClient?: number
}

/** Stands between a client and a server of this machine: the same ports, on 127.0.0.2. */
export interface Tamperer {
  readonly host: string
  /** Since it began. */
  readonly connections: number
  readonly bytes: number
  tamper(how: Tampering): void
  /** Lets everything pass again, and ends what was stalled. */
  heal(): void
  close(): Promise<void>
}

const host = '127.0.0.2'

export async function tamperer(ports: readonly number[]): Promise<Tamperer> {
  let how: Tampering | undefined
  let connections = 0
  let bytes = 0
  const open = new Map<Socket, () => void>()
  const stalled = new Set<Socket>()

  const through = (port: number) => (client: Socket) => {
    connections++
    const server = connect(port, '127.0.0.1')
    const end = (): void => {
      client.destroy()
      server.destroy()
      open.delete(client)
      stalled.delete(client)
    }
    open.set(client, end)
    const pass = (from: Socket, to: Socket, limit: () => number | undefined): void => {
      let passed = 0
      from.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        const rest = (limit() ?? Number.POSITIVE_INFINITY) - passed
        passed += chunk.length
        if (chunk.length > rest) {
          if (rest > 0) to.write(chunk.subarray(0, rest))
          if (how?.as === 'cut') return end()
          stalled.add(client)
          from.pause()
          return
        }
        if (!to.write(chunk)) {
          from.pause()
          to.once('drain', () => from.resume())
        }
      })
      from.on('end', () => to.end())
      from.on('error', end).on('close', end)
    }
    pass(client, server, () => how?.toServer)
    pass(server, client, () => how?.toClient)
  }

  const servers = await Promise.all(ports.map((port) => listening(port, through(port))))
  return {
    host,
    get connections() {
      return connections
    },
    get bytes() {
      return bytes
    },
    tamper(given) {
      how = given
    },
    heal() {
      how = undefined
      for (const socket of stalled) open.get(socket)?.()
    },
    async close() {
      for (const end of open.values()) end()
      await Promise.all(
        servers.map((server) => new Promise<void>((done) => server.close(() => done()))),
      )
    },
  }
}

/** Clients that are done close their side first: the other one may still have something to say. */
async function listening(port: number, accept: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, accept)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve)
  })
  return server
}
