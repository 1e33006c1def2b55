import { lookup } from 'node:dns/promises'

/** Addresses of the host names peers are reached at. */
export interface HostNames {
  /** The address as far as known; asking for a name has it looked up, now and from then on. */
  resolve(host: string): string | undefined
  stop(): void
}

export interface HostNamesOptions {
  /** A name has another address than before. */
  readonly onChange: () => void
  /** How long an address is good for, ms. Default two minutes. */
  readonly refreshMs?: number
  /** Default: the system's resolver. Rejects when there is no address. */
  readonly lookUp?: (host: string) => Promise<string>
}

const systemLookUp = async (host: string): Promise<string> => (await lookup(host)).address

/** A look-up never holds up a change: until there is an answer the peer is set without its endpoint. */
export function hostNames(options: HostNamesOptions): HostNames {
  const { onChange, refreshMs = 120_000, lookUp = systemLookUp } = options
  const known = new Map<string, string | undefined>()
  let isStopped = false

  async function refresh(host: string): Promise<void> {
    // A name that has no address any more keeps the last one: an outage of DNS is no order to cut.
    const address = await lookUp(host).catch(() => known.get(host))
    const isNew = address !== known.get(host)
    known.set(host, address)
    if (isNew && !isStopped) onChange()
  }

  const timer = setInterval(() => {
    for (const host of known.keys()) void refresh(host)
  }, refreshMs)
  timer.unref()

  return {
    resolve(host) {
      if (!known.has(host) && !isStopped) {
        known.set(host, undefined)
        void refresh(host)
      }
      return known.get(host)
    },
    stop() {
      isStopped = true
      clearInterval(timer)
    },
  }
}
