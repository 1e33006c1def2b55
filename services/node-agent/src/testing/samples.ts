import { createHash } from 'node:crypto'
import { generateX25519, nodeSealer } from '@holdfast/crypto'
import type { StoredEvent } from '@holdfast/event-log'
import { wgKeyFrom } from '@holdfast/net'
import { holdfast } from '@holdfast/proto'
import type { NodeCommit } from '../follow/fold.ts'
import type { DesiredInterface, DesiredPeer } from '../reconcile/desired.ts'
import type { TakenCommit } from '../state/saved-fold.ts'

const v1 = holdfast.network.v1

export const organizationId = '01890000-0000-7000-8000-0000000000aa'
export const nodeId = '01890000-0000-7000-8000-0000000000bb'
export const interfaceId = '01890000-0000-7000-8000-000000000001'
export const pin = { lineageId: '01890000-0000-7000-8000-0000000000cc', generation: 1 }

/** The node's enrolment key in these tests. */
export const nodeKeys = generateX25519()

/** A public key that is the same whenever the name is. */
export const keyOf = (name: string): string => wgKeyFrom(createHash('sha256').update(name).digest())

export const peerId = (number: number): string =>
  `01890000-0000-7000-9000-${number.toString(16).padStart(12, '0')}`

export const desiredPeer = (name: string, more: Partial<DesiredPeer> = {}): DesiredPeer => ({
  publicKey: keyOf(name),
  presharedKey: undefined,
  allowedIps: [],
  endpoint: undefined,
  ...more,
})

export const privateKey = wgKeyFrom(nodeKeys.privateKey)
export const publicKey = wgKeyFrom(nodeKeys.publicKey)

export const desired = (
  peers: readonly DesiredPeer[] = [],
  more: Partial<DesiredInterface> = {},
): DesiredInterface => ({
  id: interfaceId,
  revision: 1n,
  device: 'hfunit0',
  privateKey,
  publicKey,
  listenPort: 51820,
  mtu: 1420,
  addresses: [],
  routes: [],
  peers: new Map(peers.map((peer) => [peer.publicKey, peer])),
  problems: [],
  nextExpiryUnixMs: Number.POSITIVE_INFINITY,
  ...more,
})

type Settings = holdfast.network.v1.InterfaceSettings.$Properties
type PeerSettings = holdfast.network.v1.PeerSettings.$Properties

/** Facts as `network` writes them. */
export const facts = {
  created: (settings: Settings, keys = generateX25519()): StoredEvent => {
    const seal = nodeSealer(nodeKeys.publicKey)
    const context = { ownerId: organizationId, objectId: interfaceId, field: 'private_key' }
    return stored(
      'InterfaceCreated',
      v1.InterfaceCreated.encode({
        organizationId,
        settings: { isEnabled: true, listenPort: 51820, addresses: ['10.9.0.1/24'], ...settings },
        publicKey: keys.publicKey,
        privateKeyForNode: seal(context, keys.privateKey),
      }),
    )
  },
  updated: (settings: Settings): StoredEvent =>
    stored(
      'InterfaceUpdated',
      v1.InterfaceUpdated.encode({
        settings: { isEnabled: true, listenPort: 51820, addresses: ['10.9.0.1/24'], ...settings },
      }),
    ),
  deleted: (): StoredEvent => stored('InterfaceDeleted', v1.InterfaceDeleted.encode({})),
  added: (
    number: number,
    settings: PeerSettings = {},
    more: { publicKey?: Uint8Array; presharedKey?: Uint8Array } = {},
  ): StoredEvent => {
    const context = { ownerId: organizationId, objectId: peerId(number), field: 'preshared_key' }
    const { presharedKey } = more
    return stored(
      'PeerAdded',
      v1.PeerAdded.encode({
        peerId: peerId(number),
        settings: {
          isEnabled: true,
          addresses: [`10.9.${number >> 8}.${number & 255}`],
          ...settings,
        },
        publicKey: more.publicKey ?? Buffer.from(keyOf(`peer ${number}`), 'base64'),
        presharedKeyForNode: presharedKey
          ? nodeSealer(nodeKeys.publicKey)(context, presharedKey)
          : null,
      }),
    )
  },
  changed: (number: number, settings: PeerSettings): StoredEvent =>
    stored(
      'PeerUpdated',
      v1.PeerUpdated.encode({
        peerId: peerId(number),
        settings: {
          isEnabled: true,
          addresses: [`10.9.${number >> 8}.${number & 255}`],
          ...settings,
        },
      }),
    ),
  rotated: (number: number, key: Uint8Array): StoredEvent =>
    stored('PeerKeyRotated', v1.PeerKeyRotated.encode({ peerId: peerId(number), publicKey: key })),
  removed: (number: number): StoredEvent =>
    stored('PeerRemoved', v1.PeerRemoved.encode({ peerId: peerId(number) })),
}

const stored = (type: string, message: { finish(): Uint8Array }): StoredEvent => ({
  type,
  schema: 1,
  data: message.finish(),
})

export const commit = (
  sequence: number | bigint,
  events: readonly StoredEvent[],
  id = interfaceId,
): NodeCommit & TakenCommit => ({
  sequence: BigInt(sequence),
  interfaceId: id,
  aggregateId: `${nodeId}.${id}`,
  events,
  hash: createHash('sha256').update(String(sequence)).digest(),
})

/** Resolves when the condition holds; the message says what was waited for. */
export async function until(
  isTrue: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
