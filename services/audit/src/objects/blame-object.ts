import { type Queryable, sql } from '@holdfast/postgres'
import { isSameValue, type Json, printValue } from './flat-fields.ts'
import type { ObjectKey } from './object-change.ts'
import { fieldsOf, type ObjectState } from './object-state.ts'
import {
  kindsWithMembers,
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

/** Members have rows of their own, so their versions say it all; the same said twice is no change. */
async function blameMembers(
  tx: Queryable,
  { kind, id }: ObjectState,
  { valid_from: at }: VersionRow,
): Promise<readonly BlamedField[]> {
  if (!kindsWithMembers.has(kind)) return []
  const rows = await tx.query<{
    path: string
    value: string
    since: bigint
    before: string | null
  }>(sql`
    with held as (
      select path, value, valid_from, valid_to, lag(value) over w as was, lag(valid_to) over w as ended
      from ${memberVersions}
      where object_id = ${id}::uuid and kind = ${kind} and valid_from <= ${at}
      window w as (partition by path order by valid_from)
    ), begun as (
      select distinct on (path) path, valid_from, case when ended = valid_from then was end as before
      from held where ended is distinct from valid_from or was is distinct from value
      order by path, valid_from desc
    )
    select h.path, h.value, b.valid_from as since, b.before from held h join begun b using (path)
    where h.valid_to > ${at} order by h.path collate "C"`)
  return rows.map(({ path, value, since, before }) =>
    found(
      path,
      memberValue({ value }),
      since,
      before === null ? undefined : memberValue({ value: before }),
    ),
  )
}

const found = (
  field: string,
  value: Json,
  sequence: bigint,
  previous: Json | undefined,
): BlamedField => ({ field, value: printValue(value), sequence, previous: printValue(previous) })
