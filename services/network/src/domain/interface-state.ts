import { assertNever, type InterfaceId, type OrganizationId, type PeerId } from '@holdfast/domain'
import {
  addressOf,
  type Cidr,
  contains,
  hostRoute,
  type IpAddress,
  type IpNumber,
  ipNumber,
  type WgKey,
} from '@holdfast/net'
import { AddressPool } from './address-pool.ts'
import type { Sealed, SealedToNode } from './sealed.ts'
import { type InterfaceSettings, networksOf, type PeerSettings } from './settings.ts'

/** A peer's facts as they are when it is added. */
export interface PeerAdded {
  readonly type: 'PeerAdded'
  readonly peerId: PeerId
  readonly settings: PeerSettings
  readonly publicKey: WgKey
  /** Undefined when the peer brought its own public key. */
  readonly privateKey: Sealed | undefined
  readonly presharedKey: Sealed | undefined
  readonly presharedKeyForNode: SealedToNode | undefined
}

export type InterfaceEvent =
  | {
      type: 'InterfaceCreated'
      organizationId: OrganizationId
      settings: InterfaceSettings
      publicKey: WgKey
      privateKey: Sealed
      privateKeyForNode: SealedToNode
    }
  | { type: 'InterfaceUpdated'; settings: InterfaceSettings }
  | {
      type: 'InterfaceKeyRotated'
      publicKey: WgKey
      privateKey: Sealed
      privateKeyForNode: SealedToNode
    }
  | { type: 'InterfaceDeleted' }
  | PeerAdded
  | { type: 'PeerUpdated'; peerId: PeerId; settings: PeerSettings }
  | { type: 'PeerKeyRotated'; peerId: PeerId; publicKey: WgKey; privateKey: Sealed | undefined }
  | {
      type: 'PeerPresharedKeyRotated'
      peerId: PeerId
      presharedKey: Sealed | undefined
      presharedKeyForNode: SealedToNode | undefined
    }
  | { type: 'PeerRemoved'; peerId: PeerId; addressesFreeAtUnixMs: number }

/** Secrets stay in the log and in the read model; here is only whether there are any. */
export interface PeerState {
  readonly id: PeerId
  readonly settings: PeerSettings
  readonly publicKey: WgKey
  readonly hasPrivateKey: boolean
  readonly hasPresharedKey: boolean
  /** Changes so far, from 1: what clients know as the peer's revision. */
  readonly revision: bigint
}

/**
 * A WireGuard interface with its peers.
 *
 * Invariants: a prefix routes to one peer, for WireGuard keeps a single owner a prefix and would silently
 * move a duplicate to the peer configured last (different prefixes may overlap: the longest wins); names
 * (regardless of case) and public keys are unique; every peer address is a host address of a network of the
 * interface and not the interface's own.
 */
export interface InterfaceState {
  exists: boolean
  isDeleted: boolean
  organizationId: OrganizationId | undefined
  settings: InterfaceSettings | undefined
  publicKey: WgKey | undefined
  /** Changes of the interface itself so far, peers apart: what clients know as its revision. */
  revision: bigint
  peers: Map<PeerId, PeerState>
  /** By name in lower case. */
  names: Map<string, PeerId>
  keys: Map<WgKey, PeerId>
  /** Exactly these prefixes route to these peers. */
  routes: Map<Cidr, PeerId>
  /** One for each network of the interface. */
  pools: readonly AddressPool[]
  /** Given back and not taken again, with the end of the quarantine in ms since 1970. */
  quarantine: Map<IpAddress, number>
}

export const initialInterface = (): InterfaceState => ({
  exists: false,
  isDeleted: false,
  organizationId: undefined,
  settings: undefined,
  publicKey: undefined,
  revision: 0n,
  peers: new Map(),
  names: new Map(),
  keys: new Map(),
  routes: new Map(),
  pools: [],
  quarantine: new Map(),
})

/** A state of one's own, to try things on. */
export function copyInterface(state: InterfaceState): InterfaceState {
  return {
    ...state,
    peers: new Map(state.peers),
    names: new Map(state.names),
    keys: new Map(state.keys),
    routes: new Map(state.routes),
    pools: state.settings ? poolsOf(state, state.settings) : [],
    quarantine: new Map(state.quarantine),
  }
}

/** Names that differ only in case are one name. */
export const nameKey = (name: string): string => name.normalize('NFC').toLowerCase()

/** Everything a peer routes, as prefixes. */
export const routesOf = ({ addresses, allowedIps }: PeerSettings): Cidr[] => [
  ...addresses.map(hostRoute),
  ...allowedIps,
]

/** The pool an address belongs to, if the interface has its network. */
export const poolOf = (pools: readonly AddressPool[], ip: IpNumber): AddressPool | undefined =>
  pools.find((pool) => contains(pool.network, ip))

