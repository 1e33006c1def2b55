import type { OrganizationId } from '@holdfast/domain'
import type { RuleSettings } from '@holdfast/policy'
import {
  keyset,
  type Page,
  type PageWish,
  type Postgres,
  type ReadScope,
  sequenceOf,
  sql,
  toPage,
} from '@holdfast/postgres'
import type { RuleId } from '../domain/ids.ts'
import { type RecordedChange, touched } from '../domain/undo.ts'
import { settingsFromBytes } from '../projections/settings-columns.ts'

/** What one commit made of one rule. */
export interface RuleChangeView {
  readonly sequence: bigint
  readonly timeUnixMs: number
  readonly ruleId: RuleId
  readonly kind: 'created' | 'updated' | 'deleted'
  readonly actorKind: string
  readonly actorId: string
  readonly reason: string
  readonly changeSetName: string
  /** Undefined when there was no rule. */
  readonly before: RuleSettings | undefined
  readonly after: RuleSettings | undefined
}

interface Row {
  readonly rule_id: RuleId
  readonly sequence: bigint
  readonly kind: RuleChangeView['kind']
  readonly settings: Uint8Array | null
  readonly settings_before: Uint8Array | null
  readonly time_unix_ms: bigint
  readonly actor_kind: string
  readonly actor_id: string
  readonly reason: string
  readonly change_set_name: string
}

const optional = (bytes: Uint8Array | null): RuleSettings | undefined =>
  bytes ? settingsFromBytes(bytes) : undefined

const toView = (row: Row): RuleChangeView => ({
  sequence: row.sequence,
  timeUnixMs: Number(row.time_unix_ms),
  ruleId: row.rule_id,
  kind: row.kind,
  actorKind: row.actor_kind,
  actorId: row.actor_id,
  reason: row.reason,
  changeSetName: row.change_set_name,
  before: optional(row.settings_before),
  after: optional(row.settings),
})

/** The row before it, of the same rule. */
const before = sql`left join lateral (
  select b.settings from rules.rule_changes b
  where b.rule_id = c.rule_id and b.sequence < c.sequence order by b.sequence desc limit 1) b on true`

export interface ChangeFilter {
  readonly organizationId: string
  /** Empty: of all rules. */
  readonly ruleId: string
}

/** Newest first. */
export async function listRuleChanges(
  postgres: Postgres,
  scope: ReadScope,
  page: PageWish,
  { organizationId, ruleId }: ChangeFilter,
): Promise<Page<RuleChangeView>> {
  // Newest first is oldest first of negative numbers.
  const { where, tail } = keyset(page, sql`(-sequence)`, sql`rule_id`, (at) => -sequenceOf(at))
  const rows = await postgres.read(scope, (tx) =>
    tx.query<Row>(sql`
      with c as materialized (
        select rule_id, sequence, kind, settings from rules.rule_changes
        where ${where}
          and ${organizationId === '' ? sql`true` : sql`organization_id = ${organizationId}::uuid`}
          and ${ruleId === '' ? sql`true` : sql`rule_id = ${ruleId}::uuid`}
        ${tail})
      select c.rule_id, c.sequence, c.kind, c.settings, b.settings as settings_before,
        m.time_unix_ms, m.actor_kind, m.actor_id, m.reason, m.change_set_name
      from c join rules.rule_commits m on m.sequence = c.sequence ${before}
      order by -c.sequence, c.rule_id`),
  )
  const { rows: shown, nextCursor } = toPage(rows, page, (row) => ({
    key: row.sequence.toString(),
    id: row.rule_id,
  }))
  return { rows: shown.map(toView), nextCursor }
}

/** The last change of a rule up to a sequence. */
export async function lastChangeOf(
  postgres: Postgres,
  scope: ReadScope,
  ruleId: string,
  upTo: bigint,
): Promise<RuleChangeView | undefined> {
  const [row] = await postgres.read(scope, (tx) =>
    tx.query<Row>(sql`
      select c.rule_id, c.sequence, c.kind, c.settings, b.settings as settings_before,
        m.time_unix_ms, m.actor_kind, m.actor_id, m.reason, m.change_set_name
      from rules.rule_changes c join rules.rule_commits m on m.sequence = c.sequence ${before}
      where c.rule_id = ${ruleId}::uuid and c.sequence <= ${upTo}
      order by c.sequence desc limit 1`),
  )
  return row && toView(row)
}

/** By negative sequences, as the index has them: all that one commit did to the rules of an organization; what undoing it starts from. */
export async function recordedChanges(
  postgres: Postgres,
  organizationId: OrganizationId,
  sequence: bigint,
): Promise<readonly RecordedChange[]> {
  const rows = await postgres.query<{
    rule_id: RuleId
    settings: Uint8Array | null
    settings_before: Uint8Array | null
    rule_order: bigint
    changes: bigint
    is_last: boolean
  }>(sql`
    select c.rule_id, c.settings, b.settings as settings_before, l.rule_order, l.changes,
      l.last = c.sequence as is_last
    from rules.rule_changes c ${before}
      join lateral (
        select max(rule_order) as rule_order, count(*) as changes, max(sequence) as last
        from rules.rule_changes where rule_id = c.rule_id) l on true
    where c.organization_id = ${organizationId}::uuid and (-c.sequence) = ${-sequence}::bigint
    order by c.rule_id`)
  const later = await postgres.query<{ rule_id: RuleId; settings: Uint8Array }>(sql`
    select l.rule_id, l.settings from rules.rule_changes c
      join rules.rule_changes l on l.rule_id = c.rule_id and l.sequence > c.sequence
    where c.organization_id = ${organizationId}::uuid and (-c.sequence) = ${-sequence}::bigint
      and l.settings is not null
    order by l.rule_id, l.sequence`)
  const laterOf = new Map<RuleId, RuleSettings[]>()
  for (const { rule_id, settings } of later) {
    const list = laterOf.get(rule_id)
    if (list) list.push(settingsFromBytes(settings))
    else laterOf.set(rule_id, [settingsFromBytes(settings)])
  }
  return rows.map((row) => {
    const after = optional(row.settings)
    return {
      ruleId: row.rule_id,
      before: optional(row.settings_before),
      after,
      order: Number(row.rule_order),
      touchedSince: touched(after, laterOf.get(row.rule_id) ?? []),
      isLast: row.is_last,
      changes: Number(row.changes),
    }
  })
}
