import { isUuid, type OrganizationId } from '@holdfast/domain'
import type { RuleSet } from '@holdfast/policy'
import {
  type Page,
  type PageWish,
  type Postgres,
  type ReadScope,
  sequenceOf,
  sql,
  toPage,
} from '@holdfast/postgres'
import { nameKey } from '../domain/settings.ts'
import { type RuleFilter, type RuleRow, type RuleView, toRuleView } from './rules.ts'

/**
 * Rules as they were after a sequence: the last change of each rule up to it, but for those that were gone. The
 * rules of one organization are put in order whole, for their positions then.
 */
export async function pastRules(
  postgres: Postgres,
  scope: ReadScope,
  organizationId: string,
  sequence: bigint,
): Promise<readonly RuleView[]> {
  const rows = await postgres.read(scope, (tx) =>
    tx.query<RuleRow>(sql`
      select l.rule_id, l.organization_id, o.rule_order, (l.rank::bigint << 32) + o.rule_order as place,
        l.settings, o.created_at_unix_ms, m.time_unix_ms as updated_at_unix_ms,
        m.actor_kind as updated_by_kind, m.actor_id as updated_by_id, o.revision, l.sequence
      from (
        select distinct on (rule_id) * from rules.rule_changes
        where organization_id = ${organizationId}::uuid and sequence <= ${sequence}
        order by rule_id, sequence desc) l
      join rules.rule_commits m on m.sequence = l.sequence
      join (
        select c.rule_id, max(c.rule_order) as rule_order, count(*) as revision,
          max(cm.time_unix_ms) filter (where c.kind = 'created') as created_at_unix_ms
        from rules.rule_changes c join rules.rule_commits cm on cm.sequence = c.sequence
        where c.organization_id = ${organizationId}::uuid and c.sequence <= ${sequence}
        group by c.rule_id) o on o.rule_id = l.rule_id
      where l.settings is not null
      order by place`),
  )
  return rows.map((row, i) => toRuleView(row, i + 1))
}

/** The rule set of an organization after a sequence, as packages/policy has it. */
export async function ruleSetAt(
  postgres: Postgres,
  organizationId: OrganizationId,
  sequence: bigint,
): Promise<RuleSet> {
  const rules = await pastRules(postgres, { organizations: '*' }, organizationId, sequence)
  const [row] = await postgres.query<{ is_lockout_allowed: boolean }>(sql`
    select is_lockout_allowed from rules.rule_set_versions
    where organization_id = ${organizationId}::uuid and sequence <= ${sequence}
    order by sequence desc limit 1`)
  return {
    rules: rules.map(({ id, settings, order }) => ({ id, settings, order })),
    isLockoutAllowed: row?.is_lockout_allowed ?? false,
  }
}

/** A rule of that id or name as it was after a sequence. */
export async function matchPastRules(
  postgres: Postgres,
  scope: ReadScope,
  idOrName: string,
  organizationId: string,
  sequence: bigint,
): Promise<readonly RuleView[]> {
  const key = nameKey(idOrName)
  const rules = await pastRules(postgres, scope, organizationId, sequence)
  return isUuid(idOrName)
    ? rules.filter(({ id }) => id === idOrName)
    : rules.filter(({ settings }) => nameKey(settings.name) === key)
}

/** A page of them, in the order in which they were evaluated. */
export async function listPastRules(
  postgres: Postgres,
  scope: ReadScope,
  page: PageWish,
  filter: RuleFilter,
  sequence: bigint,
): Promise<Page<RuleView>> {
  const rules = await pastRules(postgres, scope, filter.organizationId, sequence)
  const after = page.after === undefined ? 0 : Number(sequenceOf(page.after))
  const wanted = rules.filter((rule) => rule.position > after && isWanted(rule, filter))
  return toPage(wanted, page, ({ position, id }) => ({ key: `${position}`, id }))
}

/** The same judgement as the conditions of `listRules`. */
function isWanted({ settings }: RuleView, { query, tag, action, targets }: RuleFilter): boolean {
  if (action !== undefined && settings.action !== action) return false
  if (tag !== '' && !settings.tags.includes(tag)) return false
  const { target } = settings
  if (targets && target.kind !== 'everything' && !targets.includes(target.id)) return false
  const searched = [settings.name, settings.description, ...settings.tags].join('\n')
  return query === '' || searched.toLowerCase().includes(query.toLowerCase())
}
