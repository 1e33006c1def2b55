import { type Queryable, sql, unnest } from '@holdfast/postgres'
import { type AlertWindow, fill } from '../domain/alert-window.ts'
import type { Finding } from './case.ts'
import type { Hit } from './hits.ts'

interface WindowRow {
  readonly rule_id: string
  readonly scope: string
  readonly happened: readonly (readonly [number, number])[]
}

/**
 * What of the hits raises an alert: each of rules without a threshold, and those that fill the window of the others.
 * Windows move in the caller's transaction: two statements, however many hits.
 */
export async function findingsOf(tx: Queryable, hits: readonly Hit[]): Promise<readonly Finding[]> {
  const counted = hits.filter(({ rule }) => rule.settings.threshold > 1)
  const windows = await loadWindows(tx, counted)
  const findings: Finding[] = []
  for (const hit of hits) {
    const { settings } = hit.rule
    if (settings.threshold <= 1) {
      findings.push(findingOf(hit, hit.occurrence.count))
      continue
    }
    const key = windowKey(hit)
    const { window, fired } = fill(windows.get(key) ?? [], hit.occurrence, settings)
    windows.set(key, window)
    if (fired > 0) findings.push(findingOf(hit, fired))
  }
  await saveWindows(tx, counted, windows)
  return findings
}

const scopeOf = ({ occurrence }: Hit): string => occurrence.organizationId ?? ''
const windowKey = (hit: Hit): string => `${hit.rule.id} ${scopeOf(hit)}`

function findingOf({ rule, occurrence }: Hit, count: number): Finding {
  const { name, severity, threshold, windowMs } = rule.settings
  const isBurst = threshold > 1
  return {
    ruleKey: rule.id,
    ruleId: rule.id,
    organizationId: occurrence.organizationId,
    // Of a burst there is one; it is nobody's in particular.
    cause: isBurst ? 'burst' : `${occurrence.code}|${occurrence.key}`,
    severity,
    title: name,
    detail: isBurst
      ? `${count} within ${inWords(windowMs)}. ${occurrence.detail}`
      : occurrence.detail,
    source: undefined,
    count,
    occurrence,
  }
}

function inWords(ms: number): string {
  const [amount, unit] =
    ms % 3_600_000 === 0
      ? [ms / 3_600_000, 'hour']
      : ms % 60_000 === 0
        ? [ms / 60_000, 'minute']
        : [ms / 1000, 'second']
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`
}

async function loadWindows(tx: Queryable, hits: readonly Hit[]): Promise<Map<string, AlertWindow>> {
  if (hits.length === 0) return new Map()
  const ids = [...new Set(hits.map(({ rule }) => rule.id))]
  const scopes = [...new Set(hits.map(scopeOf))]
  const rows = await tx.query<WindowRow>(sql`
    select rule_id, scope, happened from notify.alert_windows
    where rule_id = any (${ids}::uuid[]) and scope = any (${scopes}::text[])`)
  return new Map(
    rows.map(({ rule_id, scope, happened }) => [
      `${rule_id} ${scope}`,
      happened.map(([at, count]) => ({ at, count })),
    ]),
  )
}

async function saveWindows(
  tx: Queryable,
  hits: readonly Hit[],
  windows: ReadonlyMap<string, AlertWindow>,
): Promise<void> {
  if (hits.length === 0) return
  const rows = [...new Map(hits.map((hit) => [windowKey(hit), hit]))].map(([key, hit]) => ({
    rule_id: hit.rule.id,
    scope: scopeOf(hit),
    happened: (windows.get(key) ?? []).map(({ at, count }) => [at, count]),
  }))
  await tx.execute(sql`
    insert into notify.alert_windows (rule_id, scope, happened)
    select rule_id, scope, happened
    from ${unnest({ rule_id: 'uuid', scope: 'text', happened: 'jsonb' }, rows)} as w
    on conflict (rule_id, scope) do update set happened = excluded.happened`)
}

/** Windows of rules that are gone. */
export async function forgetWindows(tx: Queryable, ruleIds: readonly string[]): Promise<void> {
  if (ruleIds.length === 0) return
  await tx.execute(sql`delete from notify.alert_windows where rule_id = any (${ruleIds}::uuid[])`)
}
