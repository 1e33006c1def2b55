import type { ObjectKind } from '@holdfast/catalogue'
import { type Queryable, type Sql, sql, unnest } from '@holdfast/postgres'
import type { ObjectKey } from './object-change.ts'
import { diffFields, type FieldDiff, fieldsOf } from './object-state.ts'
import { memberVersions, statesAt, versions } from './read-states.ts'

/** From after the first commit to after the second one. */
export interface Span {
  readonly from: bigint
  readonly to: bigint
}

export interface DiffFilter {
  readonly organizationId: string | undefined
  /** Empty: all. */
  readonly kinds: readonly ObjectKind[]
}

export type Difference = 'created' | 'changed' | 'deleted'

export interface DifferingObject extends ObjectKey {
  readonly name: string
  readonly change: Difference
}

export interface ObjectDiff extends DifferingObject {
  readonly organizationId: string | undefined
  readonly fields: readonly FieldDiff[]
  /** The last commit of the span that touched it. */
  readonly sequence: bigint
  readonly commits: bigint
}

export interface Differences {
  readonly page: readonly DifferingObject[]
  /** Of all; empty unless asked for. */
  readonly counts: readonly {
    readonly kind: ObjectKind
    readonly change: Difference
    readonly objects: bigint
  }[]
  readonly isCut: boolean
}

/** Objects compared on each side. */
const maxObjects = 75_000
/** Of a side that has more, so many are taken: each is looked up on the other side by itself. */
const cutObjects = 10_000

/** The end of a page: kind, name and id of its last object. */
export interface DiffPosition extends ObjectKey {
  readonly name: string
}

/** What is asked of everything, whatever the caller may see, and how much of it is compared. */
export interface DiffBounds {
  /** Reads without a scope: how many versions there are is counted in an index, which row-level security forbids. */
  readonly unscoped: Queryable
  readonly most?: number
  readonly few?: number
}

/**
 * Objects whose version at one end is not that at the other and says something else. Only versions that ended or
 * began within the span are read, of each object at most one on each side: what happened in between costs an entry of
 * an index.
 *
 * Where a side has more than `maxObjects`, the first `cutObjects` of both are taken, and what the other side says of
 * them is looked up by key.
 */
export async function differingObjects(
  tx: Queryable,
  span: Span,
  filter: DiffFilter,
  after: DiffPosition | undefined,
  limit: number,
  { unscoped, most = maxObjects, few = cutObjects }: DiffBounds,
): Promise<Differences> {
  const wanted = conditions(filter)
  const was = sql`v.valid_from <= ${span.from} and v.valid_to > ${span.from} and v.valid_to <= ${span.to}`
  const now = sql`v.valid_from > ${span.from} and v.valid_from <= ${span.to} and v.valid_to > ${span.to}`
  const exceeds = async (reader: Queryable, where: Sql): Promise<boolean> => {
    const [row] = await reader.query<{ rows: bigint }>(sql`
      select count(*) as rows from (select 1 from ${versions} v where ${where} limit ${most + 1}) r`)
    return (row?.rows ?? 0n) > most
  }
  const isCut =
    ((await exceeds(unscoped, was)) && (await exceeds(tx, sql`${was} and ${wanted}`))) ||
    ((await exceeds(unscoped, now)) && (await exceeds(tx, sql`${now} and ${wanted}`)))
  // A side of 75,000 rows does not fit the usual 4 MB, and spilling it takes longer than comparing.
  await tx.execute(sql`set local work_mem = '128MB'`)
  const side = (where: Sql, turn: Sql) => sql`
    select v.object_id, v.kind, v.name, ${content} as content from ${versions} v
    where ${where} and ${wanted} ${isCut ? sql`order by ${turn}, v.object_id limit ${few}` : sql.empty}`
  const rows = await tx.query<{
    is_count: boolean
    kind: ObjectKind
    change: Difference
    object_id: string | null
    name: string | null
    objects: bigint | null
  }>(sql`
    with was as materialized (${side(was, sql`v.valid_to`)}
    ), now as materialized (${side(now, sql`v.valid_from`)}
    ), joined as materialized (
      select object_id, kind, coalesce(n.name, w.name) as name, w.content as before, n.content as after
      from was w full join now n using (object_id, kind)
    ), ${isCut ? lookedUp(span) : sql`whole as (select * from joined)`}, members as (
      select distinct object_id, kind from (
        select v.object_id, v.kind, v.path, v.value from ${memberVersions} v where ${was}) w
      full join (
        select v.object_id, v.kind, v.path, v.value from ${memberVersions} v where ${now}) n
      using (object_id, kind, path)
      where w.value is distinct from n.value
    ), differing as materialized (
      select o.object_id, o.kind, o.name collate "C" as name,
        case when before is null then 'created' when after is null then 'deleted' else 'changed' end as change
      from whole o left join members m using (object_id, kind)
      where before is distinct from after or m.object_id is not null
    )
    select false as is_count, kind, change, object_id, name, null::bigint as objects from (
      select * from differing where ${beyond(after)}
      order by kind collate "C", name, object_id limit ${limit + 1}) page
    union all
    select true, kind, change, null, null, count(*)
    from differing where ${after === undefined} group by kind, change`)
  return {
    page: rows.flatMap(({ is_count, kind, change, object_id: id, name }) =>
      is_count || id === null ? [] : [{ kind, id, name: name ?? '', change }],
    ),
    counts: rows.flatMap(({ is_count, kind, change, objects }) =>
      is_count ? [{ kind, change, objects: objects ?? 0n }] : [],
    ),
    isCut,
  }
}

