import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'

/**
 * NATS user keys (nkeys): Ed25519, written in base32 with a prefix that says what they are and a CRC-16.
 * https://docs.nats.io/running-a-nats-service/nats_admin/security/jwt#what-are-nkeys
 */
export interface UserKey {
  /** `SU…`; secret. */
  readonly seed: string
  /** `U…` */
  readonly publicKey: string
}

const seedPrefix = 18 << 3
const userPrefix = 20 << 3
// What DER puts before the 32 raw bytes of an Ed25519 private key (RFC 8410).
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex')

export const generateUserKey = (): UserKey => userKey(randomBytes(32))

/** The key of 32 secret bytes. */
export function userKey(secret: Uint8Array): UserKey {
  const der = Buffer.concat([privatePrefix, secret])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return {
    // The seed's prefix takes five bits of the first byte, the key's the next eight.
    seed: encode([seedPrefix | (userPrefix >> 5), (userPrefix & 31) << 3], secret),
    publicKey: encode([userPrefix], spki.subarray(spki.length - 32)),
  }
}

function encode(prefix: readonly number[], key: Uint8Array): string {
  const body = Buffer.concat([Buffer.from(prefix), key])
  const check = Buffer.alloc(2)
  check.writeUInt16LE(crc16(body))
  return base32(Buffer.concat([body, check]))
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff
  }
  return crc
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 without padding. */
function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(value >>> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text
}

/** A `.creds` file, as NATS clients read it. */
export const credentials = (jwt: string, seed: string): string =>
  [
    '-----BEGIN NATS USER JWT-----',
    jwt,
    '------END NATS USER JWT------',
    '',
    '-----BEGIN USER NKEY SEED-----',
    seed,
    '------END USER NKEY SEED------',
    '',
  ].join('\n')
