import { isUuid } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import type { Call } from '@holdfast/service'
import type { Batch, Outcome } from './contributor.ts'
import { commandIdOf } from './contributor-handlers.ts'
import type { RecordFields } from './record-fields.ts'
import type { JsonObject } from './strict-json.ts'

// What contributors of every service do alike.

/**
 * The context of one step of one record: by whoever imports, with an id that a repeat has again. The step is known by
 * what it finds done, and not by a registry, so that a thousand records do not wait for the log a thousand times.
 */
export function stepContext(
  call: Call,
  batch: Batch,
  contributor: string,
  index: number,
  step = '',
): ReturnType<Call['command']> {
  const {
    requestHash: _hash,
    expectedRevision: _revision,
    ...context
  } = call.command(batch.organizationId)
  const commandId = commandIdOf(batch.importId, contributor, batch.organizationId, index, step)
  return {
    ...context,
    commandId,
    isKeyed: false,
    reason: `import ${batch.importId}`,
    ...(isUuid(batch.importId) ? { causationId: batch.importId } : {}),
  }
}

/** What a command was refused for, as an outcome. What may go well another time, or is our own mistake, is thrown on. */
export function refusal(name: string, error: unknown): Outcome {
  if (!(error instanceof DomainError) || passing.has(error.kind) || full.has(error.code))
    throw error
  const [field] = error.fields
  const code = field ? `invalid.${field.code}` : error.code
  const details = error.fields.slice(0, 5).map((one) => `${one.field} ${one.detail}`)
  return { outcome: 'refused', name, code, detail: details.join('; ') || error.message }
}
const passing: ReadonlySet<string> = new Set(['unavailable', 'internal', 'unauthenticated'])
/** Nothing is wrong with the record: there is no room for anything. */
const full: ReadonlySet<string> = new Set(['log.full', 'log.exhausted'])

export interface Note {
  readonly code: string
  readonly detail: string
}

/** An outcome with all that is to be said of it; the first note gives the code. */
export function noted(outcome: Outcome, notes: readonly Note[]): Outcome {
  const [first] = notes
  if (!first) return outcome
  return { ...outcome, code: first.code, detail: notes.map(({ detail }) => detail).join('; ') }
}

/** Names that differ only in case are one name, wherever a record refers to something. */
export const nameKey = (name: string): string => name.normalize('NFC').toLowerCase()

/**
 * The one that is meant by a name: of that very spelling, or the only one there is. Undefined when there is none, or
 * when it cannot be told.
 */
export function oneNamed<T>(
  found: readonly T[],
  name: string,
  nameOf: (one: T) => string,
): T | undefined {
  const alike = found.filter((one) => nameKey(nameOf(one)) === nameKey(name))
  const exact = alike.filter((one) => nameOf(one) === name)
  const matches = exact.length > 0 ? exact : alike
  return matches.length === 1 ? matches[0] : undefined
}

export const missing = (name: string, detail: string): Outcome => ({
  outcome: 'skipped',
  name,
  code: 'backup.reference_missing',
  detail,
})

export const exists = (name: string, promise: string): Outcome => ({
  outcome: 'skipped',
  name,
  code: 'backup.exists',
  detail: 'is there already and stays as it is',
  promise,
})

export const unchanged = (name: string, promise: string): Outcome => ({
  outcome: 'skipped',
  name,
  code: 'backup.unchanged',
  detail: 'is so already',
  promise,
})

/** A record as it was read: what it wants, or why it is not taken. */
export type Read<Wish> =
  | { readonly name: string; readonly wish: Wish }
  | { readonly name: string; readonly outcome: Outcome }

/** What a record calls itself, however wrong it is otherwise. */
export const nameOf = (record: JsonObject, field = 'name'): string => {
  const name = record[field]
  return typeof name === 'string' ? name.slice(0, 128) : ''
}

/** How outcomes promise something: `interface/wg0@gw-1`. Equal for equal names, and for no others. */
export const promiseOf = (kind: string, ...names: readonly string[]): string =>
  `${kind}/${names.map((name) => encodeURIComponent(nameKey(name))).join('@')}`

/** What stands behind a promise, after a blank; undefined when nobody promised it. */
export function promisesOf({ promised }: Batch): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const promise of promised) {
    const [key = '', rest = ''] = promise.split(' ', 2)
    found.set(key, rest)
  }
  return found
}

/** Like `Parsed` of packages/net. */
type Parse<T> = (
  text: string,
) =>
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string; readonly detail: string }

/** Each entry of a list as a parser of packages/net takes it, once, in order. Absent is empty. */
export function parsedList<T>(
  fields: RecordFields,
  field: string,
  maxItems: number,
  maxLength: number,
  parse: Parse<T>,
): readonly T[] {
  const values = fields.texts(field, maxItems, maxLength).flatMap((text, i) => {
    const judged = parse(text)
    if (judged.ok) return [judged.value]
    fields.refuse(`${field}[${i}]`, judged.detail)
    return []
  })
  return [...new Set(values)]
}

/** RFC 3339 as ms since 1970; absent or empty is 0, for never. */
export function moment(fields: RecordFields, field: string): number {
  const text = fields.text(field, 40, '')
  if (text === '') return 0
  const at = rfc3339.test(text) ? Date.parse(text) : Number.NaN
  if (at > 0 && at <= maxTimeUnixMs) return at
  fields.refuse(field, 'must be a time such as 2027-01-31T12:00:00Z')
  return 0
}
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/
/** The last millisecond of the year 9999, which RFC 3339 ends with. */
const maxTimeUnixMs = 253_402_300_799_999

const atOnce = 16

/**
 * Carries records out in turns of at most 16, in order: within a turn none has a name of another, so that one that comes
 * twice finds the first one made. For what waits for the log with each record.
 */
export async function inTurns<T>(
  reads: readonly { readonly index: number; readonly read: Read<T> }[],
  namesOf: (wish: T) => readonly string[],
  carryOut: (index: number, wish: T) => Promise<Outcome>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  let turn: Promise<Outcome>[] = []
  let taken = new Set<string>()
  for (const { index, read } of reads) {
    const names = 'wish' in read ? namesOf(read.wish).map(nameKey) : []
    if (turn.length >= atOnce || names.some((name) => taken.has(name))) {
      outcomes.push(...(await Promise.all(turn)))
      turn = []
      taken = new Set()
    }
    for (const name of names) taken.add(name)
    turn.push(
      'wish' in read
        ? carryOut(index, read.wish).catch((error: unknown) => refusal(read.name, error))
        : Promise.resolve(read.outcome),
    )
  }
  outcomes.push(...(await Promise.all(turn)))
  return outcomes
}
