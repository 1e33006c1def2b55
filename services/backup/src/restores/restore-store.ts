import type { Actor } from '@holdfast/event-log'
import { type Postgres, type Queryable, sql } from '@holdfast/postgres'
import { askingUser, type PhaseResult, type Scope } from './changes.ts'

/** What was asked for, as its job keeps it. */
export interface RestoreOrder extends Scope {
  readonly restoreId: string
  readonly reason: string
  /** Empty: none was made. */
  readonly planId: string
  /** Hex; empty without a plan. */
  readonly digest: string
  /** Empty: none. */
  readonly undoes: string
  readonly allowsWithoutRollback: boolean
  readonly actor: Actor
  readonly correlationId: string
  /** What the plan was compared with; zero: there is none. */
  readonly headSequence: bigint
}

export interface RestoreJob extends RestoreOrder {
  readonly state: 'pending' | 'running' | 'ended'
  readonly doneSteps: number
  readonly isGoingBack: boolean
  /** Undefined: it has not begun. */
  readonly rollbackSequence: bigint | undefined
  readonly failureCode: string
  readonly failureDetail: string
  readonly progress: number
  readonly step: string
  readonly results: Readonly<Record<string, PhaseResult>>
  readonly trouble: string
  readonly attempts: number
  /** At the present step. */
  readonly stepAttempts: number
  readonly createdAtUnixMs: number
  readonly startedAtUnixMs: number
  readonly endedAtUnixMs: number
}

/** Who holds a job. */
export interface RestoreLease {
  readonly restoreId: string
  readonly holder: string
  readonly leaseMs: number
}

interface JobRow {
  readonly restore_id: string
  readonly state: RestoreJob['state']
  readonly to_sequence: bigint
  readonly only_what: readonly string[]
  readonly organization_id: string | null
  readonly touched_by: string
  readonly reason: string
  readonly plan_id: string | null
  readonly digest: string
  readonly undoes: string | null
  readonly allows_without_rollback: boolean
  readonly actor: Actor
  readonly correlation_id: string
  readonly done_steps: number
  readonly is_going_back: boolean
  readonly head_sequence: bigint
  readonly rollback_sequence: bigint | null
  readonly failure_code: string
  readonly failure_detail: string
  readonly progress: number
  readonly step: string
  readonly results: Readonly<Record<string, PhaseResult>>
  readonly trouble: string
  readonly attempts: number
  readonly step_attempts: number
  readonly created_at: Date
  readonly started_at: Date | null
  readonly ended_at: Date | null
}

const columns = sql`j.restore_id, j.state, j.to_sequence, j.only_what, j.organization_id, j.touched_by,
  j.reason, j.plan_id, j.digest, j.undoes, j.allows_without_rollback, j.actor, j.correlation_id,
  j.done_steps, j.is_going_back, j.head_sequence, j.rollback_sequence, j.failure_code,
  j.failure_detail, j.progress, j.step, j.results, j.trouble, j.attempts, j.step_attempts,
  j.created_at, j.started_at, j.ended_at`

const toJob = (row: JobRow): RestoreJob => ({
  restoreId: row.restore_id,
  state: row.state,
  toSequence: BigInt(row.to_sequence),
  only: row.only_what,
  organizationId: row.organization_id ?? '',
  touchedBy: row.touched_by,
  reason: row.reason,
  planId: row.plan_id ?? '',
  digest: row.digest,
  undoes: row.undoes ?? '',
  allowsWithoutRollback: row.allows_without_rollback,
  actor: row.actor,
  actorId: askingUser(row.actor),
  correlationId: row.correlation_id,
  doneSteps: row.done_steps,
  isGoingBack: row.is_going_back,
  headSequence: BigInt(row.head_sequence),
  rollbackSequence: row.rollback_sequence === null ? undefined : BigInt(row.rollback_sequence),
  failureCode: row.failure_code,
  failureDetail: row.failure_detail,
  progress: row.progress,
  step: row.step,
  results: row.results,
  trouble: row.trouble,
  attempts: row.attempts,
  stepAttempts: row.step_attempts,
  createdAtUnixMs: row.created_at.getTime(),
  startedAtUnixMs: row.started_at?.getTime() ?? 0,
  endedAtUnixMs: row.ended_at?.getTime() ?? 0,
})

