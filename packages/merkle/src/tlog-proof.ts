import { FormatError, TrustError } from './format-error.ts'
import { hashBytes } from './hash.ts'
import type { VerifierKey } from './keys.ts'
import { maxNoteBytes, parseNote } from './note.ts'
import { maxPathHashes, verifyInclusion } from './proof.ts'
import { type KeyChain, openTreeCheckpoint, type SignedCheckpoint } from './rotation.ts'
import { decodeBase64, decodeDecimal, encodeBase64, readText } from './text.ts'

/** That a leaf is in a log, as one text: https://c2sp.org/tlog-proof */
export interface TlogProof {
  /** From 0. */
  readonly index: bigint
  /** From the leaf upwards. */
  readonly path: readonly Uint8Array[]
  /** The signed checkpoint as it stands. */
  readonly note: string
  /** Whatever came along; nobody signed it. Ours have none. */
  readonly extra: Uint8Array | undefined
}

const firstLine = 'c2sp.org/tlog-proof@v1'
const maxProofBytes = maxNoteBytes + 64 * 1024

/** Throws FormatError when the parts cannot make one. */
export function formatTlogProof(proof: {
  readonly index: bigint
  readonly path: readonly Uint8Array[]
  readonly note: string
  readonly extra?: Uint8Array | undefined
}): string {
  const { index, path, note, extra } = proof
  const lines = [
    firstLine,
    ...(extra === undefined ? [] : [`extra ${encodeBase64(extra)}`]),
    `index ${index}`,
    ...path.map(encodeBase64),
    '',
    note,
  ]
  const text = lines.join('\n')
  parseTlogProof(text)
  return text
}

/** Takes the one spelling only, the checkpoint's included; verifies nothing. Throws FormatError. */
export function parseTlogProof(input: string | Uint8Array): TlogProof {
  const text = readText(input, maxProofBytes, 'proof')
  const end = text.indexOf('\n\n')
  if (end < 0) throw new FormatError('proof', 'has no empty line before the checkpoint')
  const [version, ...lines] = text.slice(0, end).split('\n')
  if (version !== firstLine) throw new FormatError('proof', `does not begin with ${firstLine}`)
  const extraLine = lines[0]?.startsWith('extra ') ? lines.shift() : undefined
  const extra = extraLine === undefined ? undefined : decodeBase64(extraLine.slice(6))
  if (extraLine !== undefined && (extra === undefined || extra.length === 0))
    throw new FormatError('proof', 'the extra line is not base64')
  const indexLine = lines.shift()
  const index = indexLine?.startsWith('index ') ? decodeDecimal(indexLine.slice(6)) : undefined
  if (index === undefined) throw new FormatError('proof', 'has no index line')
  if (lines.length > maxPathHashes) throw new FormatError('proof', 'has too many hashes')
  const path = lines.map((line) => {
    const hash = decodeBase64(line)
    if (hash?.length !== hashBytes) throw new FormatError('proof', 'a line is not a hash')
    return hash
  })
  const note = text.slice(end + 2)
  parseNote(note)
  return { index, path, note, extra }
}

/**
 * That the leaf is in the log, as a known key says. Throws what `openTreeCheckpoint` throws, and TrustError `proof_invalid`
 * when the hashes do not lead from leaf to root.
 */
export function verifyTlogProof(
  proof: TlogProof,
  leaf: Uint8Array,
  chain: KeyChain,
  witnesses: readonly VerifierKey[] = [],
): SignedCheckpoint {
  const checkpoint = openTreeCheckpoint(proof.note, chain, witnesses)
  const { index, path } = proof
  const { size, root } = checkpoint
  if (!verifyInclusion({ leaf, index, size, path, root }))
    throw new TrustError(
      'proof_invalid',
      'the proof does not lead from the entry to the checkpoint',
    )
  return checkpoint
}
