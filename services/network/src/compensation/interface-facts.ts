import {
  nodeSealedFact,
  nodeSealedIn,
  type SealedFact,
  sealedFact,
  sealedIn,
} from '@holdfast/compensation'
import { assertNever, type OrganizationId, type PeerId } from '@holdfast/domain'
import type { WgKey } from '@holdfast/net'
import type { InterfaceEvent, PeerAdded } from '../domain/interface-state.ts'
import type { Sealed, SealedToNode } from '../domain/sealed.ts'
import type { InterfaceSettings, PeerSettings } from '../domain/settings.ts'

/** A peer with its secrets, sealed as they are in the log. */
export interface PeerFacts {
  readonly settings: PeerSettings
  readonly publicKey: WgKey
  /** Absent when the peer brought its own public key. */
  readonly privateKey: SealedFact | undefined
  readonly presharedKey: SealedFact | undefined
  readonly presharedKeyForNode: SealedFact | undefined
}

/** An interface with everything its events say. Quarantined addresses follow from what is removed, when it is removed. */
export interface InterfaceFacts {
  readonly organizationId: OrganizationId
  readonly settings: InterfaceSettings
  readonly publicKey: WgKey
  readonly privateKey: SealedFact
  readonly privateKeyForNode: SealedFact
  readonly peers: Readonly<Record<PeerId, PeerFacts>>
}

/** The same while it is folded: peers come and go without a copy of the others. */
export interface InterfaceMemory {
  own: Omit<InterfaceFacts, 'peers'> | undefined
  readonly peers: Map<PeerId, PeerFacts>
}

export const emptyInterface = (): InterfaceMemory => ({ own: undefined, peers: new Map() })

export const factsOfInterface = ({ own, peers }: InterfaceMemory): InterfaceFacts | undefined =>
  // as: keys of a map of peers
  own && { ...own, peers: Object.fromEntries(peers) as Record<PeerId, PeerFacts> }

const optional = (sealed: Sealed | undefined): SealedFact | undefined =>
  sealed && sealedFact(sealed)

const forNode = (sealed: SealedToNode | undefined): SealedFact | undefined =>
  sealed && nodeSealedFact(sealed)

type Keys = Pick<
  Extract<InterfaceEvent, { type: 'InterfaceKeyRotated' }>,
  'publicKey' | 'privateKey' | 'privateKeyForNode'
>

const keyFacts = ({ publicKey, privateKey, privateKeyForNode }: Keys) => ({
  publicKey,
  privateKey: sealedFact(privateKey),
  privateKeyForNode: nodeSealedFact(privateKeyForNode),
})

/** Folds one fact, in place. */
export function evolveMemory(memory: InterfaceMemory, event: InterfaceEvent): InterfaceMemory {
  const { peers } = memory
  const patch = (id: PeerId, changes: Partial<PeerFacts>): void => {
    const peer = peers.get(id)
    if (peer) peers.set(id, { ...peer, ...changes })
  }
  const { own } = memory
  switch (event.type) {
    case 'InterfaceCreated': {
      const { organizationId, settings } = event
      memory.own = { organizationId, settings, ...keyFacts(event) }
      return memory
    }
    case 'InterfaceUpdated':
      if (own) memory.own = { ...own, settings: event.settings }
      return memory
    case 'InterfaceKeyRotated':
      if (own) memory.own = { ...own, ...keyFacts(event) }
      return memory
    case 'InterfaceDeleted':
      memory.own = undefined
      peers.clear()
      return memory
    case 'PeerAdded':
      peers.set(event.peerId, {
        settings: event.settings,
        publicKey: event.publicKey,
        privateKey: optional(event.privateKey),
        presharedKey: optional(event.presharedKey),
        presharedKeyForNode: forNode(event.presharedKeyForNode),
      })
      return memory
    case 'PeerUpdated':
      patch(event.peerId, { settings: event.settings })
      return memory
    case 'PeerKeyRotated':
      patch(event.peerId, {
        publicKey: event.publicKey,
        privateKey: optional(event.privateKey),
      })
      return memory
    case 'PeerPresharedKeyRotated':
      patch(event.peerId, {
        presharedKey: optional(event.presharedKey),
        presharedKeyForNode: forNode(event.presharedKeyForNode),
      })
      return memory
    case 'PeerRemoved':
      peers.delete(event.peerId)
      return memory
    default:
      return assertNever(event)
  }
}

/** Back into what an event says. */
export const keysIn = (facts: InterfaceFacts): Keys => ({
  publicKey: facts.publicKey,
  privateKey: sealedIn(facts.privateKey),
  privateKeyForNode: nodeSealedIn(facts.privateKeyForNode),
})

export const peerAdded = (peerId: PeerId, facts: PeerFacts): PeerAdded => ({
  type: 'PeerAdded',
  peerId,
  settings: facts.settings,
  publicKey: facts.publicKey,
  privateKey: facts.privateKey && sealedIn(facts.privateKey),
  ...presharedIn(facts),
})

export const presharedIn = ({
  presharedKey,
  presharedKeyForNode,
}: PeerFacts): Pick<PeerAdded, 'presharedKey' | 'presharedKeyForNode'> => ({
  presharedKey: presharedKey && sealedIn(presharedKey),
  presharedKeyForNode: presharedKeyForNode && nodeSealedIn(presharedKeyForNode),
})

/** Ids of the data keys the facts cannot be read without. */
export function dataKeysOf(facts: InterfaceFacts): ReadonlySet<string> {
  const sealed = [facts.privateKey]
  for (const { privateKey, presharedKey } of Object.values<PeerFacts>(facts.peers)) {
    if (privateKey) sealed.push(privateKey)
    if (presharedKey) sealed.push(presharedKey)
  }
  return new Set(sealed.map((one) => sealedIn(one).keyId))
}
