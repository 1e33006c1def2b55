import { type ObjectKind, objectKinds } from '@holdfast/catalogue'
import { isUuid } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import { type Queryable, sql } from '@holdfast/postgres'
import { AmbiguousObject, ObjectNotFound } from '../domain/errors.ts'
import type { ObjectKey } from './object-change.ts'
import { nameKey } from './object-state.ts'
import { versions } from './read-states.ts'

/** Kinds that take their id from another object, which is what the id alone means. */
const borrowing: readonly ObjectKind[] = ['enrolment', 'rule_set']
const maxMatches = 20

interface Match extends ObjectKey {
  readonly name: string
  /** It is there at the moment asked for. */
  readonly isThere: boolean
}

/** A kind of the catalogue, or undefined for the empty text. Throws `invalid`. */
export function parseKind(kind: string, field: string): ObjectKind | undefined {
  if (kind === '') return undefined
  const known = objectKinds.find((one) => one === kind)
  if (known) return known
  const detail = `must be one of ${objectKinds.join(', ')}`
  throw invalid({ field, code: 'one_of', detail })
}

/**
 * An object by id, or by name regardless of case: one that is there goes before those that are gone, or were called
 * so once. Throws `audit.object_not_found`, also for what began after `at`, and `audit.ambiguous_object`.
 */
export async function findObject(
  tx: Queryable,
  idOrName: string,
  kind: ObjectKind | undefined,
  at: bigint,
): Promise<ObjectKey> {
  const found = isUuid(idOrName)
    ? await byId(tx, idOrName, kind, at)
    : await byName(tx, idOrName, kind, at)
  const [only, ...others] = found
  if (!only) throw ObjectNotFound({ object: shown(idOrName) })
  if (others.length === 0) return only
  const matches = found.slice(0, maxMatches).map(describe).join(', ')
  throw AmbiguousObject({ name: shown(idOrName), matches })
}

/** What it is called, or was called last. */
export async function nameOf(tx: Queryable, { kind, id }: ObjectKey): Promise<string> {
  const [row] = await tx.query<{ name: string }>(sql`
    select name from ${versions} where object_id = ${id}::uuid and kind = ${kind}
    order by valid_to desc limit 1`)
  return row?.name ?? ''
}

async function byId(
  tx: Queryable,
  id: string,
  kind: ObjectKind | undefined,
  at: bigint,
): Promise<readonly ObjectKey[]> {
  const rows = await tx.query<{ kind: ObjectKind }>(sql`
    select distinct kind from ${versions}
    where object_id = ${id}::uuid and valid_from <= ${at}
      and ${kind === undefined ? sql`true` : sql`kind = ${kind}`}`)
  const owners = rows.filter((row) => !borrowing.includes(row.kind))
  const chosen = owners.length > 0 ? owners : rows
  return chosen.map((row) => ({ kind: row.kind, id }))
}

async function byName(
  tx: Queryable,
  name: string,
  kind: ObjectKind | undefined,
  at: bigint,
): Promise<readonly Match[]> {
  if (name === '' || name.length > 256 || name.includes('\0')) return []
  const kinds = kind === undefined ? [...objectKinds] : [kind]
  const rows = await tx.query<{
    kind: ObjectKind
    object_id: string
    name: string
    is_there: boolean
    is_exact: boolean
  }>(sql`
    select kind, object_id, max(name) as name, bool_or(valid_to > ${at}) as is_there,
      bool_or(name = ${name}) as is_exact
    from ${versions}
    where kind = any (${kinds}::text[]) and name_key = ${nameKey(name)} and valid_from <= ${at}
    group by kind, object_id order by bool_or(valid_to > ${at}) desc, kind, object_id
    limit ${maxMatches + 1}`)
  const there = rows.filter((row) => row.is_there)
  const candidates = there.length > 0 ? there : rows
  const exact = candidates.filter((row) => row.is_exact)
  return (exact.length > 0 ? exact : candidates).map((row) => ({
    kind: row.kind,
    id: row.object_id,
    name: row.name,
    isThere: row.is_there,
  }))
}

const describe = (match: ObjectKey | Match): string =>
  'name' in match
    ? `${match.kind} ${match.name}${match.isThere ? '' : ', gone or renamed'} (${match.id})`
    : `${match.kind} (${match.id})`

const shown = (text: string): string =>
  text === '' ? '(no name)' : text.length > 60 ? `${text.slice(0, 60)}…` : text
