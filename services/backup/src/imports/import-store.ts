import { type Postgres, type Queryable, sql, unnest } from '@holdfast/postgres'
import type { Contents } from '../domain/contents.ts'

/** Whose the imports of this service itself are: nobody's to send to, to look into or to run. */
export const ownImports = { restoreJob: 'restore job', validation: 'validation' } as const

export type ImportState =
  | 'receiving'
  | 'received'
  | 'running'
  | 'completed'
  | 'failed'
  | 'interrupted'

/** What somebody wants done with the file; the passphrase is kept nowhere. */
export interface ImportWish {
  /** Empty: by names. */
  readonly organizationId: string
  readonly isDryRun: boolean
  readonly overwritesExisting: boolean
  readonly contents: Contents
  readonly targetSiteId: string
  readonly targetNodeId: string
}

/** How a section went, or why nothing was asked of it. */
export interface SectionStanding {
  readonly name: string
  readonly organization: string
  readonly status: 'ok' | 'schema_mismatch' | 'left_out' | 'failed'
  readonly records: number
}

export interface ImportRow {
  readonly id: string
  readonly owner: string
  readonly state: ImportState
  readonly receivedBytes: number
  readonly isDryRun: boolean
  readonly wish: ImportWish | undefined
  readonly organizationId: string
  readonly header: string
  readonly sha256: string
  readonly progress: number
  readonly doneRecords: number
  readonly rollbackSequence: bigint | undefined
  readonly sections: readonly SectionStanding[]
  readonly warnings: readonly string[]
  readonly failureCode: string
  readonly failureDetail: string
  readonly createdAtUnixMs: number
  readonly endedAtUnixMs: number
}

interface Row {
  readonly import_id: string
  readonly owner: string
  readonly state: ImportState
  readonly received_bytes: bigint
  readonly is_dry_run: boolean
  readonly wish: ImportWish | null
  readonly organization_id: string | null
  readonly header: string | null
  readonly sha256: string
  readonly progress: number
  readonly done_records: bigint
  readonly rollback_sequence: bigint | null
  readonly sections: readonly SectionStanding[]
  readonly warnings: readonly string[]
  readonly failure_code: string
  readonly failure_detail: string
  readonly created_at: Date
  readonly ended_at: Date | null
}

const rowOf = (row: Row): ImportRow => ({
  id: row.import_id,
  owner: row.owner,
  state: row.state,
  receivedBytes: Number(row.received_bytes),
  isDryRun: row.is_dry_run,
  wish: row.wish ?? undefined,
  organizationId: row.organization_id ?? '',
  header: row.header ?? '',
  sha256: row.sha256,
  progress: row.progress,
  doneRecords: Number(row.done_records),
  rollbackSequence: row.rollback_sequence ?? undefined,
  sections: row.sections,
  warnings: row.warnings,
  failureCode: row.failure_code,
  failureDetail: row.failure_detail,
  createdAtUnixMs: row.created_at.getTime(),
  endedAtUnixMs: row.ended_at?.getTime() ?? 0,
})

const columns = sql`import_id, owner, state, received_bytes, is_dry_run, wish, organization_id, sha256, progress,
  done_records, rollback_sequence, sections, warnings, failure_code, failure_detail, created_at, ended_at`

export async function importRow(tx: Queryable, id: string): Promise<ImportRow | undefined> {
  const [row] = await tx.query<Row>(
    sql`select ${columns}, header from backup.imports where import_id = ${id}::uuid`,
  )
  return row && rowOf(row)
}

/** Newest first, without their headers; `before` is where the last page ended. */
export async function importRows(
  tx: Queryable,
  limit: number,
  before: { readonly key: string; readonly id: string } | undefined,
): Promise<readonly ImportRow[]> {
  const rows = await tx.query<Row>(sql`
    select ${columns}, null as header from backup.imports
    where state <> 'receiving' and owner <> all (${Object.values(ownImports)}::text[]) and ${
      before === undefined
        ? sql`true`
        : sql`(date_trunc('milliseconds', created_at), import_id) < (to_timestamp(${Number(before.key)}::double precision / 1000), ${before.id}::uuid)`
    }
    order by date_trunc('milliseconds', created_at) desc, import_id desc limit ${limit + 1}`)
  return rows.map(rowOf)
}

/** False when there is one of that id already. */
export const beginImport = async (tx: Queryable, id: string, owner: string): Promise<boolean> =>
  (await tx.execute(sql`
    insert into backup.imports (import_id, owner) values (${id}::uuid, ${owner})
    on conflict do nothing`)) === 1

