import { isUuid } from '@holdfast/domain'
import { type Postgres, type ReadScope, relation, type Sql, sql } from '@holdfast/postgres'
import { builtinRules } from '../domain/alert-builtin.ts'
import type { AlertRuleSettings } from '../domain/alert-rule.ts'
import { severityOf } from '../domain/severity.ts'

export interface AlertRuleView {
  readonly id: string
  readonly organizationId: string | undefined
  readonly settings: AlertRuleSettings
  readonly isBuiltin: boolean
  readonly createdAtUnixMs: number
  readonly updatedAtUnixMs: number
  readonly revision: bigint
}

interface AlertRuleRow {
  readonly rule_id: string
  readonly organization_id: string | null
  readonly name: string
  readonly severity: number
  readonly actions: readonly string[]
  readonly alarms: readonly string[]
  readonly filter: string
  readonly threshold: number
  readonly window_ms: bigint
  readonly mail_to: readonly {
    readonly key_id: string
    readonly nonce: string
    readonly ciphertext: string
  }[]
  readonly is_enabled: boolean
  readonly description: string
  readonly created_at_unix_ms: bigint
  readonly updated_at_unix_ms: bigint
  readonly revision: bigint
}

const columns = sql`rule_id, organization_id, name, severity, actions, alarms, filter, threshold,
  window_ms, mail_to, is_enabled, description, created_at_unix_ms, updated_at_unix_ms, revision`

const builtinIds = builtinRules.map(({ id }) => id)

function toView(row: AlertRuleRow): AlertRuleView {
  const severity = severityOf(row.severity)
  if (!severity) throw new Error(`alert rule ${row.rule_id} without a severity`)
  const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))
  return {
    id: row.rule_id,
    organizationId: row.organization_id ?? undefined,
    settings: {
      name: row.name,
      severity,
      actions: row.actions,
      alarms: row.alarms,
      filter: row.filter,
      threshold: row.threshold,
      windowMs: Number(row.window_ms),
      mailTo: row.mail_to.map(({ key_id, nonce, ciphertext }) => ({
        keyId: key_id,
        nonce: bytes(nonce),
        ciphertext: bytes(ciphertext),
      })),
      isEnabled: row.is_enabled,
      description: row.description,
    },
    isBuiltin: builtinIds.includes(row.rule_id),
    createdAtUnixMs: Number(row.created_at_unix_ms),
    updatedAtUnixMs: Number(row.updated_at_unix_ms),
    revision: row.revision,
  }
}

/** As they come with the product. */
const untouched = (changed: ReadonlySet<string>): readonly AlertRuleView[] =>
  builtinRules
    .filter(({ id }) => !changed.has(id))
    .map(({ id, settings }) => ({
      id,
      organizationId: undefined,
      settings,
      isBuiltin: true,
      createdAtUnixMs: 0,
      updatedAtUnixMs: 0,
      revision: 0n,
    }))

const byName = (a: AlertRuleView, b: AlertRuleView): number => {
  const [one, other] = [a.settings.name.toLowerCase(), b.settings.name.toLowerCase()]
  return one < other ? -1 : one > other ? 1 : a.id < b.id ? -1 : 1
}

/**
 * Those the scope shows, by name, at most 2,000 of the log. Rules that come with the product are no secret: everybody who
 * may read alerts sees them, changed or not, while rows of the instance are otherwise for readers of all organizations.
 */
async function readRules(
  postgres: Postgres,
  scope: ReadScope,
  where: Sql,
): Promise<readonly AlertRuleView[]> {
  const table = relation('notify', 'alert_rules', scope.at)
  const everywhere: ReadScope = { ...scope, organizations: '*' }
  const [mine, builtin] = await Promise.all([
    postgres.read(scope, (tx) =>
      tx.query<AlertRuleRow>(sql`
        select ${columns} from ${table} r
        where rule_id <> all (${builtinIds}::uuid[]) and ${where}
        order by name_key, rule_id limit 2000`),
    ),
    postgres.read(everywhere, (tx) =>
      tx.query<AlertRuleRow>(sql`
        select ${columns} from ${table} r where rule_id = any (${builtinIds}::uuid[])`),
    ),
  ])
  const changed = builtin.map(toView)
  return [...mine.map(toView), ...changed, ...untouched(new Set(changed.map(({ id }) => id)))].sort(
    byName,
  )
}

/** All there are, for those who watch. */
export async function everyRule(postgres: Postgres): Promise<readonly AlertRuleView[]> {
  const rows = await postgres.query<AlertRuleRow>(sql`select ${columns} from notify.alert_rules`)
  const rules = rows.map(toView)
  return [...rules, ...untouched(new Set(rules.map(({ id }) => id)))]
}

/** How many an organization has, or the instance; those of the product not counted. */
export async function countRules(
  postgres: Postgres,
  organizationId: string | undefined,
): Promise<number> {
  const [row] = await postgres.query<{ count: number }>(sql`
    select count(*)::integer as count from notify.alert_rules
    where organization_id is not distinct from ${organizationId ?? null}::uuid
      and rule_id <> all (${builtinIds}::uuid[])`)
  return row?.count ?? 0
}

/** Rules of that id, or of that name regardless of case; the exact spelling wins. */
export async function matchRules(
  postgres: Postgres,
  scope: ReadScope,
  idOrName: string,
): Promise<readonly AlertRuleView[]> {
  const isId = isUuid(idOrName)
  const key = idOrName.toLowerCase()
  const where = isId ? sql`rule_id = ${idOrName}::uuid` : sql`name_key = ${key}`
  const rules = (await readRules(postgres, scope, where)).filter(({ id, settings }) =>
    isId ? id === idOrName : settings.name.toLowerCase() === key,
  )
  const exact = rules.filter(({ settings }) => settings.name === idOrName)
  return exact.length > 0 ? exact : rules
}

/** By name; a page of `limit` after the rule `after`. There are few enough to sort them here. */
export async function listRules(
  postgres: Postgres,
  scope: ReadScope,
  organizationId: string,
): Promise<readonly AlertRuleView[]> {
  if (organizationId === '') return await readRules(postgres, scope, sql`true`)
  const rules = await readRules(postgres, scope, sql`organization_id = ${organizationId}::uuid`)
  return rules.filter((rule) => rule.organizationId === organizationId)
}
