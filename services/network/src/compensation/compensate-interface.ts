import { type Compensation, isSame, nodeSealedIn } from '@holdfast/compensation'
import { KeyDestroyed } from '@holdfast/crypto'
import type { NodeId, PeerId } from '@holdfast/domain'
import { overlaps, printNetwork } from '@holdfast/net'
import { AddressOverlap, NodeGone } from '../domain/errors.ts'
import {
  evolveInterface,
  type InterfaceEvent,
  initialInterface,
} from '../domain/interface-state.ts'
import { requireFree, requireFreeKey } from '../domain/peer.ts'
import { networksOf, requireConsistent } from '../domain/settings.ts'
import {
  dataKeysOf,
  factsOfInterface,
  type InterfaceFacts,
  type InterfaceMemory,
  keysIn,
  type PeerFacts,
  peerAdded,
  presharedIn,
} from './interface-facts.ts'

/** What an interface has to know of its node and of the keys. */
export interface InterfaceAround {
  /** Undefined for a node that is gone. */
  readonly nodes: ReadonlyMap<NodeId, { readonly enrolmentKey: Uint8Array } | undefined>
  /** By the aggregate's id: what the interfaces beside it will be. */
  readonly neighbours: ReadonlyMap<string, readonly Pick<InterfaceFacts, 'settings'>[]>
  /** Ids of data keys that open nothing any more. */
  readonly destroyedKeys: ReadonlySet<string>
}

/** The node an interface is on, of the aggregate's id. */
export const nodeOf = (id: string): NodeId => id.slice(0, id.indexOf('.')) as NodeId // as: `<node>.<interface>`

/**
 * Removals first, then what changes, then what comes: an address or a name is free before its next owner takes it. In one
 * commit peers may change places.
 */
export function compensateInterface({
  id,
  now,
  target,
  around,
  nowUnixMs,
}: Compensation<InterfaceMemory, InterfaceFacts, InterfaceAround>): readonly InterfaceEvent[] {
  const present = factsOfInterface(now)
  if (isSame(present, target)) return []
  if (!target) return [{ type: 'InterfaceDeleted' }]
  requirePossible(id, present, target, around)
  if (!present) {
    const { organizationId, settings } = target
    return [
      { type: 'InterfaceCreated', organizationId, settings, ...keysIn(target) },
      ...peersOf(target).map(([peerId, facts]) => peerAdded(peerId, facts)),
    ]
  }
  const events: InterfaceEvent[] = []
  // As when a person removes one: by the settings that hold then.
  const addressesFreeAtUnixMs = nowUnixMs + present.settings.addressQuarantineSeconds * 1000
  for (const [peerId] of peersOf(present)) {
    if (!target.peers[peerId]) events.push({ type: 'PeerRemoved', peerId, addressesFreeAtUnixMs })
  }
  if (!isSame(keysOf(present), keysOf(target))) {
    events.push({ type: 'InterfaceKeyRotated', ...keysIn(target) })
  }
  if (!isSame(present.settings, target.settings)) {
    events.push({ type: 'InterfaceUpdated', settings: target.settings })
  }
  for (const [peerId, facts] of peersOf(target)) {
    const before = present.peers[peerId]
    if (before) events.push(...peerChanges(peerId, before, facts))
  }
  for (const [peerId, facts] of peersOf(target)) {
    if (!present.peers[peerId]) events.push(peerAdded(peerId, facts))
  }
  return events
}

const keysOf = ({ publicKey, privateKey, privateKeyForNode }: InterfaceFacts) => [
  publicKey,
  privateKey,
  privateKeyForNode,
]

const peersOf = ({ peers }: InterfaceFacts): readonly (readonly [PeerId, PeerFacts])[] =>
  Object.entries<PeerFacts>(peers) as [PeerId, PeerFacts][] // as: keys of a record of peers

function peerChanges(
  peerId: PeerId,
  before: PeerFacts,
  after: PeerFacts,
): readonly InterfaceEvent[] {
  const events: InterfaceEvent[] = []
  if (!isSame(before.settings, after.settings)) {
    events.push({ type: 'PeerUpdated', peerId, settings: after.settings })
  }
  const { publicKey } = after
  if (publicKey !== before.publicKey || !isSame(before.privateKey, after.privateKey)) {
    const { privateKey } = peerAdded(peerId, after)
    events.push({ type: 'PeerKeyRotated', peerId, publicKey, privateKey })
  }
  const preshared = ({ presharedKey, presharedKeyForNode }: PeerFacts) => [
    presharedKey,
    presharedKeyForNode,
  ]
  if (!isSame(preshared(before), preshared(after))) {
    events.push({ type: 'PeerPresharedKeyRotated', peerId, ...presharedIn(after) })
  }
  return events
}

/** Throws what stands in the way of an interface like that. */
function requirePossible(
  id: string,
  present: InterfaceFacts | undefined,
  target: InterfaceFacts,
  { nodes, neighbours, destroyedKeys }: InterfaceAround,
): void {
  const nodeId = nodeOf(id)
  const node = nodes.get(nodeId)
  // What is sealed to a node is of use to no other one, whatever its name.
  const { recipient } = nodeSealedIn(target.privateKeyForNode)
  if (!node || !Buffer.from(recipient).equals(node.enrolmentKey)) throw NodeGone({ node: nodeId })
  for (const keyId of dataKeysOf(target)) {
    if (destroyedKeys.has(keyId)) throw KeyDestroyed({ keyId })
  }
  requireSound(target)
  if (isSame(present?.settings.addresses, target.settings.addresses)) return
  const wanted = networksOf(target.settings.addresses)
  for (const { settings } of neighbours.get(id) ?? []) {
    for (const other of networksOf(settings.addresses)) {
      const network = wanted.find((candidate) => overlaps(candidate, other))
      if (!network) continue
      throw AddressOverlap({
        network: printNetwork(network),
        other: printNetwork(other),
        interface: settings.name,
      })
    }
  }
}

/** Throws when names, keys or addresses contradict each other: after one change is undone they may. */
function requireSound(target: InterfaceFacts): void {
  const { organizationId, settings } = target
  requireConsistent(settings)
  const scratch = evolveInterface(initialInterface(), {
    type: 'InterfaceCreated',
    organizationId,
    settings,
    ...keysIn(target),
  })
  for (const [peerId, facts] of peersOf(target)) {
    requireFreeKey(scratch, facts.publicKey)
    requireFree(scratch, facts.settings)
    evolveInterface(scratch, {
      type: 'PeerAdded',
      peerId,
      settings: facts.settings,
      publicKey: facts.publicKey,
      privateKey: undefined,
      presharedKey: undefined,
      presharedKeyForNode: undefined,
    })
  }
}
