import { randomBytes } from 'node:crypto'
import { generateX25519, type NodeSealer, nodeSealer, open, seal } from '@holdfast/crypto'
import { type WgKey, wgKeyBytes, wgKeyFrom } from '@holdfast/net'
import type { DataKeys } from '@holdfast/service'
import type { Sealed, SealedToNode } from '../domain/sealed.ts'

/** Fields that are sealed; part of what binds a sealed value to its place (docs/adr/0004). */
export type SecretField = 'private_key' | 'preshared_key'

/** Seals what one command brings. */
export interface Sealer {
  /** `objectId`: the interface's or the peer's id. */
  forOrganization(objectId: string, field: SecretField, secret: WgKey): Sealed
  /** What only the node itself can open. */
  forNode(objectId: string, field: SecretField, secret: WgKey): SealedToNode
}

export interface Secrets {
  /** `nodeKey`: the node's enrolment key. */
  sealer(organizationId: string, nodeKey: Uint8Array): Promise<Sealer>
  /** Throws `crypto.key_destroyed` when the key is gone for good. */
  open(organizationId: string, objectId: string, field: SecretField, sealed: Sealed): Promise<WgKey>
  /** Those of an organization's keys that are gone for good. */
  destroyed(organizationId: string, keyIds: Iterable<string>): Promise<readonly string[]>
}

export function secrets(keys: DataKeys): Secrets {
  const toNodeOf = nodeSealers()
  return {
    async sealer(ownerId, nodeKey) {
      const ring = await keys.of(ownerId)
      return {
        forOrganization: (objectId, field, secret) =>
          seal(ring, { ownerId, objectId, field }, wgKeyBytes(secret)),
        forNode: (objectId, field, secret) =>
          toNodeOf(nodeKey)({ ownerId, objectId, field }, wgKeyBytes(secret)),
      }
    },
    async open(ownerId, objectId, field, sealed) {
      const ring = await keys.of(ownerId, sealed.keyId)
      return wgKeyFrom(open(ring, { ownerId, objectId, field }, sealed))
    },
    async destroyed(ownerId, keyIds) {
      const gone: string[] = []
      for (const keyId of keyIds) {
        const ring = await keys.of(ownerId, keyId)
        if (!ring.byId(keyId)) gone.push(keyId)
      }
      return gone
    },
  }
}

/** How long one ephemeral key serves commits that follow each other. */
const sealerKeptForMs = 10_000
const maxSealers = 1_000

/**
 * A sealer costs two operations on the curve, more than all else in adding a peer, so a burst shares one. What
 * its key could open the data keys beside it in this memory open as well.
 */
function nodeSealers(now: () => number = Date.now): (nodeKey: Uint8Array) => NodeSealer {
  const kept = new Map<string, { readonly seal: NodeSealer; readonly since: number }>()
  return (nodeKey) => {
    const id = Buffer.from(nodeKey).toString('latin1')
    const known = kept.get(id)
    if (known && now() - known.since < sealerKeptForMs) return known.seal
    if (kept.size >= maxSealers) kept.clear()
    const fresh = nodeSealer(nodeKey)
    kept.set(id, { seal: fresh, since: now() })
    return fresh
  }
}

export interface WgKeyPair {
  readonly privateKey: WgKey
  readonly publicKey: WgKey
}

export function generateKeyPair(): WgKeyPair {
  const { privateKey, publicKey } = generateX25519()
  return { privateKey: wgKeyFrom(privateKey), publicKey: wgKeyFrom(publicKey) }
}

export const generatePresharedKey = (): WgKey => wgKeyFrom(new Uint8Array(randomBytes(32)))
