import type { ObjectKind } from '@holdfast/catalogue'
import { type Queryable, type Sql, sql, unnest, versionsOf } from '@holdfast/postgres'
import type { FlatFields, Json } from './flat-fields.ts'
import { type ObjectKey, type Slot, type SlotFields, slots } from './object-change.ts'
import { decodeSlot, type ObjectState } from './object-state.ts'

/** Every version of every object; a version is from its commit until before the next. */
export const versions: Sql = versionsOf('audit', 'objects')
export const memberVersions: Sql = versionsOf('audit', 'object_members')

/** `valid_to` of what still holds. */
export const forever = 9_223_372_036_854_775_807n

/** Kinds that have members. */
export const kindsWithMembers: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  'user',
  'node',
  'keyring',
])

export interface VersionRow {
  readonly object_id: string
  readonly kind: ObjectKind
  readonly organization_id: string | null
  readonly parent_id: string | null
  readonly name: string
  readonly facts: string | null
  readonly settings: string | null
  readonly keys: string | null
  readonly more: string | null
  readonly state: string | null
  readonly action: string
  readonly valid_from: bigint
  readonly valid_to: bigint
}

export interface MemberRow {
  readonly object_id: string
  readonly kind: ObjectKind
  readonly path: string
  readonly value: string
  readonly valid_from: bigint
  readonly valid_to: bigint
}

export const versionColumns = sql.raw(
  `v.object_id, v.kind, v.organization_id, v.parent_id, v.name, v.facts, v.settings, v.keys, v.more, v.state,
   v.action, v.valid_from, v.valid_to`,
)
export const memberColumns = sql.raw(
  'm.object_id, m.kind, m.path, m.value, m.valid_from, m.valid_to',
)

export function slotsOf(row: Pick<VersionRow, Slot>): SlotFields {
  const fields: Partial<Record<Slot, FlatFields>> = {}
  for (const slot of slots) {
    const text = row[slot]
    if (text !== null) fields[slot] = decodeSlot(text)
  }
  return fields
}

export const stateOf = (
  row: VersionRow,
  members: ReadonlyMap<string, Json> = new Map(),
): ObjectState => ({
  kind: row.kind,
  id: row.object_id,
  organizationId: row.organization_id ?? undefined,
  parentId: row.parent_id ?? undefined,
  name: row.name,
  slots: slotsOf(row),
  members,
})

export const memberValue = ({ value }: Pick<MemberRow, 'value'>): Json => JSON.parse(value) as Json // as: the projection wrote it

export interface Moment extends ObjectKey {
  /** After this commit. */
  readonly at: bigint
}

/** Objects as they were, each at a moment of its own, in two statements; undefined where there was none. */
export async function statesAt(
  tx: Queryable,
  moments: readonly Moment[],
): Promise<readonly (ObjectState | undefined)[]> {
  if (moments.length === 0) return []
  const wanted = unnest(
    { n: 'integer', object_id: 'uuid', kind: 'text', at: 'bigint' },
    moments.map(({ kind, id, at }, n) => ({ n, object_id: id, kind, at })),
  )
  const rows = await tx.query<VersionRow & { n: number }>(sql`
    select w.n, f.* from ${wanted} w cross join lateral (
      select ${versionColumns} from ${versions} v
      where v.object_id = w.object_id and v.kind = w.kind and v.valid_to > w.at
      order by v.valid_to limit 1) f
    where f.valid_from <= w.at`)
  const members = new Map<number, Map<string, Json>>()
  const having = moments.flatMap(({ kind, id, at }, n) =>
    kindsWithMembers.has(kind) ? [{ n, object_id: id, kind, at }] : [],
  )
  if (having.length > 0) {
    const those = unnest({ n: 'integer', object_id: 'uuid', kind: 'text', at: 'bigint' }, having)
    const found = await tx.query<MemberRow & { n: number }>(sql`
      select w.n, ${memberColumns} from ${those} w join ${memberVersions} m
        on m.object_id = w.object_id and m.kind = w.kind and m.valid_from <= w.at and m.valid_to > w.at`)
    for (const row of found) {
      const known = members.get(row.n)
      if (known) known.set(row.path, memberValue(row))
      else members.set(row.n, new Map([[row.path, memberValue(row)]]))
    }
  }
  const states: (ObjectState | undefined)[] = moments.map(() => undefined)
  for (const row of rows) states[row.n] = stateOf(row, members.get(row.n))
  return states
}