/** The id of the restore that is in the way; undefined: it is put in, or was before. */
export async function insertRestore(
  postgres: Postgres,
  order: RestoreOrder,
): Promise<string | undefined> {
  return await postgres.tx(async (tx) => {
    const put = await tx.execute(sql`
      insert into backup.restore_jobs
        (restore_id, to_sequence, only_what, organization_id, touched_by, reason, plan_id, digest,
          undoes, allows_without_rollback, actor, correlation_id, head_sequence, step)
      values (${order.restoreId}::uuid, ${order.toSequence}, ${order.only}::text[],
        ${order.organizationId || null}::uuid, ${order.touchedBy}, ${order.reason},
        ${order.planId || null}::uuid, ${order.digest}, ${order.undoes || null}::uuid,
        ${order.allowsWithoutRollback}, ${JSON.stringify(order.actor)}::jsonb,
        ${order.correlationId}::uuid, ${order.headSequence}, 'Waiting')
      on conflict do nothing`)
    if (put === 1) return undefined
    const rows = await tx.query<{ restore_id: string }>(sql`
      select restore_id from backup.restore_jobs
      where state <> 'ended' or restore_id = ${order.restoreId}::uuid`)
    if (rows.some((row) => row.restore_id === order.restoreId)) return undefined
    // It ended in between: whoever asks again finds the way free.
    return rows[0]?.restore_id ?? ''
  })
}

export async function restoreJob(tx: Queryable, id: string): Promise<RestoreJob | undefined> {
  const [row] = await tx.query<JobRow>(sql`
    select ${columns} from backup.restore_jobs j where j.restore_id = ${id}::uuid`)
  return row && toJob(row)
}

/** The one that is not over. */
export async function openRestore(tx: Queryable): Promise<RestoreJob | undefined> {
  const [row] = await tx.query<JobRow>(sql`
    select ${columns} from backup.restore_jobs j where j.state <> 'ended'`)
  return row && toJob(row)
}

