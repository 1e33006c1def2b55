import { formatOrigin, parseOrigin } from './checkpoint.ts'
import { FormatError, TrustError } from './format-error.ts'
import { hashBytes } from './hash.ts'
import type { Signer } from './keys.ts'
import { parseNote, signNote } from './note.ts'
import { type AcceptedKey, type KeyChain, openByLogKey, requireLineage } from './rotation.ts'
import { decodeBase64, decodeDecimal, encodeBase64 } from './text.ts'

/** That a log goes on in another generation: the last word of the old one (docs/formats/restored.md). */
export interface RestoredStatement {
  readonly lineageId: string
  readonly oldGeneration: number
  readonly newGeneration: number
  /** Leaves taken over. */
  readonly size: bigint
  /** Of the tree over them, 32 bytes. */
  readonly root: Uint8Array
  /** Leaves the old log had. */
  readonly head: bigint
  /** UUID, lower case. */
  readonly restoreId: string
  readonly restoredAtUnixMs: number
  /** Version of the lineage's commit that carries the statement. */
  readonly version: bigint
  /** As a commit names its actor: a kind and an id without spaces. */
  readonly actor: { readonly kind: string; readonly id: string }
  /** At most 500 characters; empty when none was given. */
  readonly reason: string
  /** SHA-256 over what stands beside the statement in its commit, 32 bytes. */
  readonly evidence: Uint8Array
}

const firstLine = 'holdfast-restored/v1'
const maxTime = 8_640_000_000_000_000n
const maxReasonLength = 500
/** What the lines behind the root begin with, in order. */
const lineNames = [
  'generation',
  'head',
  'restore',
  'time',
  'version',
  'actor',
  'reason',
  'evidence',
] as const
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const actorPattern = /^([a-z_]{1,32}) ([A-Za-z0-9_.:-]{1,64})$/

/** One spelling, printable ASCII alone: a reason is anybody's text. */
const quoted = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** The text that is signed. Throws FormatError when the parts cannot make one. */
export function formatRestored(statement: RestoredStatement): string {
  const { lineageId, oldGeneration, newGeneration, size, root, head, restoreId, actor } = statement
  const text = [
    firstLine,
    formatOrigin({ lineageId, generation: oldGeneration }),
    `${size}`,
    encodeBase64(root),
    `generation ${newGeneration}`,
    `head ${head}`,
    `restore ${restoreId}`,
    `time ${statement.restoredAtUnixMs}`,
    `version ${statement.version}`,
    `actor ${actor.kind} ${actor.id}`,
    `reason ${quoted(statement.reason)}`,
    `evidence ${encodeBase64(statement.evidence)}`,
    '',
  ].join('\n')
  parseRestored(text)
  return text
}

/** Of the text of a note. Throws FormatError. */
export function parseRestored(text: string): RestoredStatement {
  const refuse = (why: string) => new FormatError('restored', why)
  const lines = text.split('\n')
  const [version, origin = '', sizeText = '', rootText = '', ...named] = lines
  if (lines.length !== 13 || version !== firstLine || lines[12] !== '')
    throw refuse(`is not the twelve lines of ${firstLine}`)
  const value = (name: (typeof lineNames)[number]): string => {
    const line = named[lineNames.indexOf(name)] ?? ''
    if (!line.startsWith(`${name} `)) throw refuse(`has no ${name} in its place`)
    return line.slice(name.length + 1)
  }
  const number = (given: string, what: string): bigint => {
    const read = decodeDecimal(given)
    if (read === undefined) throw refuse(`${what} is not a decimal`)
    return read
  }
  const hash = (given: string, what: string): Uint8Array => {
    const bytes = decodeBase64(given)
    if (bytes?.length !== hashBytes) throw refuse(`${what} is not a hash`)
    return bytes
  }
  const { lineageId, generation: oldGeneration } = parseOrigin(origin)
  const size = number(sizeText, 'the size')
  const next = formatOrigin({
    lineageId,
    generation: Number(number(value('generation'), 'the generation')),
  })
  const { generation: newGeneration } = parseOrigin(next)
  if (newGeneration <= oldGeneration) throw refuse('the new generation is not a later one')
  const head = number(value('head'), 'the head')
  if (head < size) throw refuse('takes over more than there was')
  const restoreId = value('restore')
  if (!uuid.test(restoreId)) throw refuse('the restore is not a UUID')
  const time = number(value('time'), 'the time')
  if (time > maxTime) throw refuse('the time is out of range')
  const commitVersion = number(value('version'), 'the version')
  if (commitVersion === 0n) throw refuse('the version is 0')
  const [, kind, id] = actorPattern.exec(value('actor')) ?? []
  if (kind === undefined || id === undefined) throw refuse('the actor is none')
  return {
    lineageId,
    oldGeneration,
    newGeneration,
    size,
    root: hash(rootText, 'the root'),
    head,
    restoreId,
    restoredAtUnixMs: Number(time),
    version: commitVersion,
    actor: { kind, id },
    reason: readReason(value('reason')),
    evidence: hash(value('evidence'), 'the evidence'),
  }
}

function readReason(text: string): string {
  const refuse = () => new FormatError('restored', 'the reason is spelled otherwise')
  let reason: unknown
  try {
    reason = JSON.parse(text)
  } catch {
    throw refuse()
  }
  if (typeof reason !== 'string' || quoted(reason) !== text) throw refuse()
  if (reason.length > maxReasonLength) throw new FormatError('restored', 'the reason is too long')
  return reason
}

/** `by` signs in the name of the old generation's origin. Throws FormatError. */
export const signRestored = (statement: RestoredStatement, by: Signer): string =>
  signNote(formatRestored(statement), by)

/**
 * What a key of the log vouches for. Throws FormatError; TrustError `origin_foreign`, `key_unknown`, `key_retired`,
 * `signature_invalid`.
 */
export function openRestored(
  note: string | Uint8Array,
  chain: KeyChain,
): RestoredStatement & { readonly signedBy: AcceptedKey } {
  const statement = parseRestored(parseNote(note).text)
  const { lineageId, oldGeneration: generation, head: logSize } = statement
  const origin = formatOrigin({ lineageId, generation })
  requireLineage(origin, chain)
  const at = { origin, generation, logSize, what: 'statement about a restore' }
  const { opened, signedBy } = openByLogKey(note, at, chain)
  if (opened.text !== formatRestored(statement))
    throw new TrustError('signature_invalid', 'the statement is spelled otherwise')
  return { ...statement, signedBy }
}
