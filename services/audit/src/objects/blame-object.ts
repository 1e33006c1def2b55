import { type Queryable, sql } from '@holdfast/postgres'
import { isSameValue, type Json, printValue } from './flat-fields.ts'
import type { ObjectKey } from './object-changes.ts'
import { fieldsOf, type ObjectState } from './object-state.ts'
import {
  kindsWithMembers,
  type MemberRow,
  memberColumns,
  memberValue,
  memberVersions,
  stateOf,
  type VersionRow,
  versionColumns,
  versions,
} from './read-states.ts'

export interface BlamedField {
  readonly field: string
  readonly value: string
  /** The commit that gave it this value. */
  readonly sequence: bigint
  /** What it was before; empty when it never was anything else. */
  readonly previous: string
}

export interface Blame {
  readonly state: ObjectState
  readonly isDeleted: boolean
  readonly fields: readonly BlamedField[]
}

/** Versions read at once, then ten times as many: most objects have few, and few fields are older than the last ones. */
const firstChunk = 100
const lastChunk = 10_000

/** Every field of an object at a moment, or as it was last when it is gone by then. Undefined: it never was. */
export async function blameObject(
  tx: Queryable,
  { kind, id }: ObjectKey,
  at: bigint,
): Promise<Blame | undefined> {
  const [there] = await tx.query<VersionRow>(sql`
    select ${versionColumns} from ${versions} v
    where v.object_id = ${id}::uuid and v.kind = ${kind} and v.valid_to > ${at} and v.valid_from <= ${at}
    order by v.valid_to limit 1`)
  const [last] = there ? [there] : await endedBy(tx, { kind, id }, at, 1)
  if (!last) return undefined

  /** Fields whose commit is not found yet. */
  const open = new Map<string, Json>(fieldsOf(stateOf(last)))
  const blamed = new Map<string, BlamedField>()
  let oldest = last
  for await (const row of versionsBefore(tx, last)) {
    const fields = fieldsOf(stateOf(row))
    for (const [field, value] of open) {
      const was = fields.get(field)
      if (isSameValue(was, value)) continue
      blamed.set(field, found(field, value, oldest.valid_from, was))
      open.delete(field)
    }
    if (open.size === 0) break
    oldest = row
  }
  for (const [field, value] of open) {
    blamed.set(field, found(field, value, oldest.valid_from, undefined))
  }

  const state = stateOf(last)
  const members = await blameMembers(tx, state, last)
  return {
    state,
    isDeleted: !there,
    fields: [...fieldsOf(state).keys()].flatMap((field) => blamed.get(field) ?? []).concat(members),
  }
}

const endedBy = (
  tx: Queryable,
  { kind, id }: ObjectKey,
  sequence: bigint,
  count: number,
): Promise<VersionRow[]> =>
  tx.query<VersionRow>(sql`
    select ${versionColumns} from ${versions} v
    where v.object_id = ${id}::uuid and v.kind = ${kind} and v.valid_to <= ${sequence}
    order by v.valid_to desc limit ${count}`)

/** Those before it in the same life, newest first: before it began the object was not there. */
async function* versionsBefore(tx: Queryable, row: VersionRow): AsyncGenerator<VersionRow, void> {
  const key = { kind: row.kind, id: row.object_id }
  let begun = row.valid_from
  for (let count = firstChunk; ; count = Math.min(count * 10, lastChunk)) {
    const rows = await endedBy(tx, key, begun, count)
    for (const one of rows) {
      if (one.valid_to !== begun) return
      yield one
      begun = one.valid_from
    }
    if (rows.length < count) return
  }
}

/** Members have rows of their own, so their versions say it all. */
async function blameMembers(
  tx: Queryable,
  { kind, id }: ObjectState,
  { valid_from: at }: VersionRow,
): Promise<readonly BlamedField[]> {
  if (!kindsWithMembers.has(kind)) return []
  const rows = await tx.query<MemberRow & { before: string | null }>(sql`
    select ${memberColumns}, b.value as before
    from ${memberVersions} m left join ${memberVersions} b
      on b.object_id = m.object_id and b.kind = m.kind and b.path = m.path and b.valid_to = m.valid_from
    where m.object_id = ${id}::uuid and m.kind = ${kind} and m.valid_from <= ${at} and m.valid_to > ${at}
    order by m.path collate "C"`)
  return rows.map((row) => {
    const before = row.before === null ? undefined : (JSON.parse(row.before) as Json) // as: the projection wrote it
    return found(row.path, memberValue(row), row.valid_from, before)
  })
}

const found = (
  field: string,
  value: Json,
  sequence: bigint,
  previous: Json | undefined,
): BlamedField => ({ field, value: printValue(value), sequence, previous: printValue(previous) })
