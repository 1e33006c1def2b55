import { randomBytes } from 'node:crypto'
import { decrypt, encrypt, nonceBytes } from './aead.ts'
import { KeyDestroyed, SealBroken } from './errors.ts'
import type { KeyRing } from './key-ring.ts'
import { associatedData, type SealContext } from './seal-context.ts'

/** A secret field in an event. Same shape as `holdfast.log.v1.Sealed`. */
export interface Sealed {
  readonly keyId: string
  /** 12 bytes. */
  readonly nonce: Uint8Array
  /** Ciphertext followed by the 16-byte tag. */
  readonly ciphertext: Uint8Array
}

/**
 * Seals a field with the active key of the ring (AES-256-GCM).
 *
 * Nonces are random: a data key may seal 2^32 values before two are likely enough to collide to care
 * (NIST SP 800-38D §8.3), which no organization or person reaches before its key rotates.
 */
export function seal(ring: KeyRing, context: SealContext, plaintext: Uint8Array): Sealed {
  const { id, key } = ring.active
  const nonce = new Uint8Array(randomBytes(nonceBytes))
  return { keyId: id, nonce, ciphertext: encrypt(key, nonce, associatedData(context), plaintext) }
}

/** Opens a field in the place it was sealed for. Throws KeyDestroyed or SealBroken. */
export function open(ring: KeyRing, context: SealContext, sealed: Sealed): Uint8Array {
  const found = ring.byId(sealed.keyId)
  if (!found) throw KeyDestroyed({ keyId: sealed.keyId })
  const plaintext = decrypt(found.key, sealed.nonce, associatedData(context), sealed.ciphertext)
  if (!plaintext) throw SealBroken({ field: context.field })
  return plaintext
}
