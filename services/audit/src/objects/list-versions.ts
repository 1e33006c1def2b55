import { actions } from '@holdfast/catalogue'
import { type Queryable, sql } from '@holdfast/postgres'
import type { Json } from './flat-fields.ts'
import type { ObjectKey } from './object-change.ts'
import { diffFields, type FieldDiff, fieldsOf } from './object-state.ts'
import {
  forever,
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

export type VersionKind = 'created' | 'changed' | 'deleted'

export interface Version {
  /** Counted from 1. */
  readonly number: number
  readonly sequence: bigint
  readonly kind: VersionKind
  /** What did it; empty for a deletion, which leaves no row to say so: see `deletingAction`. */
  readonly action: string
  readonly fields: readonly FieldDiff[]
}

interface Turn {
  readonly number: bigint
  readonly sequence: bigint
  readonly change: VersionKind
  readonly action: string | null
}

/** Versions of one object before a sequence, newest first. Costs in the number of its versions. */
export async function listVersions(
  tx: Queryable,
  { kind, id }: ObjectKey,
  before: bigint | undefined,
  limit: number,
): Promise<readonly Version[]> {
  const turns = await tx.query<Turn>(sql`
    with held as (
      select valid_from, valid_to, action,
        lag(valid_to) over (order by valid_from) as ended_before,
        lead(valid_from) over (order by valid_from) as begun_after
      from ${versions} where object_id = ${id}::uuid and kind = ${kind}
    ), turns as (
      select valid_from as sequence, action,
        case when ended_before = valid_from then 'changed' else 'created' end as change
      from held
      union all
      select valid_to, null, 'deleted' from held
      where begun_after is distinct from valid_to and valid_to < ${forever}
    ), numbered as (select *, row_number() over (order by sequence) as number from turns)
    select * from numbered where ${before === undefined ? sql`true` : sql`sequence < ${before}`}
    order by sequence desc limit ${limit}`)
  const sequences = turns.map(({ sequence }) => sequence.toString())
  const rows = await tx.query<VersionRow>(sql`
    select ${versionColumns} from ${versions} v
    where v.object_id = ${id}::uuid and v.kind = ${kind}
      and (v.valid_from = any (${sequences}::bigint[]) or v.valid_to = any (${sequences}::bigint[]))`)
  const members = kindsWithMembers.has(kind)
    ? await tx.query<MemberRow>(sql`
        select ${memberColumns} from ${memberVersions} m
        where m.object_id = ${id}::uuid and m.kind = ${kind}
          and (m.valid_from = any (${sequences}::bigint[]) or m.valid_to = any (${sequences}::bigint[]))`)
    : []
  const ending = byTurn(rows, ({ valid_to }) => valid_to)
  const beginning = byTurn(rows, ({ valid_from }) => valid_from)
  const membersEnding = byTurn(members, ({ valid_to }) => valid_to)
  const membersBeginning = byTurn(members, ({ valid_from }) => valid_from)
  return turns.map(({ number, sequence, change, action }) => ({
    number: Number(number),
    sequence,
    kind: change,
    action: action ?? '',
    fields: diffFields(
      fieldsThen(ending.get(sequence), membersEnding.get(sequence)),
      fieldsThen(beginning.get(sequence), membersBeginning.get(sequence)),
    ),
  }))
}

function byTurn<Row>(rows: readonly Row[], turn: (row: Row) => bigint): Map<bigint, Row[]> {
  const found = new Map<bigint, Row[]>()
  for (const row of rows) {
    const known = found.get(turn(row))
    if (known) known.push(row)
    else found.set(turn(row), [row])
  }
  return found
}

/** On one side of a turn. Members that hold on both sides are on neither, and no difference. */
function fieldsThen(
  rows: readonly VersionRow[] | undefined,
  members: readonly MemberRow[] | undefined,
): ReadonlyMap<string, Json> {
  const [row] = rows ?? []
  if (!row) return new Map()
  return fieldsOf(stateOf(row, new Map(members?.map((one) => [one.path, memberValue(one)]))))
}

/** By kind, what ends an object of it. */
const endings = new Map(
  actions.flatMap(({ code, kind }) =>
    /\.(deleted|erased|released|abandoned)$/.test(code) ? [[code, kind] as const] : [],
  ),
)

/** Which of a commit's actions ended an object of that kind: its own kind's, or else the first that ended anything. */
export const deletingAction = (kind: string, done: readonly string[]): string =>
  done.find((code) => endings.get(code) === kind) ??
  done.find((code) => endings.has(code)) ??
  done[0] ??
  ''
