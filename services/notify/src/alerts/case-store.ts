import { type Queryable, sql, unnest } from '@holdfast/postgres'
import { severityNumber, severityOf } from '../domain/severity.ts'
import type { AlertCase } from './case.ts'

interface CaseRow {
  readonly alert_id: string
  readonly rule_key: string
  readonly organization_id: string | null
  readonly cause: string
  readonly rule_id: string | null
  readonly code: string
  readonly severity: number
  readonly title: string
  readonly detail: string
  readonly about_sequence: bigint
  readonly count: bigint
  readonly raised_at: Date
  readonly last_at: Date
  readonly sources: readonly string[]
  readonly over_since: Date | null
}

const columns = sql`alert_id, rule_key, organization_id, cause, rule_id, code, severity, title, detail,
  about_sequence, count, raised_at, last_at, sources, over_since`

function toCase(row: CaseRow): AlertCase {
  const severity = severityOf(row.severity)
  if (!severity) throw new Error(`alert ${row.alert_id} without a severity`)
  return {
    alertId: row.alert_id,
    ruleKey: row.rule_key,
    organizationId: row.organization_id ?? undefined,
    cause: row.cause,
    ruleId: row.rule_id ?? undefined,
    code: row.code,
    severity,
    title: row.title,
    detail: row.detail,
    aboutSequence: row.about_sequence,
    count: row.count,
    raisedAt: row.raised_at.getTime(),
    lastAt: row.last_at.getTime(),
    sources: row.sources,
    overSince: row.over_since?.getTime(),
  }
}

/** Open cases of these rules, locked until the transaction ends. A rule has few (`maxOpenOfRule`) in an organization. */
export async function openCases(
  tx: Queryable,
  groups: readonly { readonly ruleKey: string; readonly organizationId: string | undefined }[],
): Promise<readonly AlertCase[]> {
  const wanted = unnest(
    { rule_key: 'text', organization_id: 'uuid' },
    groups.map(({ ruleKey, organizationId }) => ({
      rule_key: ruleKey,
      organization_id: organizationId,
    })),
  )
  const rows = await tx.query<CaseRow>(sql`
    select ${columns} from notify.alert_cases
    where is_open and (rule_key, coalesce(organization_id::text, '')) in (
      select w.rule_key, coalesce(w.organization_id::text, '') from ${wanted} as w)
    for update`)
  return rows.map(toCase)
}

const written = {
  alert_id: 'uuid',
  rule_key: 'text',
  organization_id: 'uuid',
  cause: 'text',
  rule_id: 'uuid',
  code: 'text',
  severity: 'integer',
  title: 'text',
  detail: 'text',
  about_sequence: 'bigint',
  count: 'bigint',
  raised_at: 'timestamptz',
  last_at: 'timestamptz',
  sources: 'text[]',
} as const

/** Writes cases down, new ones and those that changed, in one statement. */
export async function saveCases(tx: Queryable, cases: readonly AlertCase[]): Promise<void> {
  if (cases.length === 0) return
  const rows = unnest(
    written,
    cases.map((one) => ({
      alert_id: one.alertId,
      rule_key: one.ruleKey,
      organization_id: one.organizationId,
      cause: one.cause,
      rule_id: one.ruleId,
      code: one.code,
      severity: severityNumber(one.severity),
      title: one.title,
      detail: one.detail,
      about_sequence: one.aboutSequence,
      count: one.count,
      raised_at: new Date(one.raisedAt),
      last_at: new Date(one.lastAt),
      sources: one.sources,
    })),
  )
  await tx.execute(sql`
    insert into notify.alert_cases (alert_id, rule_key, organization_id, cause, rule_id, code, severity,
      title, detail, about_sequence, count, raised_at, last_at, sources, over_since, is_open,
      told_count, told_severity)
    select alert_id, rule_key, organization_id, cause, rule_id, code, severity,
      title, detail, about_sequence, count, raised_at, last_at, sources, null, true, 0, 0
    from ${rows} as r
    on conflict (alert_id) do update set severity = excluded.severity, title = excluded.title,
      detail = excluded.detail, about_sequence = excluded.about_sequence, count = excluded.count,
      last_at = excluded.last_at, sources = excluded.sources, over_since = null`)
}

/** Who said that an alarm goes on says that it is over. When nobody is left, it may end (`endOverdue`). */
export async function endAlarm(
  tx: Queryable,
  alarm: {
    readonly code: string
    readonly cause: string
    readonly organizationId: string | undefined
    readonly source: string
    readonly at: Date
  },
): Promise<void> {
  await tx.execute(sql`
    update notify.alert_cases set sources = array_remove(sources, ${alarm.source}),
      over_since = case when cardinality(array_remove(sources, ${alarm.source})) = 0
        then coalesce(over_since, ${alarm.at}::timestamptz) end
    where is_open and code = ${alarm.code} and cause = ${alarm.cause}
      and ${alarm.source} = any (sources)
      and organization_id is not distinct from ${alarm.organizationId ?? null}::uuid`)
}

/** Ends what has been over for long enough; answers whether there was any. */
export async function endOverdue(postgres: Queryable, before: Date): Promise<boolean> {
  const ended = await postgres.execute(sql`
    update notify.alert_cases set is_open = false where is_open and over_since <= ${before}`)
  return ended > 0
}

/** Somebody resolved these: what comes now is another alert. */
export async function dropCases(tx: Queryable, alertIds: readonly string[]): Promise<void> {
  if (alertIds.length === 0) return
  await tx.execute(sql`delete from notify.alert_cases where alert_id = any (${alertIds}::uuid[])`)
}

export interface UntoldCase extends AlertCase {
  readonly isOpen: boolean
}

/** What the log does not know yet, oldest first. */
export async function untoldCases(postgres: Queryable): Promise<readonly UntoldCase[]> {
  const rows = await postgres.query<CaseRow & { is_open: boolean }>(sql`
    select ${columns}, is_open from notify.alert_cases
    where not is_open or count >= 2 * told_count or severity > told_severity
    order by raised_at, alert_id limit 200`)
  return rows.map((row) => ({ ...toCase(row), isOpen: row.is_open }))
}

/** Another log: what the one before was told, this one may not know. Telling it what it knows changes nothing. */
export const tellAgain = (tx: Queryable): Promise<number> =>
  tx.execute(sql`update notify.alert_cases set told_count = 0, told_severity = 0`)

/** The log knows the case as it was read. */
export async function markTold(postgres: Queryable, told: UntoldCase): Promise<void> {
  const { alertId, count, severity, isOpen } = told
  if (!isOpen) return await dropCases(postgres, [alertId])
  await postgres.execute(sql`
    update notify.alert_cases set told_count = ${count}, told_severity = ${severityNumber(severity)}
    where alert_id = ${alertId}`)
}
