import { holdfast } from '@holdfast/proto'
import type { Sealed } from '../domain/sealed.ts'

const copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)

/** One value for one column. */
export const sealedBytes = (sealed: Sealed): Uint8Array =>
  holdfast.log.v1.Sealed.encode({ ...sealed }).finish()

/** The way back from `sealedBytes`. */
export function sealedFromBytes(bytes: Uint8Array): Sealed {
  const { keyId, nonce, ciphertext } = holdfast.log.v1.Sealed.decode(bytes)
  return { keyId, nonce: copy(nonce), ciphertext: copy(ciphertext) }
}
