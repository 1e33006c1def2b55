import { holdfast } from '@holdfast/proto'
import type { Sealed } from '../domain/sealed.ts'

const { Sealed: Message } = holdfast.log.v1

/** Copies of their own: what protobuf decodes shares the memory of a whole batch of commits. */
const copy = (bytes: Uint8Array | null | undefined): Uint8Array => new Uint8Array(bytes ?? [])

export const sealedFrom = (
  m: holdfast.log.v1.Sealed.$Properties | null | undefined,
): Sealed | undefined =>
  m ? { keyId: m.keyId ?? '', nonce: copy(m.nonce), ciphertext: copy(m.ciphertext) } : undefined

/** One value for one column. */
export const sealedBytes = (sealed: Sealed): Uint8Array => Message.encode({ ...sealed }).finish()

/** The way back from `sealedBytes`. */
export function sealedFromBytes(bytes: Uint8Array): Sealed {
  const { keyId, nonce, ciphertext } = Message.decode(bytes)
  return { keyId, nonce: copy(nonce), ciphertext: copy(ciphertext) }
}
