import { assertNever, type Decider, type OrganizationId, type PeerId } from '@holdfast/domain'
import { addressOf, hostRoute, ipNumber, type WgKey } from '@holdfast/net'
import { AddressPool } from './address-pool.ts'
import { AddressInUse, InterfaceExists, InterfaceNotFound, PeerNotFound } from './errors.ts'
import {
  copyInterface,
  evolveInterface,
  type InterfaceEvent,
  type InterfaceState,
  initialInterface,
  type PeerState,
  poolOf,
} from './interface-state.ts'
import { addPeer, type NewPeer, requireFree, requireFreeKey, requireFutureExpiry } from './peer.ts'
import { requireRevision } from './revision.ts'
import type { Sealed, SealedToNode } from './sealed.ts'
import {
  type InterfaceChanges,
  type InterfaceSettings,
  isSameSettings,
  networksOf,
  type PeerSettings,
  requireConsistent,
  withChanges,
} from './settings.ts'

interface KeyPair {
  readonly publicKey: WgKey
  readonly privateKey: Sealed
  readonly privateKeyForNode: SealedToNode
}

/** `now` is the writer's clock in ms since 1970; `expectedRevision` the one the caller has read. */
export type InterfaceCommand =
  | {
      /** Peers come along when a file is imported: one decision, one commit. */
      type: 'CreateInterface'
      organizationId: OrganizationId
      settings: InterfaceSettings
      keys: KeyPair
      peers: readonly NewPeer[]
      now: number
    }
  | {
      type: 'UpdateInterface'
      changes: InterfaceChanges
      expectedRevision?: bigint | undefined
    }
  | { type: 'RotateInterfaceKey'; keys: KeyPair; expectedRevision?: bigint | undefined }
  | { type: 'DeleteInterface'; expectedRevision?: bigint | undefined }
  | { type: 'AddPeer'; peer: NewPeer; now: number }
  | {
      type: 'UpdatePeer'
      peerId: PeerId
      changes: Partial<PeerSettings>
      now: number
      expectedRevision?: bigint | undefined
    }
  | {
      type: 'RotatePeerKey'
      peerId: PeerId
      publicKey: WgKey
      privateKey: Sealed | undefined
      expectedRevision?: bigint | undefined
    }
  | {
      type: 'RotatePeerPresharedKey'
      peerId: PeerId
      /** Undefined takes the key away. */
      presharedKey: Sealed | undefined
      presharedKeyForNode: SealedToNode | undefined
      expectedRevision?: bigint | undefined
    }
  | { type: 'RemovePeer'; peerId: PeerId; now: number; expectedRevision?: bigint | undefined }
  | {
      /** Several changes in one commit, each judged with those before it in place; all of them or none. */
      type: 'ChangePeers'
      steps: readonly PeerStep[]
    }

/** What `ChangePeers` is made of. */
export type PeerStep = Extract<
  InterfaceCommand,
  { type: 'AddPeer' | 'UpdatePeer' | 'RotatePeerKey' }
>

