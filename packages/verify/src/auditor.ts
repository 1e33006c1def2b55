import {
  FormatError,
  type KnownTree,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  type VerifierKey,
} from '@holdfast/merkle'
import { UsageError } from './arguments.ts'

/** What the one who verifies brings along and trusts. */
export interface Auditor {
  /** Keys of the log, as it was given out with; none: that of the evidence is taken. */
  readonly keys: readonly VerifierKey[]
  readonly witnesses: readonly VerifierKey[]
  /** How many of the witnesses have to have cosigned. */
  readonly witnessesNeeded: number
  /** Checkpoints kept from earlier, each with where it came from. */
  readonly known: readonly (KnownTree & { readonly source: string })[]
  readonly allowsUnpinned: boolean
}

/** A file with one verifier key a line; empty lines and those that begin with # are passed over. Throws a UsageError. */
export function parseKeys(
  text: string,
  type: VerifierKey['type'],
  source: string,
): readonly VerifierKey[] {
  const lines = text.split('\n').map((line) => line.trim())
  const keys = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      try {
        return parseVerifierKey(line)
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
        throw new UsageError(`${source} holds no verifier key: ${error.reason}`)
      }
    })
  if (keys.length === 0) throw new UsageError(`${source} holds no verifier key`)
  const wrong = keys.find((key) => key.type !== type)
  if (wrong)
    throw new UsageError(
      type === 'ed25519'
        ? `${source} holds the key of a witness; --key takes that of the log`
        : `${source} holds the key of a log; --witness takes that of a witness`,
    )
  return keys
}

/** A checkpoint the auditor kept: trusted as it stands. Throws a UsageError. */
export function parseKnown(note: string, source: string): Auditor['known'][number] {
  try {
    const { origin, size, root } = parseCheckpoint(parseNote(note).text)
    return { origin, size, root, source }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw new UsageError(`${source} is no checkpoint: ${error.reason}`)
  }
}
