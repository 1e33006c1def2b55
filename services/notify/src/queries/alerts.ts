import {
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
import type { AlertState } from '../domain/alert.ts'
import { AlertNotFound } from '../domain/alert-errors.ts'

export interface AlertView {
  readonly alert_id: string
  readonly organization_id: string | null
  readonly rule_id: string
  readonly code: string
  readonly severity: number
  readonly title: string
  readonly detail: string
  readonly about_sequence: bigint
  readonly count: bigint
  readonly state: AlertState
  readonly raised_at_unix_ms: bigint
  readonly acknowledged_at_unix_ms: bigint
  readonly acknowledged_by: string
  readonly resolved_at_unix_ms: bigint
  readonly note: string
  readonly revision: bigint
}

export interface AlertFilter {
  readonly organizationId: string
  readonly state: AlertState | undefined
  /** This one and worse; 0: all. */
  readonly severity: number
}

const columns = sql`alert_id, organization_id, rule_id, code, severity, title, detail, about_sequence, count, state,
  raised_at_unix_ms, acknowledged_at_unix_ms, acknowledged_by, resolved_at_unix_ms, note, revision`

/**
 * Those the read model does not have, at revision 0: while the log takes nothing they are shown all the same. By what is in
 * the read model and not by what the log was told: in between, an alert would be in neither.
 */
const untold = sql`
  select alert_id, organization_id, coalesce(rule_id::text, '') as rule_id, code, severity::integer, title, detail,
    about_sequence, count, 'open' as state, (extract(epoch from raised_at) * 1000)::bigint as raised_at_unix_ms,
    0::bigint as acknowledged_at_unix_ms, '' as acknowledged_by, 0::bigint as resolved_at_unix_ms, '' as note,
    0::bigint as revision
  from notify.alert_cases c
  where not exists (select from notify.alerts a where a.alert_id = c.alert_id)`

/** Of one page from the read model: the count to the last occurrence, which the log knows to a factor of two. */
const counted = (rows: Sql): Sql => sql`
  select r.*, greatest(r.count, c.count) as counted from (${rows}) r
  left join notify.alert_cases c on c.alert_id = r.alert_id`

function matching({ organizationId, state, severity }: AlertFilter): Sql {
  return sql.join(
    [
      organizationId === '' ? sql`true` : sql`organization_id = ${organizationId}::uuid`,
      state === undefined ? sql`true` : sql`state = ${state}`,
      severity === 0 ? sql`true` : sql`severity >= ${severity}`,
    ],
    sql.raw(' and '),
  )
}

type CountedRow = AlertView & { readonly counted: bigint }
const withCount = ({ counted: count, ...row }: CountedRow): AlertView => ({ ...row, count })

/** Newest first. Reads a page and one row by an index; alerts the log does not know are few. */
export async function listAlerts(
  postgres: Postgres,
  scope: ReadScope,
  page: PageWish,
  filter: AlertFilter,
): Promise<Page<AlertView>> {
  const { after, limit } = page
  const older = after
    ? sql`(raised_at_unix_ms, alert_id) < (${sequenceOf(after)}, ${after.id}::uuid)`
    : sql`true`
  const tail = sql`order by raised_at_unix_ms desc, alert_id desc limit ${limit + 1}`
  const where = sql`where ${older} and ${matching(filter)}`
  const stored = sql`select ${columns} from ${relation('notify', 'alerts', scope.at)} a ${where} ${tail}`
  const rows = await postgres.read(scope, async (tx) => {
    if (scope.at !== undefined) return await tx.query<AlertView>(stored)
    const all = sql`select * from (
      (${stored}) union all (select ${columns} from (${untold}) u ${where} ${tail})) both_of ${tail}`
    const found = await tx.query<CountedRow>(sql`${counted(all)} ${tail}`)
    return found.map(withCount)
  })
  return toPage(rows, page, ({ raised_at_unix_ms, alert_id }) => ({
    key: raised_at_unix_ms.toString(),
    id: alert_id,
  }))
}

/** Open ones the scope shows. */
export async function countOpen(postgres: Postgres, scope: ReadScope): Promise<number> {
  const table = relation('notify', 'alerts', scope.at)
  const more = scope.at === undefined ? sql`+ (select count(*) from (${untold}) u)` : sql.empty
  const [row] = await postgres.read(scope, (tx) =>
    tx.query<{ count: number }>(sql`
      select ((select count(*) from ${table} a where state = 'open') ${more})::integer as count`),
  )
  return row?.count ?? 0
}

/** Throws `notify.alert_not_found`. */
export async function findAlert(
  postgres: Postgres,
  scope: ReadScope,
  id: string,
): Promise<AlertView> {
  const stored = sql`select ${columns} from ${relation('notify', 'alerts', scope.at)} a where alert_id = ${id}::uuid`
  const [row] = await postgres.read(scope, async (tx) => {
    if (scope.at !== undefined) return await tx.query<AlertView>(stored)
    const all = sql`(${stored}) union all (select ${columns} from (${untold}) u where alert_id = ${id}::uuid)`
    return (await tx.query<CountedRow>(counted(all))).map(withCount)
  })
  if (!row) throw AlertNotFound({ alert: id })
  return row
}

/** How many are open, by severity from 1 to 4, those the log cannot be told of included; for metrics. */
export async function openBySeverity(postgres: Postgres): Promise<readonly number[]> {
  const rows = await postgres.query<{ severity: number; count: number }>(sql`
    select severity, count(*)::integer as count from (
      select severity from notify.alerts where state = 'open'
      union all select severity from (${untold}) u
    ) o group by severity`)
  return [1, 2, 3, 4].map((severity) => rows.find((row) => row.severity === severity)?.count ?? 0)
}
