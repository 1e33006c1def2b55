import { fieldName } from '@holdfast/catalogue'
import { rfc3339 } from '@holdfast/domain'
import type { AnyCompensable, Members } from './compensable.ts'
import { isRecord, isSealedFact } from './facts.ts'
import { type Difference, differences } from './merge.ts'

/** A field for people: its path in snake_case, values as JSON, absent ones as the empty text. */
export interface ShownField {
  readonly field: string
  readonly before: string
  readonly after: string
}

/** One object of a plan, in the words of the contract. */
export interface ShownChange {
  readonly kind: string
  readonly id: string
  readonly name: string
  readonly parentId: string
  readonly change: 'create' | 'update' | 'delete'
  readonly fields: readonly ShownField[]
}

/** As the audit trail and history name fields. */
export const showPath = (path: readonly string[]): string => path.map(fieldName).join('.')

/** A value as JSON text, with nothing in it that must not be seen. */
export function showValue(
  one: Pick<AnyCompensable, 'show'>,
  path: readonly string[],
  value: unknown,
): string {
  return value === undefined ? '' : JSON.stringify(shown(path, value))

  function shown(path: readonly string[], value: unknown): unknown {
    if (isSealedFact(value)) return '[sealed]'
    const visible = one.show ? one.show(path, value) : value
    if (typeof visible === 'bigint') return visible.toString()
    if (typeof visible === 'number' && path.at(-1)?.endsWith('UnixMs')) {
      return visible === 0 ? null : rfc3339(visible)
    }
    if (Array.isArray(visible)) return visible.map((item: unknown) => shown(path, item))
    if (!isRecord(visible)) return visible
    return Object.fromEntries(
      Object.entries(visible).flatMap(([key, inner]) =>
        inner === undefined ? [] : [[fieldName(key), shown([...path, key], inner)]],
      ),
    )
  }
}

/** Leaves of a record that is there on one side only: each is a field of its own. */
const fieldsOf = (before: object | undefined, after: object | undefined): readonly Difference[] =>
  differences(leavesOnly(before, after), leavesOnly(after, before))

/** Where the other side has nothing, records stand for their fields. */
function leavesOnly(value: object | undefined, other: object | undefined): unknown {
  return value ?? (other && emptied(other))
}

const emptied = (value: object): unknown =>
  Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
      isRecord(inner) ? [[key, emptied(inner)]] : [],
    ),
  )

function showFields(
  one: AnyCompensable,
  prefix: readonly string[],
  before: object | undefined,
  after: object | undefined,
): readonly ShownField[] {
  return fieldsOf(before, after).map((difference) => {
    const path = [...prefix, ...difference.path]
    return {
      field: showPath(difference.path),
      before: showValue(one, path, difference.before),
      after: showValue(one, path, difference.after),
    }
  })
}

const wordFor = (before: unknown, after: unknown): ShownChange['change'] =>
  before === undefined ? 'create' : after === undefined ? 'delete' : 'update'

/**
 * What is different about an object and what lives in it, each by itself. The last part of the aggregate's id is the
 * object's.
 */
export function* showChanges(
  one: AnyCompensable,
  id: string,
  before: object | undefined,
  after: object | undefined,
): Generator<ShownChange, void> {
  const members = Object.entries(one.members ?? {})
  const objectId = id.split('.').at(-1) ?? id
  const own = (facts: object | undefined): object | undefined =>
    facts &&
    Object.fromEntries(
      Object.entries(facts).filter(([field]) => !Object.hasOwn(one.members ?? {}, field)),
    )
  const fields = showFields(one, [], own(before), own(after))
  const about = before ?? after
  if (about && (fields.length > 0 || before === undefined || after === undefined)) {
    yield {
      kind: one.kind,
      id: objectId,
      name: one.about(after ?? about, id).name,
      parentId: '',
      change: wordFor(before, after),
      fields,
    }
  }
  for (const [field, kind] of members) {
    yield* showMembers(
      one,
      objectId,
      field,
      kind,
      membersIn(before, field),
      membersIn(after, field),
    )
  }
}

export function membersIn(
  facts: object | undefined,
  field: string,
): Readonly<Record<string, object>> {
  const found: unknown = facts && Reflect.get(facts, field)
  // as: members are records of records by id, see Compensable
  return isRecord(found) ? (found as Readonly<Record<string, object>>) : {}
}

function* showMembers(
  one: AnyCompensable,
  parentId: string,
  field: string,
  { kind, name }: Members,
  before: Readonly<Record<string, object>>,
  after: Readonly<Record<string, object>>,
): Generator<ShownChange, void> {
  for (const id of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const fields = showFields(one, [field, id], before[id], after[id])
    const about = after[id] ?? before[id]
    if (!about || (fields.length === 0 && before[id] && after[id])) continue
    yield { kind, id, name: name(about), parentId, change: wordFor(before[id], after[id]), fields }
  }
}
