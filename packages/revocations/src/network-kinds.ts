import type { StoredEvent } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import { again, event, type Kind } from './kind.ts'

const v1 = holdfast.network.v1

interface NodeFacts {
  exists: boolean
  isDeleted: boolean
  readonly interfaces: Set<string>
}

/** Nodes: a deleted one stays deleted. */
export const nodes: Kind<NodeFacts> = {
  name: 'network.node',
  initial: () => ({ exists: false, isDeleted: false, interfaces: new Set() }),
  evolve(state, { type, data }) {
    if (type === 'NodeEnrolled') state.exists = true
    if (type === 'NodeDeleted') state.isDeleted = true
    if (type === 'InterfaceClaimed')
      state.interfaces.add(v1.InterfaceClaimed.decode(data).interfaceId)
    if (type === 'InterfaceReleased')
      state.interfaces.delete(v1.InterfaceReleased.decode(data).interfaceId)
  },
  carry(then, end) {
    if (!then.exists || then.isDeleted || !end.isDeleted) return []
    return [
      ...[...then.interfaces].map((interfaceId) =>
        event('InterfaceReleased', v1.InterfaceReleased.encode({ interfaceId }).finish()),
      ),
      event('NodeDeleted', new Uint8Array()),
    ]
  },
}

interface PeerFacts {
  publicKey: string
  rotated: StoredEvent | undefined
  preshared: StoredEvent | undefined
}

export interface InterfaceFacts {
  exists: boolean
  isDeleted: boolean
  rotated: StoredEvent | undefined
  /** Those that were removed, too: their keys were rotated before. */
  readonly peers: Map<string, PeerFacts>
  readonly removed: Set<string>
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Keys of interfaces and peers: the newest are those in use. What else was changed is as it was at the restored point. */
export const interfaces: Kind<InterfaceFacts> = {
  name: 'network.interface',
  initial: () => ({
    exists: false,
    isDeleted: false,
    rotated: undefined,
    peers: new Map(),
    removed: new Set(),
  }),
  evolve(state, stored) {
    const { type, data } = stored
    switch (type) {
      case 'InterfaceCreated':
        state.exists = true
        state.isDeleted = false // a restore may have brought it back
        break
      case 'InterfaceDeleted':
        state.isDeleted = true
        for (const peerId of state.peers.keys()) state.removed.add(peerId)
        break
      case 'InterfaceKeyRotated':
        state.rotated = stored
        break
      case 'PeerAdded': {
        const { peerId, publicKey } = v1.PeerAdded.decode(data)
        state.peers.set(peerId, {
          publicKey: hex(publicKey),
          rotated: undefined,
          preshared: undefined,
        })
        state.removed.delete(peerId)
        break
      }
      case 'PeerKeyRotated': {
        const { peerId, publicKey } = v1.PeerKeyRotated.decode(data)
        const peer = state.peers.get(peerId)
        if (peer) state.peers.set(peerId, { ...peer, publicKey: hex(publicKey), rotated: stored })
        break
      }
      case 'PeerPresharedKeyRotated': {
        const { peerId } = v1.PeerPresharedKeyRotated.decode(data)
        const peer = state.peers.get(peerId)
        if (peer) state.peers.set(peerId, { ...peer, preshared: stored })
        break
      }
      case 'PeerRemoved':
        state.removed.add(v1.PeerRemoved.decode(data).peerId)
        break
    }
  },
  carry(then, end) {
    if (!then.exists || then.isDeleted) return []
    const standing = [...then.peers].filter(([id]) => !then.removed.has(id))
    // A key belongs to one peer of an interface: who took over another's key since does not have it yet.
    const taken = new Map(standing.map(([id, { publicKey }]) => [publicKey, id]))
    const carried: StoredEvent[] = end.rotated === then.rotated ? [] : [...again(end.rotated)]
    for (const [id, before] of standing) {
      const after = end.peers.get(id)
      if (!after) continue
      const holder = taken.get(after.publicKey)
      if (after.rotated !== before.rotated && (holder === undefined || holder === id)) {
        taken.delete(before.publicKey)
        taken.set(after.publicKey, id)
        carried.push(...again(after.rotated))
      }
      if (after.preshared !== before.preshared) carried.push(...again(after.preshared))
    }
    return carried
  },
}

export const interfaceDeleted = event('InterfaceDeleted', new Uint8Array())
