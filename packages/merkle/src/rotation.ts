import {
  type AccessEpoch,
  type Checkpoint,
  parseCheckpoint,
  parseOrigin,
  parseTreeOrigin,
  readLogExtension,
  type TreeOrigin,
} from './checkpoint.ts'
import { FormatError, TrustError } from './format-error.ts'
import {
  ed25519SignatureBytes,
  parseVerifierKey,
  type Signer,
  type VerifierKey,
  verifierKey,
  verifySignature,
} from './keys.ts'
import { type OpenedNote, openNote, parseNote, type VerifiedSignature } from './note.ts'
import { equalBytes } from './proof.ts'
import { decodeDecimal, readText } from './text.ts'

/** How a signing key hands over to the next (docs/formats/checkpoint.md). */
export interface Rotation {
  /** The statement as it was signed. */
  readonly statement: Uint8Array
  /** Ed25519 by the old key over the statement, 64 bytes. */
  readonly signature: Uint8Array
}

/** What a statement says. */
export interface RotationStatement {
  readonly lineageId: string
  readonly oldKey: VerifierKey
  readonly newKey: VerifierKey
  /**
   * Leaves of the largest tree the old key signed, in the generation of its name: whatever it signs beyond
   * is not the log's.
   */
  readonly lastSize: bigint
}

const firstLine = 'holdfast-key-rotation/v1'
const maxStatementBytes = 2048
/** A chain longer than this is refused: every step costs a signature. */
export const maxRotations = 1024

/** Throws FormatError when the keys are not two of one lineage, in the order of their generations. */
export function formatRotation(
  statement: Pick<RotationStatement, 'oldKey' | 'newKey' | 'lastSize'>,
): Uint8Array {
  const { oldKey, newKey, lastSize } = statement
  const { lineageId } = parseOrigin(oldKey.name)
  const lines = [firstLine, `holdfast/${lineageId}`, oldKey.text, newKey.text, lastSize, '']
  const bytes = new Uint8Array(Buffer.from(lines.join('\n')))
  parseRotation(bytes)
  return bytes
}

/** Throws FormatError. */
export function parseRotation(bytes: Uint8Array): RotationStatement {
  const lines = readText(bytes, maxStatementBytes, 'rotation').split('\n')
  const [version, lineage, oldText = '', newText = '', sizeText = '', end] = lines
  if (lines.length !== 6 || version !== firstLine || end !== '')
    throw new FormatError('rotation', `is not the five lines of ${firstLine}`)
  const [oldKey, newKey] = [parseVerifierKey(oldText), parseVerifierKey(newText)]
  const [from, to] = [parseOrigin(oldKey.name), parseOrigin(newKey.name)]
  if (lineage !== `holdfast/${from.lineageId}` || to.lineageId !== from.lineageId)
    throw new FormatError('rotation', 'lineage and key names differ')
  if (to.generation < from.generation)
    throw new FormatError('rotation', 'the new key is of an earlier generation')
  if (oldKey.type !== 'ed25519' || newKey.type !== 'ed25519')
    throw new FormatError('rotation', 'keys of witnesses do not sign the log')
  if (equalBytes(oldKey.publicKey, newKey.publicKey))
    throw new FormatError('rotation', 'old and new key are the same')
  const lastSize = decodeDecimal(sizeText)
  if (lastSize === undefined) throw new FormatError('rotation', 'the size is not a decimal')
  return { lineageId: from.lineageId, oldKey, newKey, lastSize }
}

/** Hands over from `by`, the old key. Throws FormatError as `formatRotation` does. */
export function signRotation(by: Signer, newKey: VerifierKey, lastSize: bigint): Rotation {
  const statement = formatRotation({ oldKey: by.key, newKey, lastSize })
  return { statement, signature: by.sign(statement) }
}

/** Throws FormatError, and TrustError `rotation_broken` when the old key did not sign it. */
export function openRotation({ statement, signature }: Rotation): RotationStatement {
  const read = parseRotation(statement)
  if (signature.length !== ed25519SignatureBytes)
    throw new FormatError('rotation', 'the signature is not 64 bytes')
  if (!verifySignature(read.oldKey.publicKey, statement, signature))
    throw new TrustError('rotation_broken', 'a key statement is not signed by the old key')
  return read
}

/** A key that signs, or signed, the log of a lineage. */
export interface AcceptedKey {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** As it was pinned or introduced; its name has the generation of that moment. */
  readonly introduced: VerifierKey
  /** How far it is believed; undefined for the present key. */
  readonly until: { readonly generation: number; readonly size: bigint } | undefined
}

/** The keys of a log that are believed, oldest first: the pinned one and those it led to. */
export interface KeyChain {
  readonly lineageId: string
  readonly keys: readonly AcceptedKey[]
}

/**
 * Follows key statements from a pinned key to the present one. `rotations` are oldest first and may begin before the
 * pinned key; those are passed over, for nobody vouches for a key that came before the pinned one. Throws FormatError;
 * TrustError `rotation_broken` for a statement that does not follow, is not signed, or leads back to an earlier key.
 */
