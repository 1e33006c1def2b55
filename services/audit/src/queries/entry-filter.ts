import { accessActions, actions, isWithin } from '@holdfast/catalogue'
import { type Sql, sql, startingWith } from '@holdfast/postgres'
import { actorKey } from '../projections/entries.ts'
import type { Condition, Source } from './entry-search.ts'

export const results = ['success', 'failure', 'denied'] as const
export type EntryResult = (typeof results)[number]

/** A question, checked. Empty texts and lists are no conditions. */
export interface EntryFilter {
  readonly isOfLog: boolean
  readonly isOfAccess: boolean
  /** Codes or their beginnings. */
  readonly actions: readonly string[]
  readonly result: EntryResult | undefined
  readonly actorId: string
  readonly targetId: string
  readonly targetKind: string
  /** Where the caller may look, or where it asked to. */
  readonly organizations: '*' | readonly string[]
  /** What an address is compared by. */
  readonly source: { readonly tag: Uint8Array; readonly sessions: readonly string[] } | undefined
  readonly fromUnixMs: number
  /** Zero: without end. */
  readonly toUnixMs: number
  /** Lower case; all of them. */
  readonly words: readonly string[]
  readonly correlationId: string
  readonly sessionId: string
}

const entries = sql`audit.entries`
const targets = sql`audit.entry_targets`
const tags = sql`audit.entry_tags`
const access = sql`audit.access_entries`

/** What changes have to meet; undefined when none can. */
export function logConditions(filter: EntryFilter): readonly Condition[] | undefined {
  const { targetId, targetKind, source } = filter
  if (!filter.isOfLog || (filter.result !== undefined && filter.result !== 'success'))
    return undefined
  const codes = codesWithin(
    filter.actions,
    actions.map(({ code }) => code),
  )
  if (filter.actions.length > 0 && codes.length === 0) return undefined
  return [
    ...(filter.correlationId === ''
      ? []
      : [equal(entries, 'correlation_id', filter.correlationId)]),
    ...(filter.sessionId === '' ? [] : [equal(entries, 'session_id', filter.sessionId)]),
    ...(targetId === ''
      ? []
      : [
          {
            where: sql`(e.target_id = ${targetId}::uuid or e.event_count > 1 and exists (
              select from ${targets} t where t.sequence = e.sequence and t.target_id = ${targetId}::uuid))`,
            unordered: sql`(e.target_id = ${targetId}::uuid or e.sequence = any (array(
              select sequence from ${targets} where target_id = ${targetId}::uuid)))`,
            sources: [
              source1(entries, 'target_id', 'uuid', [targetId]),
              source1(targets, 'target_id', 'uuid', [targetId]),
            ],
          },
        ]),
    ...(filter.actorId === '' ? [] : [equal(entries, 'actor_id', actorKey(filter.actorId))]),
    ...(source === undefined ? [] : [anyOf(entries, 'session_id', source.sessions)]),
    ...(codes.length === 0 ? [] : [tagged('action', codes)]),
    ...(targetKind === '' ? [] : [tagged('target_kind', [targetKind])]),
    ...inOrganizations(entries, filter),
    ...spoken(filter),
  ]
}

/** What records of ACCESS have to meet; undefined when none can. */
export function accessConditions(filter: EntryFilter): readonly Condition[] | undefined {
  const { targetId, targetKind, correlationId, source } = filter
  // They are about no object and started by no request we know.
  if (!filter.isOfAccess || targetId !== '' || targetKind !== '' || correlationId !== '')
    return undefined
  const codes = codesWithin(
    filter.actions,
    accessActions.map(({ code }) => code),
  )
  if (filter.actions.length > 0 && codes.length === 0) return undefined
  return [
    ...(filter.sessionId === '' ? [] : [equal(access, 'session_id', filter.sessionId)]),
    ...(filter.actorId === '' ? [] : [equal(access, 'user_id', actorKey(filter.actorId))]),
    ...(source === undefined
      ? []
      : [
          {
            where: sql`(e.source_tag = ${source.tag} or e.source_tag is null and e.session_id = any (${source.sessions}::uuid[]))`,
            ...(source.sessions.length > maxOrdered
              ? {}
              : {
                  sources: [
                    source1(access, 'source_tag', 'bytea', [source.tag]),
                    source1(access, 'session_id', 'uuid', source.sessions),
                  ],
                }),
          },
        ]),
    ...(filter.result === undefined ? [] : [equalText(access, 'result', [filter.result])]),
    ...(codes.length === 0
      ? []
      : [
          equalText(
            access,
            'action',
            codes.map((code) => code.slice('access.'.length)),
          ),
        ]),
    ...inOrganizations(access, filter),
    ...spoken(filter),
  ]
}

/** Codes of the catalogue that are meant. */
const codesWithin = (wanted: readonly string[], known: readonly string[]): readonly string[] =>
  wanted.length === 0 ? [] : known.filter((code) => isWithin(code, wanted))

const source1 = (
  table: Sql,
  column: string,
  type: Source['type'],
  values: Source['values'],
): Source => ({ table, column, type, values })

const equal = (table: Sql, column: string, value: string): Condition => ({
  where: sql`e.${sql.identifier(column)} = ${value}::uuid`,
  sources: [source1(table, column, 'uuid', [value])],
})

/** Each value costs a look into the index; beyond these they are only compared. */
const maxOrdered = 500

const anyOf = (table: Sql, column: string, values: readonly string[]): Condition => ({
  where: sql`e.${sql.identifier(column)} = any (${values}::uuid[])`,
  ...(values.length > maxOrdered ? {} : { sources: [source1(table, column, 'uuid', values)] }),
})

const equalText = (table: Sql, column: string, values: readonly string[]): Condition => ({
  where: sql`e.${sql.identifier(column)} = any (${values}::text[])`,
  sources: [source1(table, column, 'text', values)],
})

/** Of the first event, or of a further one. */
const tagged = (column: 'action' | 'target_kind', values: readonly string[]): Condition => ({
  where: sql`(e.${sql.identifier(column)} = any (${values}::text[]) or e.event_count > 1 and exists (
    select from ${tags} t where t.sequence = e.sequence and t.tag = any (${values}::text[])))`,
  unordered: sql`(e.${sql.identifier(column)} = any (${values}::text[]) or e.sequence = any (array(
    select sequence from ${tags} where tag = any (${values}::text[]))))`,
  sources: [source1(entries, column, 'text', values), source1(tags, 'tag', 'text', values)],
})

/** Rows of no organization are for those who may see all. */
const inOrganizations = (table: Sql, { organizations }: EntryFilter): readonly Condition[] =>
  organizations === '*' ? [] : [anyOf(table, 'organization_id', organizations)]

/** Each word begins a word of the entry. */
function spoken({ words }: EntryFilter): readonly Condition[] {
  return words.map((word) => ({
    where: sql`' ' || e.words like ${`% ${startingWith(word)}`}`,
    words: `'${word}':*`,
  }))
}
