import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'

export const keyBytes = 32
export const nonceBytes = 12
export const tagBytes = 16

const algorithm = 'aes-256-gcm'

/** AES-256-GCM: ciphertext followed by the 16-byte tag. The caller answers for a nonce used once under a key. */
export function encrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  associatedData: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(associatedData)
  const body = cipher.update(plaintext)
  const rest = cipher.final()
  return new Uint8Array(Buffer.concat([body, rest, cipher.getAuthTag()]))
}

/** The plaintext, or undefined when anything differs from what was encrypted. */
export function decrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  associatedData: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  if (nonce.length !== nonceBytes || ciphertext.length < tagBytes) return undefined
  const end = ciphertext.length - tagBytes
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(associatedData)
  decipher.setAuthTag(ciphertext.subarray(end))
  const body = decipher.update(ciphertext.subarray(0, end))
  try {
    return new Uint8Array(Buffer.concat([body, decipher.final()]))
  } catch {
    return undefined // final() throws for this one reason: the tag does not match
  }
}

/** HKDF-SHA-256, RFC 5869. */
export const hkdf = (
  secret: Uint8Array,
  salt: Uint8Array,
  info: string | Uint8Array,
  length: number = keyBytes,
): Uint8Array => new Uint8Array(hkdfSync('sha256', secret, salt, info, length))