export function followRotations(
  pinned: VerifierKey | string,
  rotations: readonly Rotation[],
): KeyChain {
  const introduced = typeof pinned === 'string' ? parseVerifierKey(pinned) : pinned
  if (introduced.type !== 'ed25519')
    throw new FormatError('verifier key', 'is that of a witness, not of a log')
  const { lineageId } = parseOrigin(introduced.name)
  if (rotations.length > maxRotations)
    throw new FormatError('rotation', `are more than ${maxRotations}`)
  const keys: AcceptedKey[] = [{ publicKey: introduced.publicKey, introduced, until: undefined }]
  for (const rotation of rotations) {
    const { oldKey, newKey, lastSize } = parseRotation(rotation.statement)
    const present = keys.at(-1)
    if (present === undefined || !equalBytes(oldKey.publicKey, present.publicKey)) {
      if (keys.length === 1) continue
      throw new TrustError('rotation_broken', 'a key statement does not follow from the one before')
    }
    const statement = openRotation(rotation)
    const { generation } = parseOrigin(oldKey.name)
    if (statement.lineageId !== lineageId)
      throw new TrustError('rotation_broken', 'a key statement is of another lineage')
    if (keys.some((key) => equalBytes(key.publicKey, newKey.publicKey)))
      throw new TrustError('rotation_broken', 'a key statement leads back to an earlier key')
    keys[keys.length - 1] = { ...present, until: { generation, size: lastSize } }
    keys.push({ publicKey: newKey.publicKey, introduced: newKey, until: undefined })
  }
  return { lineageId, keys }
}

/** The key that signs now. */
export function presentKey(chain: KeyChain): AcceptedKey {
  const key = chain.keys.at(-1)
  if (key === undefined) throw new FormatError('verifier key', 'a chain has one key at least')
  return key
}

/** A checkpoint a log vouches for, with the witnesses that vouch for it too. */
export interface SignedCheckpoint extends Checkpoint {
  readonly generation: number
  /** Undefined for the log. */
  readonly access: AccessEpoch | undefined
  readonly signedBy: AcceptedKey
  /** Verified cosignatures of known witnesses. */
  readonly cosignatures: readonly VerifiedSignature[]
  readonly note: OpenedNote
}

/**
 * A checkpoint of this lineage's log, signed by a key that was in office. Throws FormatError; TrustError
 * `origin_foreign` (also for one of ACCESS), `key_unknown`, `key_retired`, `signature_invalid` (the last for a known
 * witness's signature, too).
 */
export function openCheckpoint(
  note: string | Uint8Array,
  chain: KeyChain,
  witnesses: readonly VerifierKey[] = [],
): SignedCheckpoint {
  const opened = openTreeCheckpoint(note, chain, witnesses)
  if (opened.access !== undefined)
    throw new TrustError('origin_foreign', 'the checkpoint is of ACCESS, not of the log')
  return opened
}

/** The same for either tree. Throws what `openCheckpoint` throws. */
export function openTreeCheckpoint(
  note: string | Uint8Array,
  chain: KeyChain,
  witnesses: readonly VerifierKey[] = [],
): SignedCheckpoint {
  const checkpoint = parseCheckpoint(parseNote(note).text)
  const { generation, access } = requireLineage(checkpoint.origin, chain)
  const logSize = access === undefined ? checkpoint.size : readLogExtension(checkpoint.extensions)
  const at = { origin: checkpoint.origin, generation, logSize, what: 'checkpoint' }
  const { opened, signedBy } = openByLogKey(note, at, chain, witnesses)
  const cosignatures = opened.verified.filter(({ key }) => key.type === 'cosignature/v1')
  return { ...checkpoint, generation, access, signedBy, cosignatures, note: opened }
}

/** Whose tree an origin names. Throws TrustError `origin_foreign`. */
export function requireLineage(origin: string, chain: KeyChain): TreeOrigin {
  const found = readOrigin(origin)
  if (found.lineageId !== chain.lineageId)
    throw new TrustError('origin_foreign', 'the checkpoint is of another log')
  return found
}

/** Opens a note some key of the log signed in the name `origin`, when the log had `logSize` leaves. */
export function openByLogKey(
  note: string | Uint8Array,
  at: {
    readonly origin: string
    readonly generation: number
    readonly logSize: bigint
    readonly what: string
  },
  chain: KeyChain,
  witnesses: readonly VerifierKey[] = [],
): { readonly opened: OpenedNote; readonly signedBy: AcceptedKey } {
  const { origin, generation, logSize, what } = at
  const logKeys = chain.keys.map((key) => verifierKey(origin, key.publicKey))
  const opened = openNote(note, [...logKeys, ...witnesses])
  const signers = chain.keys.filter((_, i) =>
    opened.verified.some(({ key }) => key.text === logKeys[i]?.text),
  )
  const signedBy = signers.findLast(({ until }) => isInOffice(until, generation, logSize))
  if (signers.length === 0)
    throw new TrustError('key_unknown', `no known key of the log signed the ${what}`)
  if (signedBy === undefined)
    throw new TrustError('key_retired', `the key that signed the ${what} had handed over before`)
  return { opened, signedBy }
}

const isInOffice = (until: AcceptedKey['until'], generation: number, size: bigint): boolean =>
  until === undefined ||
  generation < until.generation ||
  (generation === until.generation && size <= until.size)

/** An origin of some other software is a foreign log, not a broken checkpoint. */
function readOrigin(origin: string): TreeOrigin {
  try {
    return parseTreeOrigin(origin)
  } catch {
    throw new TrustError('origin_foreign', 'the checkpoint is of another log')
  }
}
