import { isUuid, type OrganizationId } from '@holdfast/domain'
import type { Action, RuleSettings } from '@holdfast/policy'
import {
  containing,
  keyset,
  type Page,
  type PageWish,
  type Postgres,
  type ReadScope,
  relation,
  type Sql,
  sequenceOf,
  sql,
  toPage,
} from '@holdfast/postgres'
import type { RuleId } from '../domain/ids.ts'
import { nameKey } from '../domain/settings.ts'
import { place as placeText } from '../projections/rules.ts'
import { settingsFromBytes } from '../projections/settings-columns.ts'

/** A rule without its place in the order of evaluation, which depends on all others. */
export interface FoundRule {
  readonly id: RuleId
  readonly organizationId: OrganizationId
  readonly settings: RuleSettings
  readonly order: number
  readonly createdAtUnixMs: number
  readonly updatedAtUnixMs: number
  readonly updatedByKind: string
  readonly updatedById: string
  readonly revision: number
  /** Of the last commit that changed it. */
  readonly sequence: bigint
  /** Of the last commit on its set. */
  readonly setSequence: bigint
}

export interface RuleView extends Omit<FoundRule, 'setSequence'> {
  /** Place in the order of evaluation of the whole set, from 1. */
  readonly position: number
}

export interface RuleRow {
  readonly rule_id: RuleId
  readonly organization_id: OrganizationId
  readonly rule_order: bigint
  readonly place: bigint
  readonly settings: Uint8Array
  readonly created_at_unix_ms: bigint
  readonly updated_at_unix_ms: bigint
  readonly updated_by_kind: string
  readonly updated_by_id: string
  readonly revision: bigint
  readonly sequence: bigint
}

interface FoundRow extends RuleRow {
  readonly set_sequence: bigint
}

const place = sql.raw(placeText)
const rulesAt = (at: bigint | undefined): Sql => relation('rules', 'rules', at)

const plain = sql`rule_id, organization_id, rule_order, ${place} as place, settings,
  created_at_unix_ms, updated_at_unix_ms, updated_by_kind, updated_by_id, revision, sequence`
/** Of the past, places are counted: no set in memory knows them. */
const columnsAt = (at: bigint | undefined): Sql =>
  at === undefined ? columns : sql`${plain}, 0::bigint as set_sequence`
const columns = sql`rule_id, organization_id, rule_order, ${place} as place, settings,
  created_at_unix_ms, updated_at_unix_ms, updated_by_kind, updated_by_id, revision, sequence,
  coalesce((select s.sequence from rules.rule_sets s where s.organization_id = r.organization_id), 0)
    as set_sequence`

const toFoundRule = (row: FoundRow): FoundRule => ({
  ...ruleOf(row),
  setSequence: row.set_sequence,
})

const toRuleView = (row: RuleRow, position: number): RuleView => ({ ...ruleOf(row), position })

const ruleOf = (row: RuleRow) => ({
  id: row.rule_id,
  organizationId: row.organization_id,
  settings: settingsFromBytes(row.settings),
  order: Number(row.rule_order),
  createdAtUnixMs: Number(row.created_at_unix_ms),
  updatedAtUnixMs: Number(row.updated_at_unix_ms),
  updatedByKind: row.updated_by_kind,
  updatedById: row.updated_by_id,
  revision: Number(row.revision),
  sequence: row.sequence,
})

/** Rules of that id, or of that name regardless of case, of one organization when it is given. At most 20. After `at` when it is given. */
export async function matchRules(
  postgres: Postgres,
  scope: ReadScope,
  idOrName: string,
  organizationId: string | undefined,
  at?: bigint,
): Promise<readonly FoundRule[]> {
  const rows = await postgres.read(scope, (tx) =>
    tx.query<FoundRow>(sql`
      select ${columnsAt(at)} from ${rulesAt(at)} r
      where ${isUuid(idOrName) ? sql`rule_id = ${idOrName}::uuid` : sql`name_key = ${nameKey(idOrName)}`}
        and ${ofOrganization(organizationId ?? '')}
      order by name_key, rule_id limit 20`),
  )
  return rows.map(toFoundRule)
}

const ofOrganization = (organizationId: string): Sql =>
  organizationId === '' ? sql`true` : sql`organization_id = ${organizationId}::uuid`

/** The organization of a rule, also of one that is gone. */
export async function homeOfRule(
  postgres: Postgres,
  id: string,
): Promise<OrganizationId | undefined> {
  const [row] = await postgres.query<{ organization_id: OrganizationId }>(sql`
    select organization_id from rules.rule_changes where rule_id = ${id}::uuid limit 1`)
  return row?.organization_id
}

