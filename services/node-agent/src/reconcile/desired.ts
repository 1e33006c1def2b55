import type { SealedToNode } from '@holdfast/crypto'
import {
  type Cidr,
  hostRoute,
  networkOf,
  parseCidrLoosely,
  parseEndpoint,
  parseHostCidrLoosely,
  parseInterfaceName,
  parseIp,
  readNetwork,
  wgKeyFrom,
} from '@holdfast/net'
import type { InterfaceState, PeerState } from '../follow/node-state.ts'

/** What a device should be. Lists are sorted and canonical, so that equal things compare equal. */
export interface DesiredInterface {
  readonly id: string
  /** Sequence of the commit this follows from. */
  readonly revision: bigint
  readonly device: string
  /** Base64; secret. */
  readonly privateKey: string
  readonly publicKey: string
  readonly listenPort: number
  readonly mtu: number
  readonly addresses: readonly string[]
  readonly routes: readonly string[]
  readonly peers: ReadonlyMap<string, DesiredPeer>
  /** What of the wish cannot be carried out, for people; the rest is. */
  readonly problems: readonly string[]
  /** When the next peer expires; Infinity when none does. */
  readonly nextExpiryUnixMs: number
}

export interface DesiredPeer {
  readonly publicKey: string
  /** Base64; secret. Undefined: none. */
  readonly presharedKey: string | undefined
  readonly allowedIps: readonly string[]
  /** Address and port, never a name; undefined when the peer calls, or its name has no address yet. */
  readonly endpoint: string | undefined
}

/** How secrets and names become usable; the answers are remembered by the caller. */
export interface Openers {
  privateKey(state: InterfaceState, sealed: SealedToNode): Uint8Array
  presharedKey(state: InterfaceState, peer: PeerState, sealed: SealedToNode): Uint8Array
  /** The address of a host name; undefined while unknown. */
  resolve(host: string): string | undefined
}

const defaultMtu = 1420

/**
 * Makes the desired interface of a state; remembers what it made of each peer, so a change costs what changed.
 * Undefined when there should be no device: deleted, or switched off. Throws when there is no way to make one.
 */
export type DesiredMaker = (
  state: InterfaceState,
  nowUnixMs: number,
) => DesiredInterface | undefined

interface PreparedPeer {
  readonly peer: DesiredPeer
  readonly problems: readonly string[]
  /** Set when the endpoint is a name: it may resolve differently next time. */
  readonly endpointHost: string | undefined
  /** Which of its allowed IPs need a route, beside the interface's addresses that were asked about. */
  routes: { readonly beside: string; readonly cidrs: ReadonlySet<string> } | undefined
}

export function desiredMaker(openers: Openers): DesiredMaker {
  const prepared = new WeakMap<PeerState, PreparedPeer>()
  const privateKeys = new WeakMap<SealedToNode, string>()

  function privateKeyOf(state: InterfaceState): string {
    const sealed = state.privateKey
    if (!sealed) throw new Error('the interface has no private key for this node')
    const known = privateKeys.get(sealed)
    if (known !== undefined) return known
    const key = wgKeyFrom(clamped(openers.privateKey(state, sealed)))
    privateKeys.set(sealed, key)
    return key
  }

  function peerOf(state: InterfaceState, peer: PeerState): PreparedPeer | undefined {
    const known = prepared.get(peer)
    if (known && known.endpointHost === undefined) return known
    const made = preparePeer(state, peer, openers)
    prepared.set(peer, made)
    return made
  }

  return (state, nowUnixMs) => {
    if (state.isDeleted || !state.settings.isEnabled) return undefined
    const { device, listenPort, mtu } = state.settings
    const name = parseInterfaceName(device)
    if (!name.ok) throw new Error(`the name ${JSON.stringify(device)} cannot be a device`)

    const problems: string[] = []
    const addresses = collect(state.settings.addresses, parseHostCidrLoosely, problems)
    const onLink = addresses.map((address) => readNetwork(networkOf(address)))
    const beside = addresses.join()
    const peers = new Map<string, DesiredPeer>()
    const owners = new Map<string, string>()
    const routes = new Set<string>()
    let nextExpiryUnixMs = Number.POSITIVE_INFINITY

    for (const member of state.peers.values()) {
      const { isEnabled, expiresAtUnixMs } = member.settings
      if (!isEnabled) continue
      if (expiresAtUnixMs > 0) {
        if (expiresAtUnixMs <= nowUnixMs) continue
        nextExpiryUnixMs = Math.min(nextExpiryUnixMs, expiresAtUnixMs)
      }
      let one: PreparedPeer | undefined
      try {
        one = peerOf(state, member)
      } catch {
        // Without its preshared key a peer would be let in on less than was asked for.
        problems.push(`the preshared key of peer ${member.id} cannot be opened; it is left out`)
      }
      if (!one) continue
      problems.push(...one.problems)
      const allowedIps = one.peer.allowedIps.filter((cidr) => {
        const owner = owners.get(cidr)
        if (owner === undefined) {
          owners.set(cidr, member.id)
          return true
        }
        problems.push(`${cidr} belongs to peer ${owner} already; peer ${member.id} does not get it`)
        return false
      })
      if (one.routes?.beside !== beside) {
        const cidrs = one.peer.allowedIps.filter((cidr) => needsRoute(cidr, onLink))
        one.routes = { beside, cidrs: new Set(cidrs) }
      }
      if (one.routes.cidrs.size > 0) {
        for (const cidr of allowedIps) if (one.routes.cidrs.has(cidr)) routes.add(cidr)
      }
      peers.set(
        one.peer.publicKey,
        allowedIps.length === one.peer.allowedIps.length ? one.peer : { ...one.peer, allowedIps },
      )
    }

    return {
      id: state.id,
      revision: state.revision,
      device: name.value,
      privateKey: privateKeyOf(state),
      publicKey: wgKeyFrom(state.publicKey),
      listenPort,
      mtu: mtu || defaultMtu,
      addresses: addresses.sort(),
      routes: [...routes].sort(),
      peers,
      problems,
      nextExpiryUnixMs,
    }
  }
}

