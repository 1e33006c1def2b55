import { parseTreeOrigin } from './checkpoint.ts'
import { FormatError, TrustError } from './format-error.ts'
import { hashBytes } from './hash.ts'
import type { Signer } from './keys.ts'
import { parseNote, signNote } from './note.ts'
import { type AcceptedKey, type KeyChain, openByLogKey, requireLineage } from './rotation.ts'
import { decodeBase64, decodeDecimal, encodeBase64 } from './text.ts'

/** That a manifest of a backup is the log's own (docs/formats/offsite.md). */
export interface ManifestStatement {
  /** Of the log: `holdfast/<lineage>/<generation>`. */
  readonly origin: string
  /** Of the manifest's bytes, 32. */
  readonly sha256: Uint8Array
  readonly signedAtUnixMs: number
  /** Leaves of the log's last checkpoint when it was signed. */
  readonly logSize: bigint
}

const firstLine = 'holdfast-manifest/v1'
const maxTime = 8_640_000_000_000_000n

/** The text that is signed. Throws FormatError when the parts cannot make one. */
export function formatManifestStatement(statement: ManifestStatement): string {
  const { origin, sha256, signedAtUnixMs, logSize } = statement
  const text = [
    firstLine,
    origin,
    `sha256 ${encodeBase64(sha256)}`,
    `signed ${signedAtUnixMs}`,
    `log ${logSize}`,
    '',
  ].join('\n')
  parseManifestStatement(text)
  return text
}

/** Of the text of a note. Throws FormatError. */
export function parseManifestStatement(text: string): ManifestStatement {
  const lines = text.split('\n')
  const [version, origin = '', hash = '', signed = '', log = '', end] = lines
  const refuse = (why: string) => new FormatError('manifest', why)
  if (lines.length !== 6 || version !== firstLine || end !== '')
    throw refuse(`is not the five lines of ${firstLine}`)
  if (parseTreeOrigin(origin).access !== undefined) throw refuse('is not of the log')
  const sha256 = hash.startsWith('sha256 ') ? decodeBase64(hash.slice(7)) : undefined
  if (sha256?.length !== hashBytes) throw refuse('the SHA-256 is none')
  const at = signed.startsWith('signed ') ? decodeDecimal(signed.slice(7)) : undefined
  const logSize = log.startsWith('log ') ? decodeDecimal(log.slice(4)) : undefined
  if (at === undefined || at > maxTime || logSize === undefined) throw refuse('a number is none')
  return { origin, sha256, signedAtUnixMs: Number(at), logSize }
}

export const signManifest = (statement: ManifestStatement, by: Signer): string =>
  signNote(formatManifestStatement(statement), by)

/**
 * What a key of the log vouches for. Throws FormatError; TrustError `origin_foreign`, `key_unknown`, `key_retired`,
 * `signature_invalid`.
 */
export function openManifestStatement(
  note: string | Uint8Array,
  chain: KeyChain,
): ManifestStatement & { readonly signedBy: AcceptedKey } {
  const statement = parseManifestStatement(parseNote(note).text)
  const { origin, logSize } = statement
  const { generation } = requireLineage(origin, chain)
  const at = { origin, generation, logSize, what: 'manifest' }
  const { opened, signedBy } = openByLogKey(note, at, chain)
  if (opened.text !== formatManifestStatement(statement))
    throw new TrustError('signature_invalid', 'the statement is spelled otherwise')
  return { ...statement, signedBy }
}
