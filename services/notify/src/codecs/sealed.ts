import type { holdfast } from '@holdfast/proto'
import type { Sealed } from '../domain/sealed.ts'

/** Copies of their own: what protobuf decodes shares the memory of a whole batch of commits. */
const copy = (bytes: Uint8Array | null | undefined): Uint8Array => new Uint8Array(bytes ?? [])

export const sealedFrom = (
  m: holdfast.log.v1.Sealed.$Properties | null | undefined,
): Sealed | undefined =>
  m ? { keyId: m.keyId ?? '', nonce: copy(m.nonce), ciphertext: copy(m.ciphertext) } : undefined
