import type { PeerId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import {
  addressOf,
  type Cidr,
  hostRoute,
  type IpAddress,
  ipNumber,
  printIp,
  printNetwork,
  type WgKey,
} from '@holdfast/net'
import {
  AddressTaken,
  AllowedIpTaken,
  PeerExists,
  PeerNameTaken,
  PoolExhausted,
  PublicKeyTaken,
} from './errors.ts'
import { type InterfaceState, nameKey, type PeerAdded, poolOf } from './interface-state.ts'
import type { Sealed, SealedToNode } from './sealed.ts'
import type { PeerSettings } from './settings.ts'

/** A peer as asked for: without addresses it gets the lowest free one of each network. */
export interface NewPeer {
  readonly id: PeerId
  readonly settings: Omit<PeerSettings, 'addresses'> & {
    readonly addresses: readonly IpAddress[] | undefined
  }
  readonly publicKey: WgKey
  readonly privateKey: Sealed | undefined
  readonly presharedKey: Sealed | undefined
  readonly presharedKeyForNode: SealedToNode | undefined
}

const itself = 'the interface itself'

/** The fact of adding a peer to an interface that exists. `now` in ms since 1970. Throws why it cannot be. */
export function addPeer(state: InterfaceState, peer: NewPeer, now: number): PeerAdded {
  if (state.peers.has(peer.id)) throw PeerExists({ peer: peer.id })
  requireFutureExpiry(peer.settings.expiresAtUnixMs, now)
  requireFreeKey(state, peer.publicKey)
  const addresses = peer.settings.addresses ?? allocate(state, peer.settings.allowedIps, now)
  const settings: PeerSettings = { ...peer.settings, addresses }
  requireFree(state, settings)
  const { id: peerId, publicKey, privateKey, presharedKey, presharedKeyForNode } = peer
  return {
    type: 'PeerAdded',
    peerId,
    settings,
    publicKey,
    privateKey,
    presharedKey,
    presharedKeyForNode,
  }
}

/** The lowest free address of each network of the interface. */
function allocate(state: InterfaceState, allowedIps: readonly Cidr[], now: number): IpAddress[] {
  return state.pools.map((pool) => {
    const { network } = pool
    let value = pool.lowestFree(now)
    // Somebody's allowed IPs may name single addresses of the network, which is rare: step over them.
    for (; value !== undefined; value = nextFree(value)) {
      const route = hostRoute(printIp({ family: network.family, value }))
      if (!state.routes.has(route) && !allowedIps.includes(route)) break
    }
    if (value === undefined) {
      const freeAt = pool.nextFreeAt(now)
      throw PoolExhausted({
        network: printNetwork(network),
        freeAt: freeAt === undefined ? '' : new Date(freeAt).toISOString(),
      })
    }
    return printIp({ family: network.family, value })

    function nextFree(after: bigint): bigint | undefined {
      let next = after + 1n
      while (pool.isHost(next) && !pool.isFree(next, now)) next++
      return pool.isHost(next) ? next : undefined
    }
  })
}

/** Throws unless every name, address and prefix of the settings is free, or `self`'s already. */
export function requireFree(state: InterfaceState, settings: PeerSettings, self?: PeerId): void {
  const nameHolder = state.names.get(nameKey(settings.name))
  if (nameHolder !== undefined && nameHolder !== self) throw PeerNameTaken({ name: settings.name })

  const own = new Set((state.settings?.addresses ?? []).map(addressOf))
  requireAssignable(state, settings.addresses)
  for (const address of settings.addresses) {
    if (own.has(address)) throw AddressTaken({ address, heldBy: itself })
    const holder = state.routes.get(hostRoute(address))
    if (holder !== undefined && holder !== self) {
      throw AddressTaken({ address, heldBy: describe(state, holder) })
    }
  }
  const ownRoutes = new Set([...own].map(hostRoute))
  for (const prefix of settings.allowedIps) {
    if (ownRoutes.has(prefix)) throw AllowedIpTaken({ prefix, heldBy: itself })
    const holder = state.routes.get(prefix)
    if (holder !== undefined && holder !== self) {
      throw AllowedIpTaken({ prefix, heldBy: describe(state, holder) })
    }
  }
}

/** Throws `invalid` for addresses outside the interface's networks, and for those no host may have. */
function requireAssignable(state: InterfaceState, addresses: readonly IpAddress[]): void {
  const bad = addresses.flatMap((address, i) => {
    const ip = ipNumber(address)
    const pool = poolOf(state.pools, ip)
    const field = `addresses[${i}]`
    if (!pool) {
      const networks = state.pools.map(({ network }) => printNetwork(network)).join(', ')
      const detail = `${address} lies outside the interface's networks: ${networks}`
      return [{ field, code: 'address_outside_networks', detail }]
    }
    if (pool.isHost(ip.value)) return []
    const detail = `${address} is not an address a host may have in ${printNetwork(pool.network)}`
    return [{ field, code: 'address_not_host', detail }]
  })
  if (bad.length > 0) throw invalid(...bad)
}

/** Throws `network.public_key_taken` when another peer, or the interface, has the key. */
export function requireFreeKey(state: InterfaceState, publicKey: WgKey, self?: PeerId): void {
  if (publicKey === state.publicKey) throw PublicKeyTaken({ heldBy: itself })
  const holder = state.keys.get(publicKey)
  if (holder !== undefined && holder !== self) {
    throw PublicKeyTaken({ heldBy: describe(state, holder) })
  }
}

/** An expiry that has passed is a mistake: whoever wants the peer off disables it. */
export function requireFutureExpiry(expiresAtUnixMs: number, now: number): void {
  if (expiresAtUnixMs === 0 || expiresAtUnixMs > now) return
  const detail = `${new Date(expiresAtUnixMs).toISOString()} has passed; name a later time, or disable the peer`
  throw invalid({ field: 'expires_at', code: 'in_the_past', detail })
}

const describe = (state: InterfaceState, id: PeerId): string =>
  `peer ${state.peers.get(id)?.settings.name ?? id}`
