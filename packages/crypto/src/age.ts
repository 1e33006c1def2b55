import {
  createCipheriv,
  createDecipheriv,
  randomBytes,
  type ScryptOptions,
  scrypt as scryptWithCallback,
} from 'node:crypto'
import { promisify } from 'node:util'
import { armor, Decrypter, Encrypter, type Identity, type Recipient, Stanza } from 'age-encryption'
import { hkdf } from './aead.ts'
import { decodeBech32, encodeBech32 } from './bech32.ts'
import {
  AgeDamaged,
  AgeIdentityInvalid,
  AgeNotForUs,
  AgePassphraseWrong,
  AgeRecipientInvalid,
} from './errors.ts'
import type { RootKey } from './root-key.ts'
import { agree, generateX25519Object, publicKeyObject, x25519PublicKey } from './x25519.ts'

/**
 * age files (age-encryption.org/v1): the stock `age` opens what is made here, and the other way round. The header is
 * the library's; the payload is done here with the ciphers of OpenSSL, which are several times as fast, a chunk of
 * 64 KiB at a time whatever the file's size.
 */
export type AgeRecipients = readonly string[] | { readonly passphrase: string }
export type AgeIdentities = readonly string[] | { readonly passphrase: string }

const chunkBytes = 64 * 1024
const tagBytes = 16
const payloadNonceBytes = 16
// Some 600 recipients.
const maxHeaderBytes = 64 * 1024

/** The public half: `age1…`. Throws AgeRecipientInvalid, which does not repeat what was given. */
export function parseRecipient(text: string): string {
  const trimmed = text.trim()
  const refuse = (reason: string) => AgeRecipientInvalid({ reason })
  if (/^age-secret-key-/i.test(trimmed)) {
    throw refuse('that is a secret key: keep it, and give the age1… beside it')
  }
  if (trimmed.startsWith('ssh-')) throw refuse('SSH keys are not taken, only age1…')
  if (/^age1(pq|tag|tagpq)1/.test(trimmed)) {
    throw refuse('only the plain kind of recipient is taken, 62 characters from age1')
  }
  if (/^age1[a-z0-9]+1/.test(trimmed)) throw refuse('recipients of plugins are not taken')
  if (!trimmed.startsWith('age1')) throw refuse('it has to begin with age1')
  const decoded = decodeBech32(trimmed)
  if (decoded?.prefix !== 'age') throw refuse('a character is wrong or missing')
  if (decoded.bytes.length !== 32) throw refuse('it is too short or too long')
  // A point of small order would share nothing secret.
  if (!agree(generateX25519Object().privateKey, publicKeyObject(decoded.bytes)))
    throw refuse('it is no public key')
  return trimmed
}

const identityPrefix = 'age-secret-key-'

const scalarOf = (identity: string): Uint8Array => {
  const decoded = decodeBech32(identity.trim())
  if (decoded?.prefix !== identityPrefix || decoded.bytes.length !== 32)
    throw AgeIdentityInvalid({})
  return decoded.bytes
}

/** `AGE-SECRET-KEY-1…`, also out of the file `age-keygen` writes. Throws AgeIdentityInvalid. */
export function parseIdentities(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim())
  const identities = lines.filter((line) => line !== '' && !line.startsWith('#'))
  if (identities.length === 0) throw AgeIdentityInvalid({})
  for (const identity of identities) scalarOf(identity)
  return identities.map((identity) => identity.toUpperCase())
}

export interface AgePair {
  /** `AGE-SECRET-KEY-1…` */
  readonly identity: string
  /** `age1…` */
  readonly recipient: string
}

const pairOf = (scalar: Uint8Array): AgePair => ({
  identity: encodeBech32(identityPrefix, scalar).toUpperCase(),
  recipient: encodeBech32('age', x25519PublicKey(scalar)),
})

export const generateAgePair = (): AgePair => pairOf(randomBytes(32))

/** The recipient of an identity. Throws AgeIdentityInvalid. */
export const recipientOf = (identity: string): string => pairOf(scalarOf(identity)).recipient

/** The pair that follows from the root key, so that whoever has that key opens every backup. */
export const recoveryIdentity = (rootKey: RootKey): AgePair => pairOf(rootKey.recoveryScalar())

