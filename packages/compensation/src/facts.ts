import { holdfast } from '@holdfast/proto'

const log = holdfast.log.v1

/** A sealed field as it stands in an event. Equal only to itself: sealing draws a fresh nonce. */
export interface SealedFact {
  /** The encoded message, base64. */
  readonly $sealed: string
}

/** As in packages/crypto. */
interface Sealed {
  readonly keyId: string
  readonly nonce: Uint8Array
  readonly ciphertext: Uint8Array
}

interface SealedToNode {
  readonly recipient: Uint8Array
  readonly ephemeralPublicKey: Uint8Array
  readonly nonce: Uint8Array
  readonly ciphertext: Uint8Array
}

const encoded = (bytes: Uint8Array): SealedFact => ({
  $sealed: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
})

const bytesOf = ({ $sealed }: SealedFact): Uint8Array =>
  new Uint8Array(Buffer.from($sealed, 'base64'))

/** Copies of their own: what protobuf decodes shares the memory it was decoded from. */
const copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)

export const sealedFact = (sealed: Sealed): SealedFact =>
  encoded(log.Sealed.encode(sealed).finish())

export function sealedIn(fact: SealedFact): Sealed {
  const { keyId, nonce, ciphertext } = log.Sealed.decode(bytesOf(fact))
  return { keyId, nonce: copy(nonce), ciphertext: copy(ciphertext) }
}

export const nodeSealedFact = (sealed: SealedToNode): SealedFact =>
  encoded(log.SealedToNode.encode(sealed).finish())

export function nodeSealedIn(fact: SealedFact): SealedToNode {
  const m = log.SealedToNode.decode(bytesOf(fact))
  return {
    recipient: copy(m.recipient),
    ephemeralPublicKey: copy(m.ephemeralPublicKey),
    nonce: copy(m.nonce),
    ciphertext: copy(m.ciphertext),
  }
}

export const isSealedFact = (value: unknown): value is SealedFact =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, '$sealed')

/** A record that is merged and compared key by key. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isSealedFact(value)

/** Whether two facts, or parts of them, say the same. What is undefined is absent. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return false
  }
  if (Array.isArray(one) || Array.isArray(other)) {
    return (
      Array.isArray(one) &&
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, at) => isSame(item, other[at]))
    )
  }
  // as: data of records, see Compensable
  const left = one as Readonly<Record<string, unknown>>
  const right = other as Readonly<Record<string, unknown>>
  for (const key of Object.keys(left)) if (!isSame(left[key], right[key])) return false
  for (const key of Object.keys(right)) {
    if (right[key] !== undefined && left[key] === undefined) return false
  }
  return true
}
