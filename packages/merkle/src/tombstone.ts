import { firstOf, parseTreeOrigin } from './checkpoint.ts'
import { FormatError, TrustError } from './format-error.ts'
import { hashBytes } from './hash.ts'
import type { Signer } from './keys.ts'
import { parseNote, signNote } from './note.ts'
import { type AcceptedKey, type KeyChain, openByLogKey, requireLineage } from './rotation.ts'
import { decodeBase64, decodeDecimal, encodeBase64 } from './text.ts'

export const tombstoneReasons = [
  // Older than the retention.
  'expired',
  // The stream had dropped them before the archive read them.
  'never_archived',
] as const
export type TombstoneReason = (typeof tombstoneReasons)[number]

/** That the content of some records of ACCESS is gone on purpose, and what their leaves were (docs/formats/tombstone.md). */
export interface Tombstone {
  /** Of the tree: `holdfast/<lineage>/<generation>/access/<epoch>`. */
  readonly origin: string
  /** Sequences, both included. */
  readonly first: bigint
  readonly last: bigint
  /** Tree hash over the leaves of these alone, 32 bytes. */
  readonly root: Uint8Array
  readonly droppedAtUnixMs: number
  /** When the newest of them was stored; 0 where nobody knows. */
  readonly newestAtUnixMs: number
  readonly reason: TombstoneReason
  /** Leaves of the log's last checkpoint when it was signed. */
  readonly logSize: bigint
}

const firstLine = 'holdfast-tombstone/v1'
const maxTime = 8_640_000_000_000_000

/** The text that is signed. Throws FormatError when the parts cannot make one. */
export function formatTombstone(tombstone: Tombstone): string {
  const { origin, first, last, root, droppedAtUnixMs, newestAtUnixMs, reason, logSize } = tombstone
  const text = [
    firstLine,
    origin,
    `${first} ${last}`,
    encodeBase64(root),
    `dropped ${droppedAtUnixMs}`,
    `newest ${newestAtUnixMs}`,
    `reason ${reason}`,
    `log ${logSize}`,
    '',
  ].join('\n')
  parseTombstone(text)
  return text
}

/** Of the text of a note. Throws FormatError. */
export function parseTombstone(text: string): Tombstone {
  const lines = text.split('\n')
  const [version, origin = '', range = '', rootText = '', dropped, newest, why, log, end] = lines
  if (lines.length !== 9 || version !== firstLine || end !== '')
    throw new FormatError('tombstone', `is not the eight lines of ${firstLine}`)
  const tree = parseTreeOrigin(origin)
  if (tree.access === undefined) throw new FormatError('tombstone', 'is not about ACCESS')
  const [firstText = '', lastText = '', more] = range.split(' ')
  const [first, last] = [decodeDecimal(firstText), decodeDecimal(lastText)]
  if (first === undefined || last === undefined || more !== undefined)
    throw new FormatError('tombstone', 'the range is not two decimals')
  if (first < firstOf(tree) || last < first)
    throw new FormatError('tombstone', 'the range is none of its tree')
  const root = decodeBase64(rootText)
  if (root?.length !== hashBytes) throw new FormatError('tombstone', 'the root is not a hash')
  const reason = tombstoneReasons.find((one) => why === `reason ${one}`)
  if (reason === undefined) throw new FormatError('tombstone', 'the reason is not known')
  return {
    origin,
    first,
    last,
    root,
    droppedAtUnixMs: Number(numberBehind(dropped, 'dropped', maxTime)),
    newestAtUnixMs: Number(numberBehind(newest, 'newest', maxTime)),
    reason,
    logSize: numberBehind(log, 'log'),
  }
}

export const signTombstone = (tombstone: Tombstone, by: Signer): string =>
  signNote(formatTombstone(tombstone), by)

/**
 * What a key of the log vouches for. Throws FormatError; TrustError `origin_foreign`, `key_unknown`, `key_retired`,
 * `signature_invalid`.
 */
export function openTombstone(
  note: string | Uint8Array,
  chain: KeyChain,
): Tombstone & { readonly signedBy: AcceptedKey } {
  const tombstone = parseTombstone(parseNote(note).text)
  const { origin, logSize } = tombstone
  const { generation } = requireLineage(origin, chain)
  const at = { origin, generation, logSize, what: 'tombstone' }
  const { opened, signedBy } = openByLogKey(note, at, chain)
  if (opened.text !== formatTombstone(tombstone))
    throw new TrustError('signature_invalid', 'the tombstone is spelled otherwise')
  return { ...tombstone, signedBy }
}

function numberBehind(line: string | undefined, name: string, most?: number): bigint {
  const value = line?.startsWith(`${name} `)
    ? decodeDecimal(line.slice(name.length + 1))
    : undefined
  if (value === undefined || (most !== undefined && value > BigInt(most)))
    throw new FormatError('tombstone', `has no number behind ${name}`)
  return value
}