export async function restoreJobs(
  tx: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, RestoreJob>> {
  if (ids.length === 0) return new Map()
  const rows = await tx.query<JobRow>(sql`
    select ${columns} from backup.restore_jobs j where j.restore_id = any (${ids}::uuid[])`)
  return new Map(rows.map((row) => [row.restore_id, toJob(row)]))
}

/** Takes the job that is due, if its holder is not there any more. Attempts are counted, so that a job that ends its process is seen. */
export async function claimRestore(
  tx: Queryable,
  { holder, leaseMs }: Omit<RestoreLease, 'restoreId'>,
): Promise<RestoreJob | undefined> {
  const [row] = await tx.query<JobRow>(sql`
    update backup.restore_jobs j set leased_by = ${holder}::uuid,
      leased_until = now() + ${leaseMs} * interval '1 millisecond',
      attempts = j.attempts + 1, step_attempts = j.step_attempts + 1,
      state = 'running', started_at = coalesce(j.started_at, now())
    where j.state <> 'ended' and j.next_at <= now()
      and (j.leased_until is null or j.leased_until <= now())
    returning ${columns}`)
  return row && toJob(row)
}

const mine = ({ restoreId, holder }: RestoreLease) =>
  sql`restore_id = ${restoreId}::uuid and leased_by = ${holder}::uuid and state <> 'ended'`
const renewed = ({ leaseMs }: RestoreLease) =>
  sql`leased_until = now() + ${leaseMs} * interval '1 millisecond'`

/** False: it is somebody else's by now, or over. */
export const renewRestore = async (
  tx: Queryable,
  lease: RestoreLease,
  progress: number,
): Promise<boolean> =>
  (await tx.execute(sql`
    update backup.restore_jobs set ${renewed(lease)}, progress = greatest(progress, ${progress}::smallint)
    where ${mine(lease)}`)) === 1

/** Says what is done next. */
export const showRestoreStep = async (
  tx: Queryable,
  lease: RestoreLease,
  step: string,
): Promise<boolean> =>
  (await tx.execute(sql`
    update backup.restore_jobs set ${renewed(lease)}, step = ${step} where ${mine(lease)}`)) === 1

/** RestoreStarted is in the log, right after the sequence. */
export const restoreBegan = async (
  tx: Queryable,
  lease: RestoreLease,
  rollbackSequence: bigint,
  headSequence: bigint,
): Promise<boolean> =>
  (await tx.execute(sql`
    update backup.restore_jobs set ${renewed(lease)}, rollback_sequence = ${rollbackSequence},
      head_sequence = ${headSequence}, step_attempts = 1, trouble = ''
    where ${mine(lease)}`)) === 1

/** One step more is done. What came of it replaces what came of it before. */
export const restoreStepDone = async (
  tx: Queryable,
  lease: RestoreLease,
  done: number,
  key: string,
  result: PhaseResult,
  progress: number,
): Promise<boolean> =>
  (await tx.execute(sql`
    update backup.restore_jobs set ${renewed(lease)}, done_steps = ${done}, step_attempts = 1,
      trouble = '', progress = greatest(progress, ${progress}::smallint),
      results = results || jsonb_build_object(${key}::text, ${JSON.stringify(result)}::jsonb)
    where ${mine(lease)}`)) === 1

/** From here on what was changed is put back. */
export const restoreGoesBack = async (
  tx: Queryable,
  lease: RestoreLease,
  headSequence: bigint,
  code: string,
  detail: string,
): Promise<boolean> =>
  (await tx.execute(sql`
    update backup.restore_jobs set ${renewed(lease)}, is_going_back = true, head_sequence = ${headSequence}, done_steps = 0,
      step_attempts = 1, trouble = '', results = '{}', failure_code = ${code},
      failure_detail = ${detail}
    where ${mine(lease)}`)) === 1

/** It will not begin: the log is told next, and then it is over. */
export const restoreDoomed = async (
  tx: Queryable,
  lease: RestoreLease,
  code: string,
  detail: string,
): Promise<boolean> =>
  (await tx.execute(sql`
    update backup.restore_jobs set leased_by = null, leased_until = null, next_at = now(),
      failure_code = ${code}, failure_detail = ${detail}
    where ${mine(lease)}`)) === 1

/** Gives it back, to be taken up again by whoever comes. */
export const releaseRestore = (
  tx: Queryable,
  lease: RestoreLease,
  delayMs: number,
  trouble: string | undefined,
): Promise<number> =>
  tx.execute(sql`
    update backup.restore_jobs set leased_by = null, leased_until = null,
      next_at = now() + ${delayMs} * interval '1 millisecond',
      trouble = coalesce(${trouble ?? null}, trouble),
      step_attempts = step_attempts - ${trouble === undefined ? 1 : 0}
    where ${mine(lease)}`)

/** The log knows how it ended. */
export const endRestore = (
  tx: Queryable,
  restoreId: string,
  code: string,
  detail: string,
): Promise<number> =>
  tx.execute(sql`
    update backup.restore_jobs set state = 'ended', ended_at = now(), leased_by = null,
      leased_until = null, trouble = '', failure_code = ${code}, failure_detail = ${detail},
      progress = case when ${code} = '' then 100 else progress end,
      step = case when ${code} = '' then 'Done' else 'Failed' end
    where restore_id = ${restoreId}::uuid and state <> 'ended'`)

/** What a change took in the last restores, in ms; undefined: none changed enough to tell. */
export async function measuredPace(tx: Queryable): Promise<number | undefined> {
  const [row] = await tx.query<{ ms: number | null }>(sql`
    select (sum(took_ms) / nullif(sum(created_count + updated_count + deleted_count), 0))::double precision as ms
    from (
      select took_ms, created_count, updated_count, deleted_count from backup.restores
      where status = 'completed' and created_count + updated_count + deleted_count >= 20
      order by started_at_unix_ms desc limit 5
    ) last`)
  return row?.ms ?? undefined
}

/** What came of restores a month ago is in the log. */
export const pruneRestores = (tx: Queryable): Promise<number> =>
  tx.execute(sql`
    delete from backup.restore_jobs where state = 'ended' and ended_at < now() - interval '30 days'`)