/** As WireGuard itself does with a private key; a brought one may come without. */
function clamped(privateKey: Uint8Array): Uint8Array {
  const key = new Uint8Array(privateKey)
  key[0] = (key[0] ?? 0) & 248
  key[31] = ((key[31] ?? 0) & 127) | 64
  return key
}

function preparePeer(state: InterfaceState, peer: PeerState, openers: Openers): PreparedPeer {
  const problems: string[] = []
  const allowed = new Set<Cidr>(
    collect(peer.settings.addresses, parseIp, problems).map((address) => hostRoute(address)),
  )
  for (const cidr of collect(peer.settings.allowedIps, parseCidrLoosely, problems)) {
    allowed.add(cidr)
  }
  const sealed = peer.presharedKey
  const key = sealed && wgKeyFrom(openers.presharedKey(state, peer, sealed))
  const { endpoint, host } = endpointOf(peer, openers, problems)
  return {
    peer: {
      publicKey: wgKeyFrom(peer.publicKey),
      presharedKey: key === noKey ? undefined : key,
      allowedIps: [...allowed].sort(),
      endpoint,
    },
    problems,
    endpointHost: host,
    routes: undefined,
  }
}

/** Thirty-two zero bytes: wg(8) takes them for "none". */
export const noKey = `${'A'.repeat(43)}=`

function endpointOf(
  peer: PeerState,
  openers: Openers,
  problems: string[],
): { endpoint: string | undefined; host: string | undefined } {
  const text = peer.settings.endpoint
  if (text === '') return { endpoint: undefined, host: undefined }
  const parsed = parseEndpoint(text)
  if (!parsed.ok) {
    problems.push(parsed.detail)
    return { endpoint: undefined, host: undefined }
  }
  const colon = parsed.value.lastIndexOf(':')
  const host = parsed.value.slice(0, colon)
  if (host.startsWith('[') || parseIp(host).ok) return { endpoint: parsed.value, host: undefined }
  const address = openers.resolve(host)
  if (address === undefined) problems.push(`the host name ${host} has no address`)
  const bracketed = address?.includes(':') ? `[${address}]` : address
  return {
    endpoint: bracketed === undefined ? undefined : `${bracketed}${parsed.value.slice(colon)}`,
    host,
  }
}

/**
 * Whether the host needs a route of its own: not for what the interface's addresses cover, and never a
 * default route, which would carry the encrypted packets into the tunnel that makes them.
 */
function needsRoute(cidr: string, onLink: readonly ReturnType<typeof readNetwork>[]): boolean {
  const network = readNetwork(cidr as Cidr) // as: canonical by construction
  if (network.prefixLength === 0) return false
  return !onLink.some(
    (link) =>
      link.family === network.family && link.first <= network.first && network.last <= link.last,
  )
}

function collect<T>(
  texts: readonly string[],
  parse: (text: string) => { ok: true; value: T } | { ok: false; detail: string },
  problems: string[],
): T[] {
  const values: T[] = []
  for (const text of texts) {
    const parsed = parse(text)
    if (parsed.ok) values.push(parsed.value)
    else problems.push(parsed.detail)
  }
  return values
}