/** Whose files take room here, and how much. */
export async function waitingImports(
  tx: Queryable,
): Promise<{ readonly count: number; readonly bytes: number }> {
  const [row] = await tx.query<{ count: number; bytes: bigint }>(sql`
    select count(*)::integer as count, coalesce(sum(received_bytes), 0)::bigint as bytes
    from backup.imports where kept_until > now()`)
  return { count: row?.count ?? 0, bytes: Number(row?.bytes ?? 0n) }
}

/** Of a file that can never be run: nothing came of it. */
export const dropImport = (tx: Queryable, id: string): Promise<number> =>
  tx.execute(sql`
    delete from backup.imports
    where import_id = ${id}::uuid and state in ('receiving', 'received')`)

/** Until the transaction ends nobody runs it, so that a file which is run changes no more. */
export async function receiving(
  tx: Queryable,
  id: string,
): Promise<{ readonly state: ImportState | undefined; readonly receivedBytes: number }> {
  const [row] = await tx.query<Pick<Row, 'state' | 'received_bytes'>>(
    sql`select state, received_bytes from backup.imports where import_id = ${id}::uuid for update`,
  )
  return { state: row?.state, receivedBytes: Number(row?.received_bytes ?? 0n) }
}

/** What is not sent on, or only looked at, is kept for ten minutes. */
export const receiveBytes = (tx: Queryable, id: string, received: number): Promise<number> =>
  tx.execute(sql`
    update backup.imports set received_bytes = ${received}, kept_until = now() + interval '10 minutes'
    where import_id = ${id}::uuid and state = 'receiving'`)

export const inspected = (
  tx: Queryable,
  id: string,
  { headerJson, sha256 }: { readonly headerJson: string; readonly sha256: string },
): Promise<number> =>
  tx.execute(sql`
    update backup.imports set header = ${headerJson}, sha256 = ${sha256},
      state = case when state = 'receiving' then 'received' else state end
    where import_id = ${id}::uuid`)

export interface ImportLease {
  readonly id: string
  readonly holder: string
  readonly leaseMs: number
}
const alive = ({ leaseMs }: ImportLease) =>
  sql`alive_until = now() + ${leaseMs} * interval '1 millisecond'`
const mine = ({ id, holder }: ImportLease) =>
  sql`import_id = ${id}::uuid and run_by = ${holder}::uuid and state = 'running'`

/**
 * Begins a run, or goes on with one that was interrupted after it had written something. False: it is running, or over.
 */
export async function claimImport(
  postgres: Postgres,
  lease: ImportLease,
  wish: ImportWish,
): Promise<boolean> {
  return await postgres.tx(async (tx) => {
    // What an interrupted run has done counts for the same wish alone. Another begins anew, and finds what is there.
    await tx.execute(sql`
      delete from backup.import_records r using backup.imports i
      where r.import_id = ${lease.id}::uuid and i.import_id = r.import_id
        and i.state <> 'running' and (i.state <> 'completed' or i.is_dry_run)
        and (i.rollback_sequence is null or i.wish is distinct from ${JSON.stringify(wish)}::jsonb)`)
    const changed = await tx.execute(sql`
      update backup.imports set state = 'running', run_by = ${lease.holder}::uuid, ${alive(lease)},
        progress = 5, failure_code = '', failure_detail = '', ended_at = null,
        is_dry_run = ${wish.isDryRun}, wish = ${JSON.stringify(wish)}::jsonb,
        organization_id = ${wish.organizationId || null}::uuid,
        done_records = case
          when rollback_sequence is null or wish is distinct from ${JSON.stringify(wish)}::jsonb then 0
          else done_records end,
        warnings = '[]'::jsonb, kept_until = now() + interval '1 day'
      where import_id = ${lease.id}::uuid and state in ('receiving', 'received', 'failed', 'interrupted', 'completed')
        and (state <> 'completed' or is_dry_run)`)
    return changed === 1
  })
}

/** False: it is not ours any more. */
export const keepAlive = async (tx: Queryable, lease: ImportLease): Promise<boolean> =>
  (await tx.execute(sql`update backup.imports set ${alive(lease)} where ${mine(lease)}`)) === 1

export interface Begun {
  readonly sections: readonly SectionStanding[]
  readonly warnings: readonly string[]
  readonly rollbackSequence: bigint | undefined
}

