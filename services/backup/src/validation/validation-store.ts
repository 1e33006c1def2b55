import {
  type Page,
  type PageWish,
  type Postgres,
  type Queryable,
  type ReadScope,
  type Sql,
  sequenceOf,
  sql,
  toPage,
} from '@holdfast/postgres'
import type { ValidationResult } from '../domain/validation.ts'

export interface ValidationTask {
  readonly runId: string
  readonly organizationId: string
  /** This one included. */
  readonly attempts: number
}

export interface TaskLease {
  readonly holder: string
  readonly leaseMs: number
}

/** Puts in every organization there is, or one. Answers which. */
export async function insertTasks(
  tx: Queryable,
  runId: string,
  organizationId: string,
): Promise<readonly string[]> {
  const rows = await tx.query<{ organization_id: string }>(sql`
    insert into backup.validation_tasks (run_id, organization_id)
    select ${runId}::uuid, organization_id from backup.organizations
    where ${organizationId === '' ? sql`true` : sql`organization_id = ${organizationId}::uuid`}
    on conflict do nothing returning organization_id`)
  return rows.map((row) => row.organization_id)
}

export async function waitingTasks(tx: Queryable): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    sql`select count(*)::integer as count from backup.validation_tasks`,
  )
  return row?.count ?? 0
}

/**
 * Up to which slot runs were begun. The first time: up to now, for nothing was missed before there was anything.
 */
export async function lastSlot(tx: Queryable, nowUnixMs: number): Promise<number> {
  await tx.execute(sql`
    insert into backup.validation_slots (last_slot_unix_ms) values (${nowUnixMs})
    on conflict do nothing`)
  const [row] = await tx.query<{ last_slot_unix_ms: bigint }>(
    sql`select last_slot_unix_ms from backup.validation_slots`,
  )
  return Number(row?.last_slot_unix_ms ?? nowUnixMs)
}

/** Of several instances one begins the run of a slot; all slots up to it are done with. */
export async function beginSlot(
  postgres: Postgres,
  slotUnixMs: number,
  runId: string,
): Promise<readonly string[]> {
  return await postgres.tx(async (tx) => {
    const won = await tx.execute(sql`
      update backup.validation_slots set last_slot_unix_ms = ${slotUnixMs}
      where last_slot_unix_ms < ${slotUnixMs}`)
    return won === 1 ? await insertTasks(tx, runId, '') : []
  })
}

/** The next one that is due, if any. Attempts are counted here, so that one that ends its process is seen. */
export async function claimTask(
  tx: Queryable,
  { holder, leaseMs }: TaskLease,
): Promise<ValidationTask | undefined> {
  const [row] = await tx.query<{ run_id: string; organization_id: string; attempts: number }>(sql`
    update backup.validation_tasks t set leased_by = ${holder}::uuid, attempts = t.attempts + 1,
      leased_until = now() + ${leaseMs} * interval '1 millisecond'
    from (
      select run_id, organization_id from backup.validation_tasks
      where next_at <= now() and (leased_until is null or leased_until <= now())
      order by next_at, requested_at, organization_id limit 1 for update skip locked
    ) due
    where t.run_id = due.run_id and t.organization_id = due.organization_id
    returning t.run_id, t.organization_id, t.attempts`)
  return row && { runId: row.run_id, organizationId: row.organization_id, attempts: row.attempts }
}

const mine = ({ runId, organizationId }: ValidationTask, holder: string): Sql =>
  sql`run_id = ${runId}::uuid and organization_id = ${organizationId}::uuid and leased_by = ${holder}::uuid`

/** To be tried again, by whoever is next. */
export const releaseTask = (
  tx: Queryable,
  task: ValidationTask,
  holder: string,
  { afterMs, isCounted }: { readonly afterMs: number; readonly isCounted: boolean },
): Promise<number> =>
  tx.execute(sql`
    update backup.validation_tasks set leased_by = null, leased_until = null,
      next_at = now() + ${afterMs} * interval '1 millisecond',
      attempts = attempts - ${isCounted ? 0 : 1}
    where ${mine(task, holder)}`)

export const endTask = (tx: Queryable, task: ValidationTask, holder: string): Promise<number> =>
  tx.execute(sql`delete from backup.validation_tasks where ${mine(task, holder)}`)

