import type { OrganizationId } from '@holdfast/domain'
import type { RuleSet } from '@holdfast/policy'
import { type Postgres, relation, sql } from '@holdfast/postgres'
import type { ApplyId } from '../domain/ids.ts'
import { allRules } from './rules.ts'

/** A change that waits for confirmation. */
export interface PendingView {
  readonly applyId: ApplyId
  readonly name: string
  /** Deadline as the writer of the commit counted it. */
  readonly untilUnixMs: number
  /** Of the commit that applied it. */
  readonly sequence: bigint
}

export interface RuleSetView {
  readonly organizationId: OrganizationId
  readonly ruleCount: number
  readonly isLockoutAllowed: boolean
  /** Of the last commit; 0 when there was none. */
  readonly sequence: bigint
  readonly pending: PendingView | undefined
}

interface Row {
  readonly organization_id: OrganizationId
  readonly rule_count: number
  readonly is_lockout_allowed: boolean
  readonly sequence: bigint
  readonly pending_apply_id: ApplyId | null
  readonly pending_name: string | null
  readonly pending_until_unix_ms: bigint | null
  readonly pending_sequence: bigint | null
}

const toView = (row: Row): RuleSetView => ({
  organizationId: row.organization_id,
  ruleCount: row.rule_count,
  isLockoutAllowed: row.is_lockout_allowed,
  sequence: row.sequence,
  pending:
    row.pending_apply_id === null
      ? undefined
      : {
          applyId: row.pending_apply_id,
          name: row.pending_name ?? '',
          untilUnixMs: Number(row.pending_until_unix_ms),
          sequence: row.pending_sequence ?? 0n,
        },
})

/** The set as a whole; an organization that never had a rule has an empty one. The caller has asked for permission. */
export async function getRuleSet(
  postgres: Postgres,
  organizationId: OrganizationId,
  at?: bigint,
): Promise<RuleSetView> {
  const [row] = await postgres.query<Row>(sql`
    select * from ${relation('rules', 'rule_sets', at)} s
    where organization_id = ${organizationId}::uuid`)
  const empty = { ruleCount: 0, isLockoutAllowed: false, sequence: 0n, pending: undefined }
  return row ? toView(row) : { organizationId, ...empty }
}

/** The rule set of an organization after a sequence, as packages/policy has it. */
export async function ruleSetAt(
  postgres: Postgres,
  organizationId: OrganizationId,
  at: bigint,
): Promise<RuleSet> {
  const [rules, { isLockoutAllowed }] = await Promise.all([
    allRules(postgres, organizationId, at),
    getRuleSet(postgres, organizationId, at),
  ])
  return {
    rules: rules.map(({ id, settings, order }) => ({ id, settings, order })),
    isLockoutAllowed,
  }
}

/** Sets with a change whose deadline was before `untilUnixMs`. */
export async function overdueRuleSets(
  postgres: Postgres,
  untilUnixMs: number,
): Promise<readonly RuleSetView[]> {
  const rows = await postgres.query<Row>(sql`
    select * from rules.rule_sets
    where pending_until_unix_ms is not null and pending_until_unix_ms <= ${untilUnixMs}
    order by pending_until_unix_ms`)
  return rows.map(toView)
}
