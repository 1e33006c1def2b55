import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { decrypt, encrypt, hkdf, keyBytes, nonceBytes } from './aead.ts'
import { RootKeyInvalid, SealBroken } from './errors.ts'

/**
 * The key above all keys. It encrypts nothing itself: every use gets a key of its own by HKDF, so that
 * a wrapped key, an id and a fingerprint say nothing about one another.
 */
export class RootKey {
  readonly #key: Uint8Array

  constructor(key: Uint8Array) {
    if (key.length !== keyBytes) throw RootKeyInvalid({})
    this.#key = new Uint8Array(key)
  }

  /** A key for one purpose; the same purpose gives the same key. */
  derive(purpose: string): Uint8Array {
    return hkdf(this.#key, new Uint8Array(0), `holdfast/1|root|${purpose}`)
  }

  /**
   * Of the X25519 identity every off-site object can be opened with. Plain HKDF-SHA-256 without a salt, so that whoever
   * has the root key gets it with any tool (docs/formats/keyset.md).
   */
  recoveryScalar(): Uint8Array {
    return hkdf(this.#key, new Uint8Array(0), 'holdfast-recovery-v1')
  }

  /** As `HOLDFAST_ROOT_KEY` has it. For the recipients of backups, who are to have it, and nobody else. */
  reveal(): string {
    return Buffer.from(this.#key).toString('base64')
  }

  toString(): string {
    return '[root key]'
  }

  toJSON(): string {
    return '[root key]'
  }

  [inspect.custom](): string {
    return '[root key]'
  }
}

/** Base64 of 32 random bytes, for `HOLDFAST_ROOT_KEY`. */
export const generateRootKey = (): string => randomBytes(keyBytes).toString('base64')

/** Reads the text of `HOLDFAST_ROOT_KEY`: 32 bytes in base64, white space around it ignored. Throws RootKeyInvalid. */
export function loadRootKey(text: { reveal(): string }): RootKey {
  const trimmed = text.reveal().trim()
  const key = Buffer.from(trimmed, 'base64')
  // Buffer skips what it does not know; only text that comes out again as it went in is base64.
  if (key.toString('base64') !== trimmed) throw RootKeyInvalid({})
  return new RootKey(key)
}

/** 32 hex characters that tell two root keys apart and give nothing of them away; stands in archive and backup headers. */
export const rootKeyFingerprint = (rootKey: RootKey): string =>
  Buffer.from(rootKey.derive('fingerprint').subarray(0, 16)).toString('hex')

const format = 1
const wrapContext = (name: string): Uint8Array => Buffer.from(`holdfast/1|wrap|${name}`)

/**
 * Encrypts a key, or any small secret, under the root key: a format byte, nonce, ciphertext, tag.
 * `name` says what it is; it opens under no other name.
 */
export function wrapKey(rootKey: RootKey, name: string, key: Uint8Array): Uint8Array {
  const nonce = randomBytes(nonceBytes)
  const body = encrypt(rootKey.derive('wrap'), nonce, wrapContext(name), key)
  return new Uint8Array(Buffer.concat([Uint8Array.of(format), nonce, body]))
}

/** Throws SealBroken when the bytes were altered, stand under another name or belong to another root key. */
export function unwrapKey(rootKey: RootKey, name: string, wrapped: Uint8Array): Uint8Array {
  const key =
    wrapped[0] === format
      ? decrypt(
          rootKey.derive('wrap'),
          wrapped.subarray(1, 1 + nonceBytes),
          wrapContext(name),
          wrapped.subarray(1 + nonceBytes),
        )
      : undefined
  if (!key) throw SealBroken({ field: name })
  return key
}