/** What a header says to everybody, beside whom it is for. */
export interface AgeStatement {
  /**
   * Which root key the derived recipient follows from, so that who comes with another is told so at once. In a stanza of
   * its own: readers pass over kinds they do not know. Not with a passphrase, which stands alone.
   */
  readonly rootKeyFingerprint?: string | undefined
}

/**
 * The age file of `plaintext`, as it comes. With a passphrase the header takes about a second and 256 MiB.
 * Throws AgeRecipientInvalid before anything is read.
 */
export async function* encryptTo(
  to: AgeRecipients,
  plaintext: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  states: AgeStatement = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { header, fileKey } = await makeHeader(to, states)
  yield header
  const nonce = randomBytes(payloadNonceBytes)
  yield nonce
  const stream = sealChunks(payloadKey(fileKey, nonce))
  for await (const { bytes, isLast } of inChunks(plaintext, chunkBytes)) yield stream(bytes, isLast)
}

/**
 * The plaintext of an age file, as it comes: every chunk of it is authentic, but only an end without an error says
 * that there was nothing after it. Throws AgeNotForUs, AgePassphraseWrong, AgeDamaged, AgeIdentityInvalid.
 */
export async function* decryptWith(
  using: AgeIdentities,
  ciphertext: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const decrypter = decrypterFor(using)
  const source = fromIterable(ciphertext)
  try {
    const { header, rest } = await readHeader(source)
    const fileKey = await fileKeyOf(decrypter, header)
    const { head: nonce, tail } = await readExactly(source, rest, payloadNonceBytes)
    const open = openChunks(payloadKey(fileKey, nonce))
    const sealed = inChunks(after(tail, source), chunkBytes + tagBytes)
    for await (const { bytes, isLast, isFirst } of sealed) {
      const opened = open(bytes, isLast)
      if (isLast && !isFirst && opened.length === 0)
        throw damaged('its end is not as age writes it')
      if (opened.length > 0) yield opened
    }
  } finally {
    await source.return?.()
  }
}

/** For what fits in memory. */
export const ageSeal = async (to: AgeRecipients, bytes: Uint8Array): Promise<Uint8Array> =>
  await gather(encryptTo(to, [bytes]))

/** For what fits in memory; throws as `decryptWith` does, and then nothing of it was given out. */
export const ageOpen = async (using: AgeIdentities, bytes: Uint8Array): Promise<Uint8Array> =>
  await gather(decryptWith(using, [bytes]))

/** The same file as text, `-----BEGIN AGE ENCRYPTED FILE-----`. */
export const ageArmor = (file: Uint8Array): string => armor.encode(file)

/** Throws AgeDamaged. */
export function ageDearmor(text: string): Uint8Array {
  try {
    return armor.decode(text)
  } catch (cause) {
    throw AgeDamaged({ reason: 'it is no armored age file' }, cause)
  }
}

const gather = async (parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const all: Uint8Array[] = []
  for await (const part of parts) all.push(part)
  return new Uint8Array(Buffer.concat(all))
}

const damaged = (reason: string, cause?: unknown) => AgeDamaged({ reason }, cause)

/* Header */

const rootKeyStanza = 'holdfast-root-key'

/** The root key the header names; undefined when it names none. Nobody vouches for it: it says what to look for. */
export function rootKeyNamedIn(start: Uint8Array): string | undefined {
  const text = Buffer.from(start.subarray(0, maxHeaderBytes)).toString('latin1')
  const header = text.slice(0, Math.max(0, text.indexOf('\n---')))
  return /\n-> holdfast-root-key ([0-9a-f]{32})\n/.exec(header)?.[1]
}

