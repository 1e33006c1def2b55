import { firstOf, parseTreeOrigin } from './checkpoint.ts'
import { FormatError, TrustError } from './format-error.ts'
import { type Leaf, leafHash } from './hash.ts'
import { fieldsOf, parseJson, printHashes, readObject } from './json.ts'
import { parseVerifierKey, type VerifierKey } from './keys.ts'
import { maxPathHashes, verifyConsistency } from './proof.ts'
import {
  type KeyChain,
  maxRotations,
  openTreeCheckpoint,
  type Rotation,
  type SignedCheckpoint,
} from './rotation.ts'
import { encodeBase64, readText } from './text.ts'
import { formatTlogProof, parseTlogProof, type TlogProof, verifyTlogProof } from './tlog-proof.ts'

/** An entry with all it takes to verify it, given a key one trusts (docs/formats/proof.md). */
export interface EntryProof {
  readonly entry: Leaf
  readonly proof: TlogProof
  /** The first key of the log: where `rotations` begin. A claim, not something to trust. */
  readonly firstKey: VerifierKey
  readonly rotations: readonly Rotation[]
}

/** Two checkpoints and why the later one follows from the earlier (docs/formats/proof.md). */
export interface ConsistencyProof {
  /** Signed notes. */
  readonly from: string
  readonly to: string
  readonly path: readonly Uint8Array[]
  readonly firstKey: VerifierKey
  readonly rotations: readonly Rotation[]
}

const entryFormat = 'holdfast-entry/v1'
const keysFormat = 'holdfast-keys/v1'
const consistencyFormat = 'holdfast-consistency/v1'
/** A payload of 8 MiB in base64, and the rest. */
const maxEntryBytes = 16 * 1024 * 1024

/** JSON, two spaces deep, ending with a newline. */
export const formatEntryProof = ({ entry, proof, firstKey, rotations }: EntryProof): string =>
  print({
    format: entryFormat,
    entry: {
      sequence: entry.sequence.toString(),
      subject: entry.subject,
      messageId: entry.messageId,
      payload: encodeBase64(entry.payload),
    },
    proof: formatTlogProof(proof),
    firstKey: firstKey.text,
    rotations: printRotations(rotations),
  })

/** Any order of fields and any white space, but no field more or less. Throws FormatError. */
export function parseEntryProof(input: string | Uint8Array): EntryProof {
  const keys = ['format', 'entry', 'proof', 'firstKey', 'rotations'] as const
  const value = readDocument(input, keys, entryFormat)
  const names = ['sequence', 'subject', 'messageId', 'payload'] as const
  const entry = readObject(value.entry, names, format)
  return {
    entry: {
      sequence: read.decimal(entry.sequence, 'sequence'),
      subject: read.text(entry.subject, 'subject'),
      messageId: read.text(entry.messageId, 'messageId'),
      payload: read.base64(entry.payload, 'payload'),
    },
    proof: parseTlogProof(read.text(value.proof, 'proof')),
    firstKey: parseVerifierKey(read.text(value.firstKey, 'firstKey')),
    rotations: readRotations(value.rotations),
  }
}

/**
 * That the entry is in the log, or the record in ACCESS, at its own sequence. Throws what `verifyTlogProof` throws. The chain is the caller's:
 * `followRotations(pinned, document.rotations)`.
 */
export function verifyEntryProof(
  { entry, proof }: EntryProof,
  chain: KeyChain,
  witnesses: readonly VerifierKey[] = [],
): SignedCheckpoint {
  const checkpoint = verifyTlogProof(proof, leafHash(entry), chain, witnesses)
  if (proof.index !== entry.sequence - firstOf(parseTreeOrigin(checkpoint.origin)))
    throw new TrustError('proof_invalid', 'the proof is for another sequence')
  return checkpoint
}

export const formatConsistencyProof = (of: ConsistencyProof): string =>
  print({
    format: consistencyFormat,
    from: of.from,
    to: of.to,
    path: printHashes(of.path),
    firstKey: of.firstKey.text,
    rotations: printRotations(of.rotations),
  })

/** Throws FormatError. */
export function parseConsistencyProof(input: string | Uint8Array): ConsistencyProof {
  const keys = ['format', 'from', 'to', 'path', 'firstKey', 'rotations'] as const
  const value = readDocument(input, keys, consistencyFormat)
  return {
    from: read.text(value.from, 'from'),
    to: read.text(value.to, 'to'),
    path: read.hashes(value.path, 'path', maxPathHashes + 1),
    firstKey: parseVerifierKey(read.text(value.firstKey, 'firstKey')),
    rotations: readRotations(value.rotations),
  }
}

/**
 * That both checkpoints are of one log and generation and the later only adds. Throws what `openCheckpoint` throws, and
 * TrustError `proof_invalid`.
 */
export function verifyConsistencyProof(
  proof: ConsistencyProof,
  chain: KeyChain,
  witnesses: readonly VerifierKey[] = [],
): { readonly from: SignedCheckpoint; readonly to: SignedCheckpoint } {
  const from = openTreeCheckpoint(proof.from, chain, witnesses)
  const to = openTreeCheckpoint(proof.to, chain, witnesses)
  if (from.origin !== to.origin)
    throw new TrustError('origin_foreign', 'the checkpoints are of two generations')
  const claim = { fromSize: from.size, fromRoot: from.root, toSize: to.size, toRoot: to.root }
  if (!verifyConsistency({ ...claim, path: proof.path }))
    throw new TrustError('proof_invalid', 'the later checkpoint does not follow from the earlier')
  return { from, to }
}

/** The keys of a log where no entries of it are, for example beside the archive of ACCESS. A claim, as in a proof. */
export interface KeyList {
  readonly firstKey: VerifierKey
  /** Oldest first. */
  readonly rotations: readonly Rotation[]
}

export const formatKeyList = ({ firstKey, rotations }: KeyList): string =>
  print({ format: keysFormat, firstKey: firstKey.text, rotations: printRotations(rotations) })

/** Throws FormatError. */
export function parseKeyList(input: string | Uint8Array): KeyList {
  const value = readDocument(input, ['format', 'firstKey', 'rotations'], keysFormat)
  return {
    firstKey: parseVerifierKey(read.text(value.firstKey, 'firstKey')),
    rotations: readRotations(value.rotations),
  }
}

const format = 'entry proof'
const read = fieldsOf(format)

const print = (value: object): string => `${JSON.stringify(value, null, 2)}\n`

export const printRotations = (rotations: readonly Rotation[]) =>
  rotations.map(({ statement, signature }) => ({
    statement: Buffer.from(statement).toString('utf8'),
    signature: encodeBase64(signature),
  }))

/** Only their shape: `followRotations` reads what they say. */
export const readRotations = (value: unknown): readonly Rotation[] =>
  read.list(value, 'rotations', maxRotations).map((one) => {
    const { statement, signature } = readObject(one, ['statement', 'signature'], format)
    return {
      statement: new Uint8Array(Buffer.from(read.text(statement, 'statement'))),
      signature: read.base64(signature, 'signature'),
    }
  })

function readDocument<K extends string>(
  input: string | Uint8Array,
  keys: readonly (K | 'format')[],
  name: string,
): Readonly<Record<K | 'format', unknown>> {
  const value = readObject(parseJson(readText(input, maxEntryBytes, format), format), keys, format)
  if (value.format !== name) throw new FormatError(format, `is not ${name}`)
  return value
}