/** The newest completed snapshot of the organization, or of all of them. */
export async function newestSnapshot(
  tx: Queryable,
  organizationId: string,
): Promise<{ readonly id: string; readonly createdAtUnixMs: number } | undefined> {
  const [row] = await tx.query<{ backup_id: string; created_at_unix_ms: bigint }>(sql`
    select backup_id, created_at_unix_ms from backup.backups
    where kind = 'snapshot' and status = 'completed'
      and (organization_id = ${organizationId}::uuid or organization_id is null)
    order by created_at_unix_ms desc, backup_id desc limit 1`)
  return row && { id: row.backup_id, createdAtUnixMs: Number(row.created_at_unix_ms) }
}

export interface ValidationView {
  readonly organizationId: string
  readonly runId: string
  readonly result: ValidationResult
  readonly backupId: string
  readonly backupCreatedAtUnixMs: number
  readonly code: string
  readonly detail: string
  readonly records: number
  readonly tookMs: number
  readonly atUnixMs: number
  /** Zero: never. */
  readonly lastOkAtUnixMs: number
}

interface Row {
  readonly organization_id: string
  readonly run_id: string
  readonly result: ValidationResult
  readonly backup_id: string | null
  readonly backup_created_at_unix_ms: bigint
  readonly code: string
  readonly detail: string
  readonly records: bigint
  readonly took_ms: bigint
  readonly at_unix_ms: bigint
  readonly last_ok_at_unix_ms: bigint | null
}

const viewOf = (row: Row): ValidationView => ({
  organizationId: row.organization_id,
  runId: row.run_id,
  result: row.result,
  backupId: row.backup_id ?? '',
  backupCreatedAtUnixMs: Number(row.backup_created_at_unix_ms),
  code: row.code,
  detail: row.detail,
  records: Number(row.records),
  tookMs: Number(row.took_ms),
  atUnixMs: Number(row.at_unix_ms),
  lastOkAtUnixMs: Number(row.last_ok_at_unix_ms ?? 0n),
})

const columns = sql`v.organization_id, v.run_id, v.result, v.backup_id, v.backup_created_at_unix_ms,
  v.code, v.detail, v.records, v.took_ms, v.at_unix_ms, g.at_unix_ms as last_ok_at_unix_ms`
/** Of organizations there are: one that was deleted has nothing to be restored. */
const rows = sql`backup.validations v
  join backup.organizations o on o.organization_id = v.organization_id
  left join backup.good_validations g on g.organization_id = v.organization_id`

/** Newest first. Empty filters: any. */
export async function listValidations(
  postgres: Postgres,
  scope: ReadScope,
  filter: { readonly organizationId: string; readonly result: string },
  page: PageWish,
): Promise<Page<ValidationView>> {
  const { after, limit } = page
  const found = await postgres.read(scope, (tx) =>
    tx.query<Row>(sql`
      select ${columns} from ${rows}
      where ${
        after
          ? sql`(v.at_unix_ms, v.organization_id) < (${sequenceOf(after)}, ${after.id}::uuid)`
          : sql`true`
      }
        and ${filter.organizationId === '' ? sql`true` : sql`v.organization_id = ${filter.organizationId}::uuid`}
        and ${filter.result === '' ? sql`true` : sql`v.result = ${filter.result}`}
      order by v.at_unix_ms desc, v.organization_id desc limit ${limit + 1}`),
  )
  const listed = toPage(found, page, (row) => ({
    key: row.at_unix_ms.toString(),
    id: row.organization_id,
  }))
  return { rows: listed.rows.map(viewOf), nextCursor: listed.nextCursor }
}

/** What the last validations found wrong, with whose. */
export async function failedValidations(
  tx: Queryable,
): Promise<readonly (ValidationView & { readonly organization: string })[]> {
  const found = await tx.query<Row & { organization: string }>(sql`
    select ${columns}, o.name as organization from ${rows}
    where v.result in ('error', 'timeout') order by v.organization_id limit 1000`)
  return found.map((row) => ({ ...viewOf(row), organization: row.organization }))
}

export interface ValidationFigures {
  readonly failing: number
  /** Zero: never. */
  readonly lastAtUnixMs: number
}

export async function validationFigures(tx: Queryable): Promise<ValidationFigures> {
  const [row] = await tx.query<{ failing: number; last: bigint | null }>(sql`
    select count(*) filter (where v.result in ('error', 'timeout'))::integer as failing,
      max(v.at_unix_ms) as last from ${rows}`)
  return { failing: row?.failing ?? 0, lastAtUnixMs: Number(row?.last ?? 0n) }
}
