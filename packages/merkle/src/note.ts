import { FormatError, TrustError } from './format-error.ts'
import {
  ed25519SignatureBytes,
  isKeyName,
  type Signer,
  type VerifierKey,
  verifySignature,
} from './keys.ts'
import { decodeBase64, encodeBase64, readText } from './text.ts'

/** A whole note, signatures included; larger ones are refused. */
export const maxNoteBytes = 256 * 1024
/** C2SP wants 16 at least: a fleet of nodes may cosign. */
export const maxNoteSignatures = 1024
/** Of one signature line, key id included: room for post-quantum ones that are passed over. */
const maxSignatureBytes = 8 * 1024

/** Text and the signatures under it, none verified: https://c2sp.org/signed-note */
export interface Note {
  /** Ends with a newline. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

export interface NoteSignature {
  readonly name: string
  /** u32 */
  readonly keyId: number
  /** What follows the key id. */
  readonly bytes: Uint8Array
}

/** A note some known key vouches for. */
export interface OpenedNote {
  readonly text: string
  /** At least one. */
  readonly verified: readonly VerifiedSignature[]
  /** Of keys nobody asked about. */
  readonly unknown: readonly NoteSignature[]
}

export interface VerifiedSignature {
  readonly key: VerifierKey
  /** When a witness signed, Unix seconds; undefined for plain signatures. */
  readonly timeSeconds: bigint | undefined
  readonly signature: NoteSignature
}

/** Refuses everything but the one spelling of a note. Throws FormatError. */
export function parseNote(input: string | Uint8Array): Note {
  const note = readText(input, maxNoteBytes, 'note')
  if (hasControls(note)) throw new FormatError('note', 'has control characters')
  const end = note.lastIndexOf('\n\n')
  if (end < 0) throw new FormatError('note', 'has no empty line before the signatures')
  if (!note.endsWith('\n')) throw new FormatError('note', 'does not end with a newline')
  const lines = note.slice(end + 2, -1).split('\n')
  if (lines.length > maxNoteSignatures)
    throw new FormatError('note', `has more than ${maxNoteSignatures} signatures`)
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignatureLine) }
}

/** Throws FormatError when the parts cannot make a note. */
export function formatNote(note: Note): string {
  const text = `${note.text}\n${note.signatures.map(formatSignatureLine).join('')}`
  const { text: read, signatures } = parseNote(text)
  // A text or a name that holds what separates them would come back as something else.
  if (read !== note.text || signatures.length !== note.signatures.length)
    throw new FormatError('note', 'the text cannot be that of a note')
  return text
}

/** `— <name> <base64 of key id and signature>`, with its newline. */
export function formatSignatureLine({ name, keyId, bytes }: NoteSignature): string {
  const id = Buffer.alloc(4)
  id.writeUInt32BE(keyId)
  return `— ${name} ${encodeBase64(Buffer.concat([id, bytes]))}\n`
}

const linePattern = /^— ([^ ]+) ([A-Za-z0-9+/]+={0,2})$/u

/** With or without its newline. Throws FormatError. */
export function parseSignatureLine(input: string): NoteSignature {
  const line = input.endsWith('\n') ? input.slice(0, -1) : input
  const [, name, encoded] = linePattern.exec(line) ?? []
  if (name === undefined || encoded === undefined || !isKeyName(name))
    throw new FormatError('note', 'a signature line is not <em dash> <name> <base64>')
  const decoded = decodeBase64(encoded)
  if (decoded === undefined || decoded.length <= 4 || decoded.length > maxSignatureBytes)
    throw new FormatError('note', 'a signature cannot be one')
  const keyId = Buffer.from(decoded.buffer, decoded.byteOffset, 4).readUInt32BE()
  return { name, keyId, bytes: decoded.subarray(4) }
}

/** A plain signature of a text. `text` ends with a newline. */
export function signText(text: string, by: Signer): NoteSignature {
  if (by.key.type !== 'ed25519') throw new FormatError('signing key', 'is one of a witness')
  return { name: by.key.name, keyId: by.key.keyId, bytes: by.sign(Buffer.from(text)) }
}

