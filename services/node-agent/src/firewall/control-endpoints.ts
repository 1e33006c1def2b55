import { lookup } from 'node:dns/promises'
import { parseIp } from '@holdfast/net'
import type { ControlEndpoint } from '@holdfast/policy'

export interface ControlEndpointsOptions {
  /** `nats://host:port` or `tls://host:port`. */
  readonly servers: readonly string[]
  /** A server has other addresses than before. */
  readonly onChange: () => void
  /** How long addresses are good for, ms. Default two minutes. */
  readonly refreshMs?: number
  /** Default: the system's resolver. Rejects when there is no address. */
  readonly lookUp?: (host: string) => Promise<readonly string[]>
}

/** Where the agent's connection may go: what the firewall keeps open whatever the rules say. */
export interface ControlEndpoints {
  current(): readonly ControlEndpoint[]
  stop(): void
}

const defaultPort = 4222

const systemLookUp = async (host: string): Promise<readonly string[]> =>
  (await lookup(host, { all: true })).map(({ address }) => address)

/** A server's name counts with every address it has; while it has none, there is no connection to protect either. */
export function controlEndpoints(options: ControlEndpointsOptions): ControlEndpoints {
  const { servers, onChange, refreshMs = 120_000, lookUp = systemLookUp } = options
  const fixed: ControlEndpoint[] = []
  const named: { readonly host: string; readonly port: number }[] = []
  const addresses = new Map<string, readonly string[]>()
  let isStopped = false

  for (const server of servers) {
    const url = URL.parse(server.includes('://') ? server : `nats://${server}`)
    if (!url || url.hostname === '') continue
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const port = Number(url.port || defaultPort)
    const address = parseIp(host)
    if (address.ok) fixed.push({ address: address.value, port })
    else named.push({ host, port })
  }

  async function refresh(host: string): Promise<void> {
    // A name that has no address any more keeps the last ones: an outage of DNS is no order to cut.
    const found = await lookUp(host).catch(() => addresses.get(host) ?? [])
    const canonical = found.flatMap((text) => {
      const address = parseIp(text)
      return address.ok ? [String(address.value)] : []
    })
    const sorted = [...new Set(canonical)].sort()
    const isNew = sorted.join() !== (addresses.get(host) ?? []).join()
    addresses.set(host, sorted)
    if (isNew && !isStopped) onChange()
  }
  const refreshAll = (): void => {
    for (const { host } of named) void refresh(host)
  }
  refreshAll()
  const timer = setInterval(refreshAll, refreshMs)
  timer.unref()

  return {
    current() {
      const found = new Map<string, ControlEndpoint>()
      const resolved = named.flatMap(({ host, port }) =>
        (addresses.get(host) ?? []).map((address) => ({ address, port })),
      )
      for (const each of [...fixed, ...resolved]) found.set(`${each.address} ${each.port}`, each)
      return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each)
    },
    stop() {
      isStopped = true
      clearInterval(timer)
    },
  }
}
