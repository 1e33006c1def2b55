/** What the kernel has. Lists are sorted, so that equal things compare equal. */
export interface ObservedDevice extends ObservedLink, ObservedWireguard {}

/** What `ip` tells. */
export interface ObservedLink {
  readonly device: string
  readonly ifindex: number
  /** As `ip -d link` says: `wireguard`, `tun`, …; empty for anything without a kind. */
  readonly kind: string
  readonly isUp: boolean
  readonly mtu: number
  /** Without the link-local ones the kernel gives by itself. */
  readonly addresses: readonly string[]
  /** Those with our protocol number. */
  readonly routes: readonly string[]
}

/** What `wg` tells. */
export interface ObservedWireguard {
  /** Base64; secret. Empty when there is none. */
  readonly privateKey: string
  readonly publicKey: string
  readonly listenPort: number
  readonly peers: ReadonlyMap<string, ObservedPeer>
}

export interface ObservedPeer {
  readonly publicKey: string
  /** Base64; secret. Undefined: none. */
  readonly presharedKey: string | undefined
  readonly endpoint: string | undefined
  readonly allowedIps: readonly string[]
  /** Zero: never. */
  readonly latestHandshakeUnixMs: number
  readonly rxBytes: number
  readonly txBytes: number
  /** Zero: off. */
  readonly keepaliveSeconds: number
}

const noneIs = (text: string | undefined): string | undefined =>
  text === undefined || text === '(none)' ? undefined : text

/** Reads `wg show <device> dump`: a line for the device, then one a peer. */
export function parseDump(text: string): ObservedWireguard {
  const lines = text.split('\n')
  const [privateKey, publicKey, listenPort] = (lines[0] ?? '').split('\t')
  if (listenPort === undefined) throw new Error('wg show dump answered something else')
  const peers = new Map<string, ObservedPeer>()
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]
    if (line) addPeer(peers, line)
  }
  return {
    privateKey: noneIs(privateKey) ?? '',
    publicKey: noneIs(publicKey) ?? '',
    listenPort: Number(listenPort),
    peers,
  }
}

function addPeer(peers: Map<string, ObservedPeer>, line: string): void {
  const [key, preshared, endpoint, allowed, handshake, rx, tx, keepalive] = line.split('\t')
  if (key === undefined || keepalive === undefined) throw new Error('wg show dump cut a line short')
  peers.set(key, {
    publicKey: key,
    presharedKey: noneIs(preshared),
    endpoint: noneIs(endpoint),
    allowedIps: noneIs(allowed)?.split(',').sort() ?? [],
    latestHandshakeUnixMs: Number(handshake) * 1000,
    rxBytes: Number(rx),
    txBytes: Number(tx),
    keepaliveSeconds: keepalive === 'off' ? 0 : Number(keepalive),
  })
}

interface LinkJson {
  readonly ifindex?: number
  readonly ifname?: string
  readonly flags?: readonly string[]
  readonly mtu?: number
  readonly linkinfo?: { readonly info_kind?: string }
  readonly addr_info?: readonly {
    readonly local?: string
    readonly prefixlen?: number
    readonly scope?: string
  }[]
}
interface RouteJson {
  readonly dst?: string
  readonly dev?: string
}

/** RT_SCOPE_LINK, as `ip -N` prints it. */
const linkScope = '253'

/** Reads `ip -d -N -j` output of `addr show dev <device>` and `route show table all proto <ours>`, a JSON list a line. */
export function parseLink(device: string, text: string): ObservedLink | undefined {
  // as: the shape iproute2 prints; every field is checked before use
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('['))
    .flatMap((line) => JSON.parse(line) as (LinkJson & RouteJson)[])
  const link = rows.find((row) => row.ifname === device)
  if (link?.ifindex === undefined) return undefined
  const addresses = (link.addr_info ?? []).flatMap(({ local, prefixlen, scope }) =>
    local === undefined || (scope === linkScope && local.startsWith('fe80:'))
      ? []
      : [`${local}/${prefixlen}`],
  )
  const routes = rows.flatMap(({ dst, dev }) =>
    dst === undefined || dev !== device ? [] : [withLength(dst)],
  )
  return {
    device,
    ifindex: link.ifindex,
    kind: link.linkinfo?.info_kind ?? '',
    isUp: link.flags?.includes('UP') ?? false,
    mtu: link.mtu ?? 0,
    addresses: addresses.sort(),
    routes: routes.sort(),
  }
}

/** `ip` prints host routes without their length. */
const withLength = (cidr: string): string =>
  cidr.includes('/') ? cidr : `${cidr}/${cidr.includes(':') ? 128 : 32}`
