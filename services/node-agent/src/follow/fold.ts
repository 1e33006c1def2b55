import { assertNever } from '@holdfast/domain'
import type { StoredEvent } from '@holdfast/event-log'
import { type InterfaceFact, readFact } from './events.ts'
import type { InterfaceState, NodeState } from './node-state.ts'

/** One commit of one interface. */
export interface NodeCommit {
  readonly sequence: bigint
  readonly interfaceId: string
  readonly events: readonly StoredEvent[]
}

/**
 * Takes one commit in, changing the state in place: thousands of peers make a copy a fact quadratic.
 * Nothing changes when a fact cannot be read. Answers whether the commit was new.
 */
export function fold(state: NodeState, commit: NodeCommit): boolean {
  if (commit.sequence <= state.sequence) return false
  const facts = commit.events.map(readFact)
  for (const fact of facts) evolve(state, commit, fact)
  state.sequence = commit.sequence
  return true
}

function evolve(state: NodeState, commit: NodeCommit, fact: InterfaceFact): void {
  if (fact.type === 'InterfaceCreated') {
    state.interfaces.set(commit.interfaceId, {
      id: commit.interfaceId,
      organizationId: fact.organizationId,
      revision: commit.sequence,
      settings: fact.settings,
      publicKey: fact.publicKey,
      privateKey: fact.privateKey,
      peers: new Map(),
      isDeleted: false,
    })
    return
  }
  // Facts of an interface that is gone for good have nothing left to change.
  const target = state.interfaces.get(commit.interfaceId)
  if (!target) return
  target.revision = commit.sequence
  change(target, fact)
}

function change(
  target: InterfaceState,
  fact: Exclude<InterfaceFact, { type: 'InterfaceCreated' }>,
): void {
  switch (fact.type) {
    case 'InterfaceUpdated':
      target.settings = fact.settings
      return
    case 'InterfaceKeyRotated':
      target.publicKey = fact.publicKey
      target.privateKey = fact.privateKey
      return
    case 'InterfaceDeleted':
      target.isDeleted = true
      target.peers.clear()
      return
    case 'PeerAdded': {
      const { peerId: id, settings, publicKey, presharedKey } = fact
      target.peers.set(id, { id, settings, publicKey, presharedKey })
      return
    }
    case 'PeerRemoved':
      target.peers.delete(fact.peerId)
      return
    case 'PeerUpdated':
    case 'PeerKeyRotated':
    case 'PeerPresharedKeyRotated': {
      const peer = target.peers.get(fact.peerId)
      if (!peer) return
      const { type: _type, peerId: _peerId, ...changed } = fact
      target.peers.set(peer.id, { ...peer, ...changed })
      return
    }
    default:
      assertNever(fact)
  }
}