/** The text with plain signatures under it. Throws FormatError. */
export const signNote = (text: string, ...signers: readonly Signer[]): string =>
  formatNote({ text, signatures: signers.map((by) => signText(text, by)) })

/**
 * A witness's signature with its time (https://c2sp.org/tlog-cosignature, Ed25519). It says: this is the
 * largest consistent tree I saw of this log. Throws FormatError for a time out of range.
 */
export function cosignText(text: string, by: Signer, timeSeconds: bigint): NoteSignature {
  if (by.key.type !== 'cosignature/v1') throw new FormatError('signing key', 'is not of a witness')
  if (timeSeconds < 0n || timeSeconds > maxTime) throw new FormatError('note', 'time out of range')
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(timeSeconds)
  const signature = by.sign(cosignedMessage(text, timeSeconds))
  const bytes = new Uint8Array(Buffer.concat([time, signature]))
  return { name: by.key.name, keyId: by.key.keyId, bytes }
}

/** The note with more signatures; one there already, or an older one of the same key, is not kept twice. */
export function addSignatures(note: string, ...more: readonly NoteSignature[]): string {
  const { text, signatures } = parseNote(note)
  const isReplaced = (old: NoteSignature) =>
    more.some((by) => by.name === old.name && by.keyId === old.keyId)
  return formatNote({ text, signatures: [...signatures.filter((s) => !isReplaced(s)), ...more] })
}

/**
 * Verifies what known keys signed and passes over the rest. Throws FormatError; TrustError `signature_invalid` when a
 * known key's signature is wrong, `key_unknown` when no known key signed.
 */
export function openNote(input: string | Uint8Array, keys: readonly VerifierKey[]): OpenedNote {
  const { text, signatures } = parseNote(input)
  const verified: VerifiedSignature[] = []
  const unknown: NoteSignature[] = []
  const seen = new Set<string>()
  for (const signature of signatures) {
    const key = keys.find((k) => k.name === signature.name && k.keyId === signature.keyId)
    if (key === undefined) {
      unknown.push(signature)
      continue
    }
    // Each has to hold, so that a wrong one cannot hide behind a right one; a key counts once.
    const one = verifyNoteSignature(text, signature, key)
    if (!seen.has(key.text)) verified.push(one)
    seen.add(key.text)
  }
  if (verified.length === 0) throw new TrustError('key_unknown', 'no known key signed the note')
  return { text, verified, unknown }
}

/** One signature by the key it names. Throws TrustError `signature_invalid`. */
export function verifyNoteSignature(
  text: string,
  signature: NoteSignature,
  key: VerifierKey,
): VerifiedSignature {
  const { bytes } = signature
  const fail = () => new TrustError('signature_invalid', `the signature of ${key.name} is wrong`)
  if (signature.name !== key.name || signature.keyId !== key.keyId) throw fail()
  if (key.type === 'ed25519') {
    if (!verifySignature(key.publicKey, Buffer.from(text), bytes)) throw fail()
    return { key, timeSeconds: undefined, signature }
  }
  if (bytes.length !== 8 + ed25519SignatureBytes) throw fail()
  const timeSeconds = Buffer.from(bytes.buffer, bytes.byteOffset, 8).readBigUInt64BE()
  if (timeSeconds > maxTime) throw fail()
  const message = cosignedMessage(text, timeSeconds)
  if (!verifySignature(key.publicKey, message, bytes.subarray(8))) throw fail()
  return { key, timeSeconds, signature }
}

const maxTime = (1n << 63n) - 1n

const cosignedMessage = (text: string, timeSeconds: bigint): Uint8Array =>
  Buffer.from(`cosignature/v1\ntime ${timeSeconds}\n${text}`)

/** Anything below U+0020 but the newline. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const hasControls = (text: string): boolean => /[\u0000-\u0009\u000b-\u001f]/.test(text)
