import { FormatError, parseCheckpoint, parseNote } from '@holdfast/merkle'
import { SourceInvalid } from '../errors.ts'

/** What a note of a checkpoint says. Throws full_restore.source_invalid. */
export function statedIn(part: string, note: string) {
  try {
    return parseCheckpoint(parseNote(note).text)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw SourceInvalid({ part, reason: `it is no checkpoint: ${error.message}` }, error)
  }
}