/**
 * What the other side says of objects that only one of two cut sides has. They stand in a table of their own for that:
 * row-level security keeps conditions on expressions such as `coalesce` away from the index.
 */
function lookedUp({ from, to }: Span): Sql {
  const at = (sequence: bigint) => sql`(
    select ${content} from ${versions} v
    where v.object_id = j.object_id and v.kind = j.kind and v.valid_to > ${sequence}
      and v.valid_from <= ${sequence} limit 1)`
  return sql`whole as materialized (
    select object_id, kind, name, coalesce(before, ${at(from)}) as before, coalesce(after, ${at(to)}) as after
    from joined j)`
}

/**
 * What is compared: 64 bits of a hash over all slots, for the texts would not fit in memory. JSON has no control
 * characters, so one separates.
 */
const content = sql.raw(
  `hashtextextended(coalesce(v.facts, '') || e'\\x1f' || coalesce(v.settings, '') || e'\\x1f' ||
   coalesce(v.keys, '') || e'\\x1f' || coalesce(v.more, '') || e'\\x1f' || coalesce(v.state, ''), 0)`,
)

const conditions = ({ organizationId, kinds }: DiffFilter): Sql => {
  const wanted = [sql`true`]
  if (organizationId !== undefined) wanted.push(sql`v.organization_id = ${organizationId}::uuid`)
  if (kinds.length > 0) wanted.push(sql`v.kind = any (${[...kinds]}::text[])`)
  return sql.join(wanted, sql.raw(' and '))
}

const beyond = (after: DiffPosition | undefined): Sql =>
  after === undefined
    ? sql`true`
    : sql`(kind collate "C", name, object_id) > (${after.kind}, ${after.name}, ${after.id}::uuid)`

/** What is different about them, field by field, in three statements. */
export async function describeDifferences(
  tx: Queryable,
  { from, to }: Span,
  objects: readonly DifferingObject[],
): Promise<readonly ObjectDiff[]> {
  const was = await statesAt(
    tx,
    objects.map(({ kind, id }) => ({ kind, id, at: from })),
  )
  const is = await statesAt(
    tx,
    objects.map(({ kind, id }) => ({ kind, id, at: to })),
  )
  const keys = unnest(
    { n: 'integer', object_id: 'uuid', kind: 'text' },
    objects.map(({ kind, id }, n) => ({ n, object_id: id, kind })),
  )
  const touched = await tx.query<{ n: number; commits: bigint; last: bigint }>(sql`
    select k.n, count(*) as commits, max(t.sequence) as last from ${keys} k cross join lateral (
      select v.valid_from as sequence from ${versions} v
      where v.object_id = k.object_id and v.kind = k.kind and v.valid_to > ${from}
        and v.valid_from > ${from} and v.valid_from <= ${to}
      union
      select v.valid_to from ${versions} v
      where v.object_id = k.object_id and v.kind = k.kind and v.valid_to > ${from} and v.valid_to <= ${to}) t
    group by k.n`)
  const turns = new Map(touched.map((row) => [row.n, row]))
  return objects.map((object, n) => ({
    ...object,
    organizationId: (is[n] ?? was[n])?.organizationId,
    fields: diffFields(fieldsOf(was[n]), fieldsOf(is[n])),
    sequence: turns.get(n)?.last ?? to,
    commits: turns.get(n)?.commits ?? 0n,
  }))
}
