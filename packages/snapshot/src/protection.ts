import { createCipheriv, createDecipheriv, hkdfSync, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { type Parsed, refuse } from '@holdfast/net'

const derive = promisify(pbkdf2)
const algorithm = 'aes-256-gcm'
export const tagBytes = 16
export const nonceBytes = 12
const saltBytes = 16
const keyBytes = 32

/** OWASP 2025 for PBKDF2-HMAC-SHA-256. */
export const iterationsNow = 600_000
/** Beyond it opening would be a way to keep a processor busy. */
const maxIterations = 10_000_000
const iterationsV1 = 100_000

/** How the key of a snapshot follows from what its reader has. */
export type KeyFormat =
  | {
      readonly kind: 'pbkdf2'
      readonly version: 1 | 2
      readonly iterations: number
      readonly salt: Uint8Array
    }
  | { readonly kind: 'hkdf'; readonly salt: Uint8Array }

/** What opens it. */
export type SnapshotKey =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** 32 bytes: a data key of the instance. */
  | { readonly kind: 'instance_key'; readonly key: Uint8Array }

export const newPassphraseFormat = (iterations = iterationsNow): KeyFormat => ({
  kind: 'pbkdf2',
  version: 2,
  iterations,
  salt: new Uint8Array(randomBytes(saltBytes)),
})
export const newInstanceFormat = (): KeyFormat => ({
  kind: 'hkdf',
  salt: new Uint8Array(randomBytes(saltBytes)),
})

/** `v2:600000:<base64 salt>`, or `hkdf:<base64 salt>` of the instance's key. */
export function printKeyFormat(format: KeyFormat): string {
  const salt = Buffer.from(format.salt).toString('base64')
  return format.kind === 'hkdf' ? `hkdf:${salt}` : `v${format.version}:${format.iterations}:${salt}`
}

/** `code` is `unknown` for a version we do not know. */
export function parseKeyFormat(text: string): Parsed<KeyFormat> {
  const [version = '', ...rest] = text.split(':')
  if (version === 'hkdf') {
    const salt = readSalt(rest[0])
    if (rest.length !== 1 || !salt) return refuse('malformed', 'the key format is malformed')
    return { ok: true, value: { kind: 'hkdf', salt } }
  }
  if (version !== 'v1' && version !== 'v2') return refuse('unknown', 'the key format')
  const [count = '', encoded] = rest
  const salt = readSalt(encoded)
  if (rest.length !== 2 || !salt || !/^[1-9]\d{0,8}$/.test(count)) {
    return refuse('malformed', 'the key format is malformed')
  }
  const iterations = Number(count)
  const isFine =
    version === 'v1'
      ? iterations === iterationsV1
      : iterations >= iterationsNow && iterations <= maxIterations
  if (!isFine) {
    return refuse('out_of_range', `${iterations} iterations are not what ${version} may ask for`)
  }
  return {
    ok: true,
    value: { kind: 'pbkdf2', version: version === 'v1' ? 1 : 2, iterations, salt },
  }
}

function readSalt(text: string | undefined): Uint8Array | undefined {
  const bytes = fromBase64(text ?? '')
  return bytes?.length === saltBytes ? bytes : undefined
}

/** Canonical base64 alone: two spellings of the same bytes would be two headers of one snapshot. */
export function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? new Uint8Array(bytes) : undefined
}

/** The 32-byte key. Takes about a quarter of a second for a passphrase, in libuv's threads. */
export async function keyOf(format: KeyFormat, given: SnapshotKey): Promise<Uint8Array> {
  if (format.kind === 'hkdf') {
    if (given.kind !== 'instance_key') throw new TypeError('this takes the key of the instance')
    const info = 'holdfast-hfsnap-v2'
    return new Uint8Array(hkdfSync('sha256', given.key, format.salt, info, keyBytes))
  }
  if (given.kind !== 'passphrase') throw new TypeError('this takes a passphrase')
  // NFC: the same words typed on another keyboard are the same bytes.
  const passphrase = Buffer.from(given.passphrase.normalize('NFC'))
  return new Uint8Array(
    await derive(passphrase, format.salt, format.iterations, keyBytes, 'sha256'),
  )
}

/** Ciphertext followed by the tag. The key is of this snapshot alone, so that any nonce is used once. */
export async function* encrypted(
  chunks: AsyncIterable<Uint8Array>,
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(associated)
  for await (const chunk of chunks) {
    const out = cipher.update(chunk)
    if (out.length > 0) yield out
  }
  yield Buffer.concat([cipher.final(), cipher.getAuthTag()])
}

/** What it yields is not known to be good before it has ended without `broken`: use it in a second pass only. */
export async function* decrypted(
  chunks: AsyncIterable<Uint8Array>,
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  tag: Uint8Array,
  broken: () => Error,
): AsyncGenerator<Uint8Array> {
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(associated)
  decipher.setAuthTag(tag)
  for await (const chunk of chunks) yield decipher.update(chunk)
  try {
    decipher.final() // empty: GCM is a stream
  } catch {
    throw broken() // final() throws for this one reason: the tag does not match
  }
}
