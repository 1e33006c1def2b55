import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto'
import { FormatError } from './format-error.ts'
import { sha256 } from './hash.ts'
import { decodeBase64, encodeBase64, isWellFormed } from './text.ts'

/** Bytes of an Ed25519 public key, and of a private one (the seed of RFC 8032). */
const keyBytes = 32
export const ed25519SignatureBytes = 64
const maxNameBytes = 255

/** Signature types of https://c2sp.org/signed-note that are understood here. */
export const signatureTypes = { ed25519: 1, 'cosignature/v1': 4 } as const
export type SignatureType = keyof typeof signatureTypes

/** A public key with the name it signs under: `<name>+<key id, 8 hex digits>+<base64 of type and key>`. */
export interface VerifierKey {
  readonly name: string
  /** u32: the first four bytes of SHA-256(name ‖ LF ‖ type ‖ public key). */
  readonly keyId: number
  readonly type: SignatureType
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** The whole as text. */
  readonly text: string
}

/** Something that signs under a verifier key; the private key stays inside. */
export interface Signer {
  readonly key: VerifierKey
  /** Ed25519 over these bytes, 64 bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array
}

/** Throws FormatError when the name cannot be one, or the key is not 32 bytes. */
export function verifierKey(
  name: string,
  publicKey: Uint8Array,
  type: SignatureType = 'ed25519',
): VerifierKey {
  if (!isKeyName(name)) throw new FormatError('verifier key', 'the name cannot be one of a key')
  if (publicKey.length !== keyBytes) throw new FormatError('verifier key', 'is not 32 bytes')
  if (isSmallOrder(publicKey))
    throw new FormatError('verifier key', 'is a point anybody can sign for')
  const material = Buffer.concat([Uint8Array.of(signatureTypes[type]), publicKey])
  const keyId = Buffer.from(
    sha256(Buffer.concat([Buffer.from(`${name}\n`), material])),
  ).readUInt32BE()
  const text = `${name}+${hexKeyId(keyId)}+${encodeBase64(material)}`
  return { name, keyId, type, publicKey: new Uint8Array(publicKey), text }
}

/** Takes exactly what `verifierKey` prints. Throws FormatError. */
export function parseVerifierKey(text: string): VerifierKey {
  // The last part may hold plus signs of its own.
  const [, name, keyId, encoded] = /^([^+]*)\+([^+]*)\+(.*)$/su.exec(text) ?? []
  const material = encoded === undefined ? undefined : decodeBase64(encoded)
  if (name === undefined || keyId === undefined || material === undefined)
    throw new FormatError('verifier key', 'is not <name>+<key id>+<base64>')
  const type = signatureType(material[0])
  if (type === undefined) throw new FormatError('verifier key', 'is of a type not known here')
  const key = verifierKey(name, material.subarray(1), type)
  if (hexKeyId(key.keyId) !== keyId)
    throw new FormatError('verifier key', 'the key id is not that of name and key')
  return key
}

/**
 * From a raw Ed25519 private key, 32 bytes. Throws FormatError. The caller may erase `privateKey`
 * afterwards.
 */
export function signer(
  name: string,
  privateKey: Uint8Array,
  type: SignatureType = 'ed25519',
): Signer {
  if (privateKey.length !== keyBytes) throw new FormatError('signing key', 'is not 32 bytes')
  const der = Buffer.concat([pkcs8Head, privateKey])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  der.fill(0)
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return {
    key: verifierKey(name, spki.subarray(-keyBytes), type),
    sign: (message) => new Uint8Array(signBytes(null, message, key)),
  }
}

/** Ed25519 as RFC 8032 has it. */
export function verifySignature(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== keyBytes || signature.length !== ed25519SignatureBytes) return false
  try {
    return verifyBytes(null, message, keyObject(publicKey), signature)
  } catch {
    return false // 32 bytes that are no point of the curve
  }
}

/** Not empty, no plus, no white space, no control characters; at most 255 bytes. */
export const isKeyName = (name: string): boolean =>
  name !== '' &&
  !/[+\s\p{White_Space}\p{Cc}]/u.test(name) &&
  isWellFormed(name) &&
  Buffer.byteLength(name) <= maxNameBytes

const spkiHead = Buffer.from('302a300506032b6570032100', 'hex')
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

/** y coordinates, sign bit aside, of the points of order 1, 2, 4 and 8: signatures under them prove nothing. */
const smallOrder = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])

function isSmallOrder(publicKey: Uint8Array): boolean {
  const y = Buffer.from(publicKey)
  y[31] = (y[31] ?? 0) & 0x7f
  return smallOrder.has(y.toString('hex'))
}

const hexKeyId = (keyId: number): string => keyId.toString(16).padStart(8, '0')

const signatureType = (byte: number | undefined): SignatureType | undefined =>
  byte === signatureTypes.ed25519
    ? 'ed25519'
    : byte === signatureTypes['cosignature/v1']
      ? 'cosignature/v1'
      : undefined

/** A bundle has one key and thousands of notes; making the object costs as much as verifying. */
const keyObjects = new Map<string, KeyObject>()
const maxKeyObjects = 256

function keyObject(publicKey: Uint8Array): KeyObject {
  const id = encodeBase64(publicKey)
  const known = keyObjects.get(id)
  if (known) return known
  const key = createPublicKey({
    key: Buffer.concat([spkiHead, publicKey]),
    format: 'der',
    type: 'spki',
  })
  if (keyObjects.size >= maxKeyObjects) keyObjects.clear()
  keyObjects.set(id, key)
  return key
}