async function makeHeader(
  to: AgeRecipients,
  { rootKeyFingerprint }: AgeStatement,
): Promise<{ readonly header: Uint8Array; readonly fileKey: Uint8Array }> {
  const encrypter = new Encrypter()
  if ('passphrase' in to) encrypter.addRecipient(scryptRecipient(to.passphrase))
  else {
    if (to.length === 0) throw AgeRecipientInvalid({ reason: 'there is none to encrypt to' })
    for (const recipient of new Set(to.map(parseRecipient))) encrypter.addRecipient(recipient)
  }
  // The library hands the file's key to every recipient; this one keeps it, and has no secret to add.
  let fileKey: Uint8Array | undefined
  encrypter.addRecipient({
    wrapFileKey: (key) => {
      fileKey = new Uint8Array(key)
      return rootKeyFingerprint === undefined || 'passphrase' in to
        ? []
        : [new Stanza([rootKeyStanza, rootKeyFingerprint], new Uint8Array())]
    },
  })
  const empty = await encrypter.encrypt(new Uint8Array())
  if (!fileKey) throw new Error('age kept its key to itself')
  return { header: empty.subarray(0, empty.length - payloadNonceBytes - tagBytes), fileKey }
}

function decrypterFor(using: AgeIdentities): Decrypter {
  const decrypter = new Decrypter()
  if ('passphrase' in using) decrypter.addIdentity(scryptIdentity(using.passphrase))
  else {
    if (using.length === 0) throw AgeIdentityInvalid({})
    for (const identity of using.flatMap(parseIdentities)) decrypter.addIdentity(identity)
  }
  return decrypter
}

async function fileKeyOf(decrypter: Decrypter, header: Uint8Array): Promise<Uint8Array> {
  try {
    return await decrypter.decryptHeader(header)
  } catch (cause) {
    if (AgeDamaged.is(cause) || AgePassphraseWrong.is(cause)) throw cause
    const said = cause instanceof Error ? cause.message : ''
    if (said.startsWith('no identity matched')) throw AgeNotForUs({})
    throw damaged('its header was altered', cause)
  }
}

const scrypt = promisify<string, Uint8Array, number, ScryptOptions, Buffer>(scryptWithCallback)
const scryptLabel = 'age-encryption.org/v1/scrypt'
const workFactor = 18
// Of a file from elsewhere: 1 GiB of memory, and no more.
const maxWorkFactor = 20

/** The library's own would hold up the event loop for a second and more. */
async function passphraseKey(
  passphrase: string,
  salt: Uint8Array,
  logN: number,
): Promise<Uint8Array> {
  const n = 2 ** logN
  return await scrypt(passphrase, Buffer.concat([Buffer.from(scryptLabel), salt]), 32, {
    N: n,
    r: 8,
    p: 1,
    maxmem: 129 * 8 * n + 1024 * 1024,
  })
}

const noNonce = new Uint8Array(12)
const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replace(/=+$/, '')

const scryptRecipient = (passphrase: string): Recipient => ({
  wrapFileKey: async (fileKey) => {
    const salt = randomBytes(16)
    const key = await passphraseKey(passphrase, salt, workFactor)
    return [
      new Stanza(['scrypt', base64(salt), String(workFactor)], sealOne(key, noNonce, fileKey)),
    ]
  },
})

const scryptIdentity = (passphrase: string): Identity => ({
  unwrapFileKey: async (stanzas) => {
    const [first] = stanzas
    // By the format it stands alone: somebody else's recipient beside it would show who else can read it.
    if (!stanzas.some(({ args }) => args[0] === 'scrypt')) return null
    const [, salt = '', logN = ''] = first?.args ?? []
    const isWhole =
      first !== undefined &&
      stanzas.length === 1 &&
      first.args.length === 3 &&
      first.body.length === 32
    if (!isWhole || !/^[A-Za-z0-9+/]{22}$/.test(salt) || !/^[1-9][0-9]?$/.test(logN)) {
      throw damaged('its header is not as age writes it')
    }
    if (Number(logN) > maxWorkFactor) throw damaged('it asks for more work than any file of ours')
    const key = await passphraseKey(passphrase, Buffer.from(salt, 'base64'), Number(logN))
    const fileKey = openOne(key, noNonce, first.body)
    if (!fileKey) throw AgePassphraseWrong({})
    return fileKey
  },
})

const macLine = Buffer.from('\n--- ')

