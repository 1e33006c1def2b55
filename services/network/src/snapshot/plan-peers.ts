import type { PeerId } from '@holdfast/domain'
import { exists, noted, type Outcome, refusal, unchanged } from '@holdfast/snapshot'
import { networkInterface, type PeerStep, takeStep } from '../domain/interface.ts'
import { copyInterface, type InterfaceState, nameKey } from '../domain/interface-state.ts'
import { isSameSettings } from '../domain/settings.ts'
import type { PeerWish } from './records.ts'

/** A peer that a record wants on an interface. */
export interface PlannedPeer {
  readonly wish: PeerWish
  /** Of the peer, should it be a new one: follows from import and record. */
  readonly peerId: PeerId
  readonly promise: string
}

export interface PeersPlan {
  /** None of them will be refused on the state the plan was made for. */
  readonly steps: readonly PeerStep[]
  /** One a peer, in order. */
  readonly outcomes: readonly Outcome[]
}

/** What to do for peers of one interface, each judged with those before it in place. `now` in ms since 1970. */
export function planPeers(
  state: InterfaceState,
  peers: readonly PlannedPeer[],
  overwritesExisting: boolean,
  now: number,
): PeersPlan {
  const scratch = copyInterface(state)
  const steps: PeerStep[] = []

  const take = (step: PeerStep): boolean => {
    const isChange = takeStep(scratch, step).length > 0
    if (isChange) steps.push(step)
    return isChange
  }

  function add({ wish, peerId, promise }: PlannedPeer): Outcome {
    const { settings, publicKey, notes } = wish
    take({
      type: 'AddPeer',
      peer: {
        id: peerId,
        settings,
        publicKey,
        privateKey: undefined,
        presharedKey: undefined,
        presharedKeyForNode: undefined,
      },
      now,
    })
    return noted({ outcome: 'created', name: settings.name, promise }, notes)
  }

  function overwrite(id: PeerId, { wish, promise }: PlannedPeer): Outcome {
    const { settings, publicKey } = wish
    const { name } = settings
    const rotate: PeerStep = { type: 'RotatePeerKey', peerId: id, publicKey, privateKey: undefined }
    // Judged before the other is in place: a record is carried out whole or not at all.
    networkInterface.decide(rotate, scratch)
    const isChanged = take({ type: 'UpdatePeer', peerId: id, changes: settings, now })
    const isRotated = take(rotate)
    if (!isChanged && !isRotated) return unchanged(name, promise)
    return noted({ outcome: 'updated', name, promise }, isRotated ? wish.notes : [])
  }

  const outcomes = peers.map((peer): Outcome => {
    const { wish, peerId, promise } = peer
    const { name, expiresAtUnixMs } = wish.settings
    const created: Outcome = { outcome: 'created', name, promise }
    // This import has made it before.
    if (scratch.peers.has(peerId)) return noted(created, wish.notes)
    const holder = scratch.names.get(nameKey(name))
    const held = holder && scratch.peers.get(holder)
    if (held && !overwritesExisting) return exists(name, promise)
    const isOver = expiresAtUnixMs !== 0 && expiresAtUnixMs <= now
    if (isOver && !(held && isSameSettings(held.settings, wish.settings))) {
      const detail = 'its time has ended, so it is left out: give it a later end, or none'
      return { outcome: 'skipped', name, code: 'network.peer_expired', detail }
    }
    try {
      return held ? overwrite(held.id, peer) : add(peer)
    } catch (error) {
      return refusal(name, error)
    }
  })
  return { steps, outcomes }
}
