import { decrypt, encrypt, hkdf, nonceBytes } from './aead.ts'
import { constantTimeEqual } from './constant-time-equal.ts'
import { SealBroken } from './errors.ts'
import { associatedData, type SealContext } from './seal-context.ts'
import {
  agree,
  generateX25519Object,
  privateKeyObject,
  publicKeyObject,
  x25519PublicKey,
} from './x25519.ts'

/** A secret only one node can open. Same shape as `holdfast.log.v1.SealedToNode`. */
export interface SealedToNode {
  /** The node's public key, 32 bytes. */
  readonly recipient: Uint8Array
  /** 32 bytes; shared by the values of one sealer. */
  readonly ephemeralPublicKey: Uint8Array
  /** 12 bytes, counted up under one ephemeral key. */
  readonly nonce: Uint8Array
  /** Ciphertext followed by the 16-byte tag. */
  readonly ciphertext: Uint8Array
}

export type NodeSealer = (context: SealContext, plaintext: Uint8Array) => SealedToNode
export type NodeOpener = (context: SealContext, sealed: SealedToNode) => Uint8Array

// Both public keys enter the derivation, so a value sealed to one node cannot be passed off as another's.
const deriveKey = (shared: Uint8Array, ephemeral: Uint8Array, recipient: Uint8Array): Uint8Array =>
  hkdf(shared, Buffer.concat([ephemeral, recipient]), 'holdfast/1|node')

/**
 * Seals values to a node's enrolment key: X25519 with a fresh ephemeral key, HKDF-SHA-256, AES-256-GCM.
 * One sealer costs one key agreement however many values it seals; make one for a burst of commits, not one
 * a value, and throw it away soon. Throws RangeError when the public key cannot be used.
 */
export function nodeSealer(nodePublicKey: Uint8Array): NodeSealer {
  const recipient = new Uint8Array(nodePublicKey)
  const ephemeral = generateX25519Object()
  const shared = agree(ephemeral.privateKey, publicKeyObject(recipient))
  if (!shared) throw new RangeError('the public key of the node is a point of small order')
  const key = deriveKey(shared, ephemeral.publicKey, recipient)
  let count = 0n

  return (context, plaintext) => {
    // The key is this sealer's alone, so counting makes a nonce unique without relying on chance.
    const nonce = new Uint8Array(nonceBytes)
    new DataView(nonce.buffer).setBigUint64(nonceBytes - 8, count++)
    const ciphertext = encrypt(key, nonce, associatedData(context), plaintext)
    return { recipient, ephemeralPublicKey: ephemeral.publicKey, nonce, ciphertext }
  }
}

/**
 * Opens what was sealed to this node. Keeps the last derived key, so the values of one commit cost one
 * key agreement. Throws SealBroken when a value is altered, moved or another node's.
 */
export function nodeOpener(nodePrivateKey: Uint8Array): NodeOpener {
  const privateKey = privateKeyObject(nodePrivateKey)
  const publicKey = x25519PublicKey(nodePrivateKey)
  let last: { readonly ephemeral: Uint8Array; readonly key: Uint8Array } | undefined

  const keyFor = (ephemeral: Uint8Array): Uint8Array | undefined => {
    if (last && constantTimeEqual(last.ephemeral, ephemeral)) return last.key
    if (ephemeral.length !== publicKey.length) return undefined
    const shared = agree(privateKey, publicKeyObject(ephemeral))
    if (!shared) return undefined
    last = { ephemeral: new Uint8Array(ephemeral), key: deriveKey(shared, ephemeral, publicKey) }
    return last.key
  }

  return (context, sealed) => {
    const key = constantTimeEqual(sealed.recipient, publicKey)
      ? keyFor(sealed.ephemeralPublicKey)
      : undefined
    const plaintext = key && decrypt(key, sealed.nonce, associatedData(context), sealed.ciphertext)
    if (!plaintext) throw SealBroken({ field: context.field })
    return plaintext
  }
}

/** Opens one value; `nodeOpener` is cheaper for several. */
export const openFromNode = (
  nodePrivateKey: Uint8Array,
  context: SealContext,
  sealed: SealedToNode,
): Uint8Array => nodeOpener(nodePrivateKey)(context, sealed)
