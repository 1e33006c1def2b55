import { createHash } from 'node:crypto'
import { FormatError, parseManifestStatement, parseNote } from '@holdfast/merkle'
import { SourceInvalid } from '../errors.ts'

export interface NamedObject {
  /** Without the root of the lineage. */
  readonly key: string
  /** Hex, of the object as it stands there. */
  readonly sha256: string
  readonly bytes: number
}

/** docs/formats/offsite.md. */
export interface CopyManifest {
  readonly lineageId: string
  readonly generation: number
  readonly rootKeyFingerprint: string
  readonly createdAtUnixMs: number
  readonly lastSequence: bigint
  /** Hex; empty where it is not known. */
  readonly lastHash: string
  readonly recipients: readonly string[]
  readonly missing: readonly string[]
  readonly release: string
  readonly objects: ReadonlyMap<string, NamedObject>
  /** A note whose text states the SHA-256 of all that is before it; who signed is judged when the log was read. */
  readonly signature: string
}

const format = 'holdfast-offsite/v1'
const maxBytes = 512 * 1024 * 1024

/** Throws full_restore.source_invalid, naming `part`. */
export function readCopyManifest(part: string, bytes: Buffer): CopyManifest {
  const bad = (reason: string, cause?: unknown) => SourceInvalid({ part, reason }, cause)
  if (bytes.length > maxBytes) throw bad('it is larger than a manifest can be')
  const end = bytes.lastIndexOf(10, bytes.length - 2)
  if (bytes.at(-1) !== 10 || end < 0) throw bad('its last line has no end')
  const signature = textIn(lineOf(bytes.subarray(end + 1), bad), 'signature')
  if (signature === undefined) throw bad('nobody signed it')
  try {
    const { sha256 } = parseManifestStatement(parseNote(signature).text)
    const found = createHash('sha256')
      .update(bytes.subarray(0, end + 1))
      .digest()
    if (!found.equals(sha256)) throw bad('it is not what was signed')
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw bad(`its signature cannot be read: ${error.message}`, error)
  }
  const [first = '', ...lines] = bytes.toString('utf8', 0, end).split('\n')
  const head = lineOf(Buffer.from(first), bad)
  if (head['format'] !== format) throw bad('its format is not known here')
  const objects = lines.map((line) => objectIn(lineOf(Buffer.from(line), bad), bad))
  if (head['objects'] !== objects.length)
    throw bad(`it tells of ${String(head['objects'])} objects and names ${objects.length}`)
  const required = (name: string, pattern: RegExp): string => {
    const value = textIn(head, name)
    if (value === undefined || !pattern.test(value)) throw bad(`it says nothing of ${name}`)
    return value
  }
  const createdAtUnixMs = Date.parse(required('created_at', /^\d{4}-/))
  const { generation } = head
  if (typeof generation !== 'number' || !Number.isSafeInteger(generation) || generation < 1)
    throw bad('it says nothing of generation')
  return {
    lineageId: required('lineage', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    generation,
    rootKeyFingerprint: required('root_key_fingerprint', /^[0-9a-f]{32}$/),
    createdAtUnixMs,
    lastSequence: BigInt(required('last_sequence', /^\d{1,19}$/)),
    lastHash: required('last_hash', /^([0-9a-f]{64})?$/),
    recipients: texts(head['recipients']),
    missing: texts(head['missing']),
    release: required('release', /^[0-9A-Za-z.+-]{1,64}$/),
    objects: new Map(objects.map((one) => [one.key, one])),
    signature,
  }
}

type Bad = (reason: string, cause?: unknown) => Error
type Fields = Readonly<Record<string, unknown>>

function lineOf(bytes: Buffer, bad: Bad): Fields {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof value === 'object' && value !== null) return { ...value }
  } catch (cause) {
    throw bad('a line of it is no JSON', cause)
  }
  throw bad('a line of it is no object')
}

const textIn = (fields: Fields, name: string): string | undefined => {
  const value = fields[name]
  return typeof value === 'string' ? value : undefined
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []

function objectIn(fields: Fields, bad: Bad): NamedObject {
  const [key, sha256] = [textIn(fields, 'key'), textIn(fields, 'sha256')]
  const { bytes } = fields
  if (key === undefined || sha256 === undefined || !/^[0-9a-f]{64}$/.test(sha256))
    throw bad('an object in it has no name or no sum')
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0)
    throw bad('an object in it has no size')
  return { key, sha256, bytes }
}
