import { randomInt } from 'node:crypto'
import { createServer, type Server } from 'node:net'

export interface PortWish {
  readonly name: string
  /** Address it will be bound to. */
  readonly host: string
  /** Set by the operator: this one or an error. */
  readonly demanded?: number
  /** Used by the last run. */
  readonly previous?: number
  /** Tried before any other at the first start. */
  readonly preferred?: number
  /** Others have been told this number: a taken one is an error, not a reason to choose anew. */
  readonly isAdvertised?: boolean
}

export class PortTaken extends Error {}

/**
 * A free port for each wish, all different. Every candidate is tried by binding it, and the sockets are held until
 * all are chosen. Ports without a wish lie below the range the system hands out for outgoing connections, so that
 * they are still free at the next start.
 */
export async function choosePorts(
  wishes: readonly PortWish[],
): Promise<Readonly<Record<string, number>>> {
  const held: Server[] = []
  const take = async (port: number, host: string): Promise<number | undefined> => {
    const server = await hold(port, host)
    if (!server) return undefined
    held.push(server)
    const address = server.address()
    return typeof address === 'object' ? address?.port : undefined
  }
  try {
    const ports: Record<string, number> = {}
    for (const wish of wishes) ports[wish.name] = await choose(wish, take)
    return ports
  } finally {
    await Promise.all(held.map((server) => new Promise((done) => server.close(done))))
  }
}

async function choose(
  wish: PortWish,
  take: (port: number, host: string) => Promise<number | undefined>,
): Promise<number> {
  const { name, host, demanded, previous, preferred, isAdvertised } = wish
  if (demanded !== undefined) {
    const port = await take(demanded, host)
    if (port !== undefined) return port
    throw new PortTaken(`port ${demanded} on ${host}, set for ${name}, is taken by another program`)
  }
  if (previous !== undefined) {
    const port = await take(previous, host)
    if (port !== undefined) return port
    if (isAdvertised) {
      throw new PortTaken(
        `port ${previous} on ${host} is taken by another program, and enrolled agents connect there: free it`,
      )
    }
  }
  if (preferred !== undefined) {
    for (let candidate = preferred; candidate < preferred + 20; candidate += 1) {
      const port = await take(candidate, host)
      if (port !== undefined) return port
    }
  }
  for (let tries = 0; tries < 200; tries += 1) {
    const port = await take(randomInt(20_000, 32_000), host)
    if (port !== undefined) return port
  }
  throw new PortTaken(`no free port on ${host} for ${name}`)
}

const hold = (port: number, host: string): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else if (error.code === 'EACCES') {
        reject(new PortTaken(`port ${port} needs more rights than this user has`))
      } else reject(error)
    })
    server.listen({ port, host, exclusive: true }, () => resolve(server))
  })
