import { type Origin, parseOrigin } from './checkpoint.ts'
import { printRotations, readRotations } from './entry-proof.ts'
import { FormatError } from './format-error.ts'
import { emptyRoot, hashBytes, type Leaf } from './hash.ts'
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
  | {
      readonly type: 'end'
      readonly entries: bigint
      readonly checkpoints: bigint
      /** SHA-256 of all lines before, newlines included. Anybody can compute it: it is there for accidents. */
      readonly digest: Uint8Array
    }

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
        sha256: encodeBase64(line.digest),
      })
  }
}

/** Of a line without its newline. Refuses every other spelling of the same. Throws FormatError. */
export function parseBundleLine(text: string): BundleLine {
  if (text.startsWith(entryStart)) return readEntry(text)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new FormatError('bundle', 'the line is not JSON')
  }
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : ''
  const line = readOther(value, type)
  if (formatBundleLine(line) !== text) throw notCanonical()
  return line
}

const notCanonical = () => new FormatError('bundle', 'the line is spelled differently')
const read = fieldsOf('bundle')

const entryStart = '{"type":"entry","sequence":'

const entryLine = (entry: Leaf, payload: string, leafHash: string): string =>
  `${entryStart}"${entry.sequence}","subject":${JSON.stringify(entry.subject)},"messageId":${JSON.stringify(entry.messageId)},"payload":"${payload}","leafHash":"${leafHash}"}`

/** Nearly all lines are entries, in the one spelling: taken apart by hand in half the time JSON.parse takes. */
function readEntry(text: string): BundleLine {
  let at = entryStart.length
  const string = (before: string): string => {
    if (!text.startsWith(before, at)) throw notCanonical()
    const start = at + before.length
    const end = stringEnd(text, start)
    at = end
    return text.slice(start, end)
  }
  const sequence = plain(string(''), 'sequence')
  const subject = unquote(string(',"subject":'))
  const messageId = unquote(string(',"messageId":'))
  const payload = plain(string(',"payload":'), 'payload')
  const leafHash = read.base64(plain(string(',"leafHash":'), 'leafHash'), 'leafHash')
  if (text.slice(at) !== '}') throw notCanonical()
  if (leafHash.length !== hashBytes) throw new FormatError('bundle', 'leafHash is not a hash')
  const entry = {
    sequence: read.decimal(sequence, 'sequence'),
    subject: read.text(subject, 'subject'),
    messageId: read.text(messageId, 'messageId'),
    payload: read.base64(payload, 'payload'),
  }
  return { type: 'entry', entry, leafHash }
}

/** Behind the closing quote of the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  if (text[start] !== '"') throw notCanonical()
  let end = text.indexOf('"', start + 1)
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  if (end < 0) throw new FormatError('bundle', 'the line is not JSON')
  return end + 1
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0
  while (text[at - 1 - slashes] === '\\') slashes += 1
  return slashes % 2 === 1
}

const plain = (quoted: string, field: string): string => {
  if (quoted.includes('\\')) throw new FormatError('bundle', `${field} is spelled differently`)
  return quoted.slice(1, -1)
}

/** Nothing that JSON spells otherwise, as in every subject and message id of ours. */
const plainText = /^"[ !#-[\]-~]*"$/

function unquote(quoted: string): string {
  if (plainText.test(quoted)) return quoted.slice(1, -1)
  let value: unknown
  try {
    value = JSON.parse(quoted)
  } catch {
    throw new FormatError('bundle', 'the line is not JSON')
  }
  if (typeof value !== 'string' || JSON.stringify(value) !== quoted) throw notCanonical()
  return value
}

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
      const fields = readObject(value, ['type', 'entries', 'checkpoints', 'sha256'], 'bundle')
      const entries = read.decimal(fields.entries, 'entries')
      const checkpoints = read.decimal(fields.checkpoints, 'checkpoints')
      const [digest = emptyRoot] = read.hashes([fields.sha256], 'sha256', 1)
      return { type, entries, checkpoints, digest }
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
