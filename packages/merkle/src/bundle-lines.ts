import { type Origin, parseOrigin } from './checkpoint.ts'
import { printRotations, readRotations } from './entry-proof.ts'
import { FormatError } from './format-error.ts'
import type { Leaf } from './hash.ts'
import { fieldsOf, printHashes, readObject } from './json.ts'
import { parseVerifierKey, type VerifierKey } from './keys.ts'
import { maxPathHashes } from './proof.ts'
import type { Rotation } from './rotation.ts'
import { encodeBase64 } from './text.ts'

/** The first line of a bundle (docs/formats/bundle.md). */
export interface BundleHeader extends Origin {
  /** Sequences the bundle claims to hold; `last` is `first` − 1 when none. */
  readonly first: bigint
  readonly last: bigint
  /** The tree of the `first` − 1 leaves before: full subtrees, largest first. */
  readonly left: readonly Uint8Array[]
  /** The first key of the log, where `rotations` begin: a claim. */
  readonly firstKey: VerifierKey
  readonly rotations: readonly Rotation[]
}

export type BundleLine =
  | { readonly type: 'header'; readonly header: BundleHeader }
  | { readonly type: 'entry'; readonly entry: Leaf; readonly leafHash: Uint8Array }
  | { readonly type: 'checkpoint'; readonly note: string; readonly path: readonly Uint8Array[] }
  | { readonly type: 'end'; readonly entries: bigint; readonly checkpoints: bigint }

export const bundleFormat = 'holdfast-bundle/v1'
/** A payload of 8 MiB in base64, and the rest; without the newline. */
export const maxBundleLineBytes = 16 * 1024 * 1024

/** One line without its newline: the only spelling there is. */
export function formatBundleLine(line: BundleLine): string {
  switch (line.type) {
    case 'header': {
      const { lineageId, generation, first, last, left, firstKey, rotations } = line.header
      return JSON.stringify({
        type: 'header',
        format: bundleFormat,
        origin: `holdfast/${lineageId}/${generation}`,
        first: first.toString(),
        last: last.toString(),
        left: printHashes(left),
        firstKey: firstKey.text,
        rotations: printRotations(rotations),
      })
    }
    case 'entry':
      return entryLine(line.entry, encodeBase64(line.entry.payload), encodeBase64(line.leafHash))
    case 'checkpoint':
      return JSON.stringify({ type: 'checkpoint', note: line.note, path: printHashes(line.path) })
    case 'end':
      return JSON.stringify({
        type: 'end',
        entries: line.entries.toString(),
        checkpoints: line.checkpoints.toString(),
      })
  }
}

/** Of a line without its newline. Refuses every other spelling of the same. Throws FormatError. */
export function parseBundleLine(text: string): BundleLine {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new FormatError('bundle', 'the line is not JSON')
  }
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : ''
  const line = type === 'entry' ? readEntry(value, text) : readOther(value, type)
  if (line.type !== 'entry' && formatBundleLine(line) !== text) throw notCanonical()
  return line
}

const notCanonical = () => new FormatError('bundle', 'the line is spelled differently')
const read = fieldsOf('bundle')

/** Most lines are these: base64 is decoded, never encoded again. */
function readEntry(value: unknown, text: string): BundleLine {
  const names = ['type', 'sequence', 'subject', 'messageId', 'payload', 'leafHash'] as const
  const fields = readObject(value, names, 'bundle')
  const entry = {
    sequence: read.decimal(fields.sequence, 'sequence'),
    subject: read.text(fields.subject, 'subject'),
    messageId: read.text(fields.messageId, 'messageId'),
    payload: read.base64(fields.payload, 'payload'),
  }
  const leafHash = read.base64(fields.leafHash, 'leafHash')
  if (leafHash.length !== 32) throw new FormatError('bundle', 'leafHash is not a hash')
  if (entryLine(entry, String(fields.payload), String(fields.leafHash)) !== text)
    throw notCanonical()
  return { type: 'entry', entry, leafHash }
}

const entryLine = (entry: Leaf, payload: string, leafHash: string): string =>
  `{"type":"entry","sequence":"${entry.sequence}","subject":${JSON.stringify(entry.subject)},"messageId":${JSON.stringify(entry.messageId)},"payload":"${payload}","leafHash":"${leafHash}"}`

function readOther(value: unknown, type: unknown): BundleLine {
  switch (type) {
    case 'header':
      return { type, header: readHeader(value) }
    case 'checkpoint': {
      const fields = readObject(value, ['type', 'note', 'path'], 'bundle')
      const path = read.hashes(fields.path, 'path', maxPathHashes + 1)
      return { type, note: read.text(fields.note, 'note'), path }
    }
    case 'end': {
      const fields = readObject(value, ['type', 'entries', 'checkpoints'], 'bundle')
      const entries = read.decimal(fields.entries, 'entries')
      return { type, entries, checkpoints: read.decimal(fields.checkpoints, 'checkpoints') }
    }
    default:
      throw new FormatError('bundle', 'the line is of no known type')
  }
}

function readHeader(value: unknown): BundleHeader {
  const names = [
    'type',
    'format',
    'origin',
    'first',
    'last',
    'left',
    'firstKey',
    'rotations',
  ] as const
  const fields = readObject(value, names, 'bundle')
  if (fields.format !== bundleFormat) throw new FormatError('bundle', `is not ${bundleFormat}`)
  const first = read.decimal(fields.first, 'first')
  const last = read.decimal(fields.last, 'last')
  if (first < 1n || last < first - 1n) throw new FormatError('bundle', 'the range is no range')
  return {
    ...parseOrigin(read.text(fields.origin, 'origin')),
    first,
    last,
    left: read.hashes(fields.left, 'left', maxPathHashes),
    firstKey: parseVerifierKey(read.text(fields.firstKey, 'firstKey')),
    rotations: readRotations(fields.rotations),
  }
}