/** Everything was checked; from here on something may be written. */
export const beginWriting = async (
  tx: Queryable,
  lease: ImportLease,
  { sections, warnings, rollbackSequence }: Begun,
): Promise<boolean> =>
  (await tx.execute(sql`
    update backup.imports set ${alive(lease)}, progress = 10,
      sections = ${JSON.stringify(sections)}::jsonb, warnings = ${JSON.stringify(warnings)}::jsonb,
      rollback_sequence = coalesce(rollback_sequence, ${rollbackSequence ?? null}::bigint)
    where ${mine(lease)}`)) === 1

export interface RecordOutcome {
  /** In the order of the file. */
  readonly place: number
  readonly section: string
  readonly organization: string
  readonly record: number
  readonly outcome: string
  readonly name: string
  readonly code: string
  readonly detail: string
}

/** Notes what became of a page. A page that comes again is noted anew. */
export async function notePage(
  postgres: Postgres,
  lease: ImportLease,
  records: readonly RecordOutcome[],
  done: { readonly records: number; readonly progress: number },
): Promise<boolean> {
  return await postgres.tx(async (tx) => {
    const changed = await tx.execute(sql`
      update backup.imports set ${alive(lease)}, done_records = ${done.records},
        progress = greatest(progress, ${done.progress}) where ${mine(lease)}`)
    if (changed !== 1) return false
    const rows = records.map((one) => ({ ...one }))
    const table = unnest(
      {
        place: 'integer',
        section: 'text',
        organization: 'text',
        record: 'integer',
        outcome: 'text',
        name: 'text',
        code: 'text',
        detail: 'text',
      },
      rows,
    )
    await tx.execute(sql`
      insert into backup.import_records (import_id, place, section, organization, record, outcome, name, code, detail)
      select ${lease.id}::uuid, place, section, organization, record, outcome, name, code, detail from ${table} as u
      on conflict (import_id, place) do update set outcome = excluded.outcome, name = excluded.name,
        code = excluded.code, detail = excluded.detail`)
    return true
  })
}

export interface ImportEnd {
  readonly state: 'completed' | 'failed' | 'interrupted'
  readonly failureCode?: string
  readonly failureDetail?: string
}

/** `keepsFile`: for another run. */
export const endImport = async (
  tx: Queryable,
  lease: ImportLease,
  end: ImportEnd,
  keepsFile: boolean,
): Promise<boolean> =>
  (await tx.execute(sql`
    update backup.imports set state = ${end.state}, ended_at = now(), run_by = null, alive_until = null,
      progress = case when ${end.state} = 'completed' then 100 else progress end,
      failure_code = ${end.failureCode ?? ''}, failure_detail = ${end.failureDetail ?? ''},
      kept_until = case when ${keepsFile}
        then now() + case when rollback_sequence is null then interval '1 hour' else interval '1 day' end
        else now() end
    where ${mine(lease)}`)) === 1

/**
 * Runs whose process is gone, or is this one and could not say how they ended: what became of them is said. Not of
 * `running`, which this process has under way. Answers which.
 */
export async function endLostImports(
  tx: Queryable,
  running: readonly string[],
  told: { readonly code: string; readonly message: string },
): Promise<readonly string[]> {
  const rows = await tx.query<{ import_id: string }>(sql`
    update backup.imports set ended_at = now(), run_by = null, alive_until = null,
      state = case when rollback_sequence is null then 'failed' else 'interrupted' end,
      failure_code = ${told.code}, failure_detail = ${told.message}
    where state = 'running' and alive_until < now()
      and not (import_id = any(${[...running]}::uuid[])) returning import_id`)
  return rows.map((row) => row.import_id)
}

/** Ids of those whose files are still wanted. */
export async function keptFiles(tx: Queryable): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ import_id: string }>(sql`
    select import_id from backup.imports where kept_until > now() or state = 'running'`)
  return new Set(rows.map((row) => row.import_id))
}

/** Uploads nobody ran, and reports nobody needs after thirty days. */
export const forgetImports = (tx: Queryable): Promise<number> =>
  tx.execute(sql`
    delete from backup.imports
    where state <> 'running' and kept_until < now()
      and (state in ('receiving', 'received') or created_at < now() - interval '30 days')`)

/** What this service looked into for itself; its records go along. */
export const dropOwnImport = (tx: Queryable, id: string): Promise<number> =>
  tx.execute(sql`
    delete from backup.imports
    where import_id = ${id}::uuid and owner = ${ownImports.validation}`)

/** Records that could be brought in nowhere. */
export async function unreadableRecords(tx: Queryable, id: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>(sql`
    select count(*)::integer as count from backup.import_records
    where import_id = ${id}::uuid and outcome = 'refused' and code = 'backup.record_invalid'`)
  return row?.count ?? 0
}