export const networkInterface: Decider<InterfaceCommand, InterfaceEvent, InterfaceState> = {
  initial: initialInterface,

  decide(command, state) {
    if (command.type === 'CreateInterface') return create(command, state)
    if (state.isDeleted && (command.type === 'DeleteInterface' || command.type === 'RemovePeer')) {
      return []
    }
    const { settings } = state
    if (!settings || state.isDeleted) {
      throw InterfaceNotFound({ interface: settings?.name ?? 'like that' })
    }

    switch (command.type) {
      case 'UpdateInterface': {
        requireRevision(command.expectedRevision, state.revision)
        const next = withChanges(settings, command.changes)
        if (isSameSettings(next, settings)) return []
        requireConsistent(next)
        requireRoomForPeers(state, next)
        return [{ type: 'InterfaceUpdated', settings: next }]
      }
      case 'RotateInterfaceKey':
        requireRevision(command.expectedRevision, state.revision)
        if (command.keys.publicKey === state.publicKey) return []
        requireFreeKey(state, command.keys.publicKey)
        return [{ type: 'InterfaceKeyRotated', ...command.keys }]
      case 'DeleteInterface':
        requireRevision(command.expectedRevision, state.revision)
        return [{ type: 'InterfaceDeleted' }]
      case 'AddPeer':
        return [addPeer(state, command.peer, command.now)]
      case 'UpdatePeer': {
        const peer = requirePeer(state, command.peerId, command.expectedRevision)
        const next = { ...peer.settings, ...command.changes }
        if (isSameSettings(next, peer.settings)) return []
        if (next.expiresAtUnixMs !== peer.settings.expiresAtUnixMs) {
          requireFutureExpiry(next.expiresAtUnixMs, command.now)
        }
        requireFree(state, next, peer.id)
        return [{ type: 'PeerUpdated', peerId: peer.id, settings: next }]
      }
      case 'RotatePeerKey': {
        const peer = requirePeer(state, command.peerId, command.expectedRevision)
        const { publicKey, privateKey } = command
        if (publicKey === peer.publicKey) return []
        requireFreeKey(state, publicKey, peer.id)
        return [{ type: 'PeerKeyRotated', peerId: peer.id, publicKey, privateKey }]
      }
      case 'RotatePeerPresharedKey': {
        const peer = requirePeer(state, command.peerId, command.expectedRevision)
        const { presharedKey, presharedKeyForNode } = command
        if (!presharedKey && !peer.hasPresharedKey) return []
        return [
          { type: 'PeerPresharedKeyRotated', peerId: peer.id, presharedKey, presharedKeyForNode },
        ]
      }
      case 'RemovePeer': {
        // Removing twice is one fact.
        if (!state.peers.has(command.peerId)) return []
        const peer = requirePeer(state, command.peerId, command.expectedRevision)
        const addressesFreeAtUnixMs = command.now + settings.addressQuarantineSeconds * 1000
        return [{ type: 'PeerRemoved', peerId: peer.id, addressesFreeAtUnixMs }]
      }
      case 'ChangePeers': {
        const scratch = copyInterface(state)
        return command.steps.flatMap((step) => takeStep(scratch, step))
      }
      default:
        return assertNever(command)
    }
  },

  evolve: evolveInterface,
}

/** Decides on a state of the caller's own, and puts what was decided in place there. */
export function takeStep(scratch: InterfaceState, step: PeerStep): readonly InterfaceEvent[] {
  const events = networkInterface.decide(step, scratch)
  for (const event of events) evolveInterface(scratch, event)
  return events
}

function create(
  command: Extract<InterfaceCommand, { type: 'CreateInterface' }>,
  state: InterfaceState,
): readonly InterfaceEvent[] {
  const { organizationId, settings, keys, peers, now } = command
  if (state.exists) throw InterfaceExists({ interface: state.settings?.name ?? settings.name })
  requireConsistent(settings)
  const created: InterfaceEvent = { type: 'InterfaceCreated', organizationId, settings, ...keys }
  if (peers.length === 0) return [created]
  // Each peer is judged with those before it in place, on a state of this decision's own.
  const scratch = evolveInterface(initialInterface(), created)
  const events: InterfaceEvent[] = [created]
  for (const peer of peers) {
    const added = addPeer(scratch, peer, now)
    evolveInterface(scratch, added)
    events.push(added)
  }
  return events
}

function requirePeer(
  state: InterfaceState,
  peerId: PeerId,
  expectedRevision: bigint | undefined,
): PeerState {
  const peer = state.peers.get(peerId)
  if (!peer) throw PeerNotFound({ peer: peerId })
  requireRevision(expectedRevision, peer.revision)
  return peer
}

/** Peers keep their addresses when the interface changes its own; throws `network.address_in_use` otherwise. */
function requireRoomForPeers(state: InterfaceState, next: InterfaceSettings): void {
  if (next.addresses.join() === state.settings?.addresses.join()) return
  const own = new Set(next.addresses.map(addressOf))
  for (const address of own) {
    const holder = state.routes.get(hostRoute(address))
    if (holder)
      throw AddressInUse({ address, peer: state.peers.get(holder)?.settings.name ?? holder })
  }
  const pools = networksOf(next.addresses).map((network) => new AddressPool(network))
  for (const peer of state.peers.values()) {
    for (const address of peer.settings.addresses) {
      const ip = ipNumber(address)
      if (!poolOf(pools, ip)?.isHost(ip.value))
        throw AddressInUse({ address, peer: peer.settings.name })
    }
  }
}