/** Folds one fact, in place (docs/adr/0002). */
export function evolveInterface(state: InterfaceState, event: InterfaceEvent): InterfaceState {
  switch (event.type) {
    case 'InterfaceCreated':
      // A deleted one may be brought back under its id; it begins anew, as in the read model.
      state.exists = true
      state.isDeleted = false
      state.revision = 1n
      state.organizationId = event.organizationId
      state.settings = event.settings
      state.publicKey = event.publicKey
      state.pools = poolsOf(state, event.settings)
      return state
    case 'InterfaceUpdated': {
      const hasMoved = event.settings.addresses.join() !== state.settings?.addresses.join()
      state.settings = event.settings
      state.revision++
      if (hasMoved) state.pools = poolsOf(state, event.settings)
      return state
    }
    case 'InterfaceKeyRotated':
      state.publicKey = event.publicKey
      state.revision++
      return state
    case 'InterfaceDeleted':
      state.isDeleted = true
      state.revision++
      state.pools = []
      for (const map of [state.peers, state.names, state.keys, state.routes, state.quarantine]) {
        map.clear()
      }
      return state
    case 'PeerAdded': {
      const { peerId: id, settings, publicKey } = event
      enter(state, id, settings)
      state.keys.set(publicKey, id)
      state.peers.set(id, {
        id,
        settings,
        publicKey,
        hasPrivateKey: event.privateKey !== undefined,
        hasPresharedKey: event.presharedKey !== undefined,
        revision: 1n,
      })
      return state
    }
    case 'PeerRemoved': {
      const peer = state.peers.get(event.peerId)
      if (!peer) return state
      leave(state, peer, event.addressesFreeAtUnixMs)
      letGo(state.keys, peer.publicKey, peer.id)
      state.peers.delete(event.peerId)
      return state
    }
    case 'PeerUpdated':
      return change(state, event.peerId, (peer) => {
        const isMoved = peer.settings.addresses.join() !== event.settings.addresses.join()
        leave(state, peer, isMoved ? 0 : undefined)
        enter(state, peer.id, event.settings)
        return { ...peer, settings: event.settings }
      })
    case 'PeerKeyRotated':
      return change(state, event.peerId, (peer) => {
        letGo(state.keys, peer.publicKey, peer.id)
        state.keys.set(event.publicKey, peer.id)
        const hasPrivateKey = event.privateKey !== undefined
        return { ...peer, publicKey: event.publicKey, hasPrivateKey }
      })
    case 'PeerPresharedKeyRotated':
      return change(state, event.peerId, (peer) => ({
        ...peer,
        hasPresharedKey: event.presharedKey !== undefined,
      }))
    default:
      return assertNever(event)
  }
}

function change(
  state: InterfaceState,
  id: PeerId,
  to: (peer: PeerState) => PeerState,
): InterfaceState {
  const peer = state.peers.get(id)
  if (peer) state.peers.set(id, { ...to(peer), revision: peer.revision + 1n })
  return state
}

function enter(state: InterfaceState, id: PeerId, settings: PeerSettings): void {
  state.names.set(nameKey(settings.name), id)
  for (const route of routesOf(settings)) state.routes.set(route, id)
  for (const address of settings.addresses) {
    const ip = ipNumber(address)
    state.quarantine.delete(address)
    poolOf(state.pools, ip)?.take(ip.value)
  }
}

/**
 * `freeAt` in ms since 1970, 0 for at once; undefined when the addresses stay with the peer. What another peer has taken
 * already, in one commit that lets them change places, stays that one's.
 */
function leave(
  state: InterfaceState,
  { id, settings }: Pick<PeerState, 'id' | 'settings'>,
  freeAt: number | undefined,
): void {
  letGo(state.names, nameKey(settings.name), id)
  const isTaken = (address: IpAddress): boolean => {
    const holder = state.routes.get(hostRoute(address))
    return holder !== undefined && holder !== id
  }
  const left = freeAt === undefined ? [] : settings.addresses.filter((one) => !isTaken(one))
  for (const route of routesOf(settings)) letGo(state.routes, route, id)
  if (freeAt === undefined) return
  for (const address of left) {
    const ip = ipNumber(address)
    if (freeAt > 0) state.quarantine.set(address, freeAt)
    poolOf(state.pools, ip)?.release(ip.value, freeAt)
  }
}

function letGo<K>(holders: Map<K, PeerId>, key: K, id: PeerId): void {
  if (holders.get(key) === id) holders.delete(key)
}

/** Pools of these settings' networks, with everything taken that is. */
function poolsOf(state: InterfaceState, settings: InterfaceSettings): readonly AddressPool[] {
  const pools = networksOf(settings.addresses).map((network) => new AddressPool(network))
  const take = (address: IpAddress) => {
    const ip = ipNumber(address)
    poolOf(pools, ip)?.take(ip.value)
  }
  for (const address of settings.addresses) take(addressOf(address))
  for (const peer of state.peers.values()) peer.settings.addresses.forEach(take)
  for (const [address, freeAt] of state.quarantine) {
    const ip = ipNumber(address)
    poolOf(pools, ip)?.release(ip.value, freeAt)
  }
  return pools
}

/** Subject part of an interface: `<node>.<interface>`. */
export const interfaceAggregateId = (nodeId: string, interfaceId: InterfaceId): string =>
  `${nodeId}.${interfaceId}`
