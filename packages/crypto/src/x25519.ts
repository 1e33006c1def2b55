import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  randomBytes,
} from 'node:crypto'

/** Raw keys of 32 bytes each, as WireGuard uses them. */
export interface X25519KeyPair {
  readonly privateKey: Uint8Array
  readonly publicKey: Uint8Array
}

const rawBytes = 32

function requireRaw(key: Uint8Array): Uint8Array {
  if (key.length !== rawBytes) throw new RangeError(`an X25519 key has ${rawBytes} bytes`)
  return key
}

// Keys go in and out as JWK (RFC 8037), which OpenSSL takes as raw bytes; its DER reader costs up to half a
// millisecond a key.
const curve = { kty: 'OKP', crv: 'X25519' } as const
const text = (key: Uint8Array): string => Buffer.from(requireRaw(key)).toString('base64url')
const raw = (part: string | undefined): Uint8Array =>
  requireRaw(new Uint8Array(Buffer.from(part ?? '', 'base64url')))

/** `x` is not looked at: the public key follows from the private one. */
export const privateKeyObject = (key: Uint8Array): KeyObject =>
  createPrivateKey({ key: { ...curve, d: text(key), x: '' }, format: 'jwk' })

export const publicKeyObject = (key: Uint8Array): KeyObject =>
  createPublicKey({ key: { ...curve, x: text(key) }, format: 'jwk' })

const publicKeyOf = (key: KeyObject): Uint8Array => raw(key.export({ format: 'jwk' }).x)

// Any 32 random bytes are a private key (RFC 7748 §5: what is clamped is clamped when it is used). generateKeyPairSync is
// kept away from: until it is collected, its job shares a lock with the key it made, and exporting that key as JWK holds
// the lock while it allocates. A collection just then waits for itself, and the process stands still for good (seen on
// Node 20.20 with thousands of keys).

/** A fresh pair for one agreement after the other, whose private key need not be known. */
export function generateX25519Object(): { privateKey: KeyObject; publicKey: Uint8Array } {
  const privateKey = privateKeyObject(new Uint8Array(randomBytes(rawBytes)))
  return { privateKey, publicKey: publicKeyOf(privateKey) }
}

/** A fresh pair; the private key is clamped as `wg genkey` prints it. */
export function generateX25519(): X25519KeyPair {
  const privateKey = new Uint8Array(randomBytes(rawBytes))
  privateKey[0] = (privateKey[0] ?? 0) & 248
  privateKey[31] = ((privateKey[31] ?? 0) & 127) | 64
  return { privateKey, publicKey: x25519PublicKey(privateKey) }
}

/** The public key that belongs to a private one, as `wg pubkey` prints it. Throws RangeError unless it has 32 bytes. */
export const x25519PublicKey = (privateKey: Uint8Array): Uint8Array =>
  publicKeyOf(privateKeyObject(privateKey))

/** The shared secret, or undefined when the public key is a point of small order and the secret would be zero. */
export function agree(privateKey: KeyObject, publicKey: KeyObject): Uint8Array | undefined {
  try {
    return new Uint8Array(diffieHellman({ privateKey, publicKey }))
  } catch {
    return undefined // OpenSSL refuses a result of all zeros, RFC 7748 §6.1
  }
}
