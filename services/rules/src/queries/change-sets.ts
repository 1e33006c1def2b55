import type { OrganizationId } from '@holdfast/domain'
import { type Postgres, type ReadScope, relation, sql } from '@holdfast/postgres'
import { holdfast } from '@holdfast/proto'
import { operationFrom } from '../codecs/rule-set-codec.ts'
import type { ChangeSetId } from '../domain/ids.ts'
import type { RuleOperation } from '../domain/rule-set-state.ts'
import { settingsFromBytes } from '../projections/settings-columns.ts'

export interface ChangeSetView {
  readonly id: ChangeSetId
  readonly organizationId: OrganizationId
  readonly name: string
  readonly operations: readonly RuleOperation[]
  readonly openedAtUnixMs: number
  readonly openedByKind: string
  readonly openedById: string
}

interface Row {
  readonly change_set_id: ChangeSetId
  readonly organization_id: OrganizationId
  readonly name: string
  readonly operations: Uint8Array
  readonly opened_at_unix_ms: bigint
  readonly opened_by_kind: string
  readonly opened_by_id: string
}

const toView = (row: Row): ChangeSetView => ({
  id: row.change_set_id,
  organizationId: row.organization_id,
  name: row.name,
  operations: holdfast.rules.v1.ChangeSetStaged.decode(row.operations).operations.map(
    operationFrom,
  ),
  openedAtUnixMs: Number(row.opened_at_unix_ms),
  openedByKind: row.opened_by_kind,
  openedById: row.opened_by_id,
})

/** The organization of a change set, also of one that ended. */
export async function homeOfChangeSet(
  postgres: Postgres,
  id: string,
): Promise<OrganizationId | undefined> {
  const [row] = await postgres.query<{ organization_id: OrganizationId }>(
    sql`select organization_id from rules.change_sets where change_set_id = ${id}::uuid`,
  )
  return row?.organization_id
}

/** Open ones, oldest first; of one organization, or one of them, when given, and as of then. At most 1,000. */
export async function openChangeSets(
  postgres: Postgres,
  scope: ReadScope,
  { organizationId = '', id = '' }: { organizationId?: string; id?: string },
  at?: bigint,
): Promise<readonly ChangeSetView[]> {
  const rows = await postgres.read(scope, (tx) =>
    tx.query<Row>(sql`
      select change_set_id, organization_id, name, operations, opened_at_unix_ms, opened_by_kind, opened_by_id
      from ${relation('rules', 'change_sets', at)} c
      where is_open
        and ${organizationId === '' ? sql`true` : sql`organization_id = ${organizationId}::uuid`}
        and ${id === '' ? sql`true` : sql`change_set_id = ${id}::uuid`}
      order by opened_sequence limit 1000`),
  )
  return rows.map(toView)
}

/** What rules are called, or were called last when they are gone; by then when `at` is given. */
export async function ruleNames(
  postgres: Postgres,
  ids: readonly string[],
  at?: bigint,
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await postgres.query<{ rule_id: string; settings: Uint8Array }>(sql`
    select distinct on (rule_id) rule_id, settings from rules.rule_changes
    where rule_id = any (${ids}::uuid[]) and settings is not null
      and ${at === undefined ? sql`true` : sql`sequence <= ${at}`}
    order by rule_id, sequence desc`)
  return new Map(rows.map((row) => [row.rule_id, settingsFromBytes(row.settings).name]))
}