async function readHeader(
  source: AsyncIterator<Uint8Array>,
): Promise<{ readonly header: Uint8Array; readonly rest: Uint8Array }> {
  let held: Buffer = Buffer.alloc(0)
  for (;;) {
    const mac = held.indexOf(macLine)
    const end = mac < 0 ? -1 : held.indexOf(10, mac + macLine.length)
    if (end >= 0) return { header: held.subarray(0, end + 1), rest: held.subarray(end + 1) }
    if (held.length > maxHeaderBytes) throw damaged('its header has no end')
    const next = await source.next()
    if (next.done)
      throw damaged(held.length === 0 ? 'it is empty' : 'it is no age file, or cut off')
    held = Buffer.concat([held, next.value])
    if (!held.subarray(0, 4).equals(Buffer.from('age-').subarray(0, Math.min(4, held.length)))) {
      throw damaged('it is no age file')
    }
  }
}

/* Payload: STREAM, chunks of 64 KiB, a counter and a mark of the last one as nonce. */

const payloadKey = (fileKey: Uint8Array, nonce: Uint8Array): Uint8Array =>
  hkdf(fileKey, nonce, 'payload')

const cipherName = 'chacha20-poly1305'

function sealOne(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv(cipherName, key, nonce, { authTagLength: tagBytes })
  const body = cipher.update(plaintext)
  cipher.final()
  return new Uint8Array(Buffer.concat([body, cipher.getAuthTag()]))
}

function openOne(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < tagBytes) return undefined
  const end = sealed.length - tagBytes
  const decipher = createDecipheriv(cipherName, key, nonce, { authTagLength: tagBytes })
  decipher.setAuthTag(sealed.subarray(end))
  const body = decipher.update(sealed.subarray(0, end))
  try {
    decipher.final()
    return body
  } catch {
    return undefined // final() throws for this one reason: the tag does not match
  }
}

function chunkNonces(): (isLast: boolean) => Uint8Array {
  let counter = 0n
  return (isLast) => {
    const nonce = Buffer.alloc(12)
    nonce.writeBigUInt64BE(counter, 3)
    nonce[11] = isLast ? 1 : 0
    counter += 1n
    return nonce
  }
}

function sealChunks(key: Uint8Array): (chunk: Uint8Array, isLast: boolean) => Uint8Array {
  const nonceOf = chunkNonces()
  return (chunk, isLast) => sealOne(key, nonceOf(isLast), chunk)
}

function openChunks(key: Uint8Array): (chunk: Uint8Array, isLast: boolean) => Uint8Array {
  const nonceOf = chunkNonces()
  return (chunk, isLast) => {
    const opened = openOne(key, nonceOf(isLast), chunk)
    if (!opened) throw damaged('it was altered, or cut off')
    return opened
  }
}

/* Streams */

async function* fromIterable(
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* parts
}

async function* after(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield first
  yield* rest
}

async function readExactly(
  source: AsyncIterator<Uint8Array>,
  first: Uint8Array,
  count: number,
): Promise<{ readonly head: Uint8Array; readonly tail: Uint8Array }> {
  let held = first
  while (held.length < count) {
    const next = await source.next()
    if (next.done) throw damaged('it is cut off')
    held = Buffer.concat([held, next.value])
  }
  return { head: held.subarray(0, count), tail: held.subarray(count) }
}

interface Chunk {
  readonly bytes: Uint8Array
  readonly isFirst: boolean
  readonly isLast: boolean
}

/** Pieces of one size and a last one, which is empty only when there is nothing at all. Each piece is the caller's. */
async function* inChunks(
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  size: number,
): AsyncGenerator<Chunk, void, undefined> {
  let buffer = Buffer.allocUnsafe(size)
  let used = 0
  let isFirst = true
  for await (const part of parts) {
    let rest = part
    while (rest.length > 0) {
      // A full one is given out only when something follows it: what is last is marked.
      if (used === size) {
        yield { bytes: buffer, isFirst, isLast: false }
        buffer = Buffer.allocUnsafe(size)
        used = 0
        isFirst = false
      }
      const count = Math.min(size - used, rest.length)
      buffer.set(rest.subarray(0, count), used)
      used += count
      rest = rest.subarray(count)
    }
  }
  yield { bytes: buffer.subarray(0, used), isFirst, isLast: true }
}