/** When a rule was created; what a command does not know of the rule it changed. */
export async function ruleCreatedAt(postgres: Postgres, id: string): Promise<number | undefined> {
  const [row] = await postgres.query<{ created_at_unix_ms: bigint }>(
    sql`select created_at_unix_ms from rules.rules where rule_id = ${id}::uuid`,
  )
  return row && Number(row.created_at_unix_ms)
}

export interface RuleFilter {
  readonly organizationId: string
  /** Part of the name, the description or a tag. */
  readonly query: string
  readonly tag: string
  readonly action: Action | undefined
  /** Ids of what is on a node: only rules that hold on one of them, or everywhere. */
  readonly targets: readonly string[] | undefined
}

/** Every rule of an organization in order, now or after a sequence. */
export async function allRules(
  postgres: Postgres,
  organizationId: string,
  at: bigint | undefined,
): Promise<readonly RuleView[]> {
  const rows = await postgres.query<RuleRow>(sql`
    select ${plain} from ${await wholeSets(postgres, [organizationId], at)} r
    where organization_id = ${organizationId}::uuid order by ${place}`)
  return rows.map((row, i) => toRuleView(row, i + 1))
}

/** Rules ever created, up to which they are looked up one by one in whole sets of the past. */
const maxLookups = 20_000

/**
 * What a query of whole sets reads. Of the past, a list walks over all versions that began before or ended after, many
 * for a set that changes often. So each rule there ever was is looked up instead: `limit 1` ends the walk over its
 * versions, which are in order, at the first that held then.
 */
async function wholeSets(
  postgres: Postgres,
  organizationIds: readonly string[],
  at: bigint | undefined,
): Promise<Sql> {
  if (at === undefined) return rulesAt(at)
  const keys = sql`
    select rule_id from rules.rule_changes
    where organization_id = any (${organizationIds}::uuid[]) and kind = 'created' and sequence <= ${at}`
  const [count] = await postgres.query<{ many: boolean }>(sql`
    select exists (select from (${keys}) k offset ${maxLookups}) as many`)
  if (count?.many !== false) return rulesAt(at)
  return sql`(
    select one.* from (select distinct rule_id from (${keys}) c) k
    cross join lateral (select * from ${rulesAt(at)} v where v.rule_id = k.rule_id limit 1) one)`
}

/** In the order in which they are evaluated; as they were after `at` when it is given. */
export async function listRules(
  postgres: Postgres,
  scope: ReadScope,
  page: PageWish,
  filter: RuleFilter,
  at?: bigint,
): Promise<Page<FoundRule>> {
  const { where, tail } = keyset(page, place, sql`rule_id`, sequenceOf)
  const rows = await postgres.read(scope, (tx) =>
    tx.query<FoundRow>(sql`
      select ${columnsAt(at)} from ${rulesAt(at)} r
      where ${where} and ${ofOrganization(filter.organizationId)} and ${matching(filter)} ${tail}`),
  )
  const found = toPage(rows, page, (row) => ({ key: row.place.toString(), id: row.rule_id }))
  return { rows: found.rows.map(toFoundRule), nextCursor: found.nextCursor }
}

/** Places of these rules, counted in their whole sets; what that takes grows with the sets. */
export async function numberRules(
  postgres: Postgres,
  rules: readonly Pick<FoundRule, 'id' | 'organizationId'>[],
  at?: bigint,
): Promise<ReadonlyMap<string, number>> {
  const ids = rules.map(({ id }) => id)
  const of = [...new Set(rules.map(({ organizationId }) => organizationId))]
  const rows = await postgres.query<{ rule_id: string; position: bigint }>(sql`
    select rule_id, position from (
      select rule_id, row_number() over (partition by organization_id order by ${place}) as position
      from ${await wholeSets(postgres, of, at)} r where organization_id = any (${of}::uuid[])) numbered
    where rule_id = any (${ids}::uuid[])`)
  return new Map(rows.map((row) => [row.rule_id, Number(row.position)]))
}

function matching({ query, tag, action, targets }: RuleFilter): Sql {
  const conditions: Sql[] = [sql`true`]
  if (query !== '') conditions.push(sql`search like ${containing(query.toLowerCase())}`)
  if (tag !== '') conditions.push(sql`${tag} = any (tags)`)
  if (action !== undefined) conditions.push(sql`action = ${action}`)
  if (targets) conditions.push(sql`target_id = any (${['', ...targets]}::text[])`)
  return sql.join(conditions, sql` and `)
}
