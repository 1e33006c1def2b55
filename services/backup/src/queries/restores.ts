import { type Page, type PageWish, type Queryable, sql, toPage } from '@holdfast/postgres'
import type { Carried, Counts, PhaseResult } from '../restores/changes.ts'
import { type RestoreJob, restoreJobs } from '../restores/restore-store.ts'
import { totals } from '../restores/restore-totals.ts'

export interface RestoreView {
  readonly id: string
  readonly status: 'pending' | 'running' | 'completed' | 'failed'
  readonly toSequence: bigint
  readonly only: readonly string[]
  /** Empty: of the whole instance. */
  readonly organizationId: string
  readonly reason: string
  readonly actorKind: string
  readonly actorId: string
  readonly planId: string
  readonly digest: string
  readonly undoes: string
  /** The last that undid it, or is about to. */
  readonly undoneBy: string
  /** Restored to it, everything is as before. Zero: it never began. */
  readonly rollbackSequence: bigint
  readonly checkpointSize: bigint
  readonly withoutRollback: string
  readonly keptUntilUnixMs: number
  readonly progress: number
  readonly step: string
  readonly counts: Counts
  readonly groups: PhaseResult['groups']
  /** The first hundred of each; empty a month later. */
  readonly changed: readonly Carried[]
  readonly blocked: readonly Carried[]
  readonly createdAtUnixMs: number
  readonly startedAtUnixMs: number
  readonly endedAtUnixMs: number
  readonly endedSequence: bigint
  readonly failureCode: string
  readonly failureDetail: string
  readonly isRolledBack: boolean
  readonly attempts: number
  readonly trouble: string
}

/** As the log knows it; its job may know more. */
interface RestoreRow {
  readonly restore_id: string
  readonly to_sequence: bigint
  readonly only_what: readonly string[]
  readonly scope_organization_id: string | null
  readonly reason: string
  readonly plan_id: string
  readonly digest: Buffer
  readonly undoes: string
  readonly undone_by: string | null
  readonly actor_kind: string
  readonly actor_id: string
  readonly status: 'started' | 'completed' | 'failed'
  readonly rollback_sequence: bigint
  readonly checkpoint_size: bigint
  readonly without_rollback: string
  readonly kept_until_unix_ms: bigint
  readonly started_at_unix_ms: bigint
  readonly ended_at_unix_ms: bigint
  readonly ended_sequence: bigint
  readonly created_count: bigint
  readonly updated_count: bigint
  readonly deleted_count: bigint
  readonly blocked_count: bigint
  readonly failure_code: string
  readonly failure_detail: string
  readonly is_rolled_back: boolean
}

const undoneBy = sql`(
  select u.restore_id from backup.restores u where u.undoes = r.restore_id::text
  order by u.started_at_unix_ms desc limit 1) as undone_by`

export async function findRestore(tx: Queryable, id: string): Promise<RestoreView | undefined> {
  const [row] = await tx.query<RestoreRow>(sql`
    select r.*, ${undoneBy} from backup.restores r where r.restore_id = ${id}::uuid`)
  const job = (await restoreJobs(tx, [id])).get(id)
  return row ? rowView(row, job) : job && jobView(job)
}

/** Newest first; one that has not begun is before all others. */
export async function listRestores(tx: Queryable, wish: PageWish): Promise<Page<RestoreView>> {
  const after = wish.after
  const rows = await tx.query<{ restore_id: string; at: bigint }>(sql`
    select restore_id, at from (
      select r.restore_id, coalesce(floor(extract(epoch from j.created_at) * 1000)::bigint, r.started_at_unix_ms) as at
      from backup.restores r left join backup.restore_jobs j using (restore_id)
      union all
      select j.restore_id, floor(extract(epoch from j.created_at) * 1000)::bigint
      from backup.restore_jobs j
      where not exists (select 1 from backup.restores r where r.restore_id = j.restore_id)
    ) found
    where ${after === undefined ? sql`true` : sql`(at, restore_id) < (${BigInt(after.key)}, ${after.id}::uuid)`}
    order by at desc, restore_id desc limit ${wish.limit + 1}`)
  const page = toPage(rows, wish, (row) => ({ key: `${row.at}`, id: row.restore_id }))
  const views = await Promise.all(page.rows.map(({ restore_id }) => findRestore(tx, restore_id)))
  return { ...page, rows: views.filter((view) => view !== undefined) }
}

function rowView(row: RestoreRow, job: RestoreJob | undefined): RestoreView {
  const result = job && totals(job)
  const ofLog: Counts = {
    create: Number(row.created_count),
    update: Number(row.updated_count),
    delete: Number(row.deleted_count),
    blocked: Number(row.blocked_count),
  }
  const isOver = row.status !== 'started'
  return {
    id: row.restore_id,
    status: row.status === 'started' ? 'running' : row.status,
    toSequence: BigInt(row.to_sequence),
    only: row.only_what,
    organizationId: row.scope_organization_id ?? '',
    reason: row.reason,
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    planId: row.plan_id,
    digest: row.digest.toString('hex'),
    undoes: row.undoes,
    undoneBy: row.undone_by ?? '',
    rollbackSequence: BigInt(row.rollback_sequence),
    checkpointSize: BigInt(row.checkpoint_size),
    withoutRollback: row.without_rollback,
    keptUntilUnixMs: Number(row.kept_until_unix_ms),
    progress: row.status === 'completed' ? 100 : (job?.progress ?? 0),
    step: isOver ? '' : (job?.step ?? ''),
    counts: isOver ? ofLog : (result?.counts ?? ofLog),
    groups: result?.groups ?? [],
    changed: result?.changed ?? [],
    blocked: result?.blocked ?? [],
    createdAtUnixMs: job?.createdAtUnixMs ?? Number(row.started_at_unix_ms),
    startedAtUnixMs: row.rollback_sequence > 0n ? Number(row.started_at_unix_ms) : 0,
    endedAtUnixMs: Number(row.ended_at_unix_ms),
    endedSequence: BigInt(row.ended_sequence),
    failureCode: row.failure_code,
    failureDetail: row.failure_detail,
    isRolledBack: row.is_rolled_back,
    attempts: job?.attempts ?? 1,
    trouble: isOver ? '' : (job?.trouble ?? ''),
  }
}

/** Not in the read model yet. */
function jobView(job: RestoreJob): RestoreView {
  const { counts, groups, changed, blocked } = totals(job)
  const isFailed = job.state === 'ended' && job.failureCode !== ''
  return {
    id: job.restoreId,
    status: isFailed ? 'failed' : job.rollbackSequence === undefined ? 'pending' : 'running',
    toSequence: job.toSequence,
    only: job.only,
    organizationId: job.organizationId,
    reason: job.reason,
    actorKind: job.actor.kind,
    actorId: job.actor.id,
    planId: job.planId,
    digest: job.digest,
    undoes: job.undoes,
    undoneBy: '',
    rollbackSequence: job.rollbackSequence ?? 0n,
    checkpointSize: 0n,
    withoutRollback: '',
    keptUntilUnixMs: 0,
    progress: job.progress,
    step: job.step,
    ...{ counts, groups, changed, blocked },
    createdAtUnixMs: job.createdAtUnixMs,
    startedAtUnixMs: job.rollbackSequence === undefined ? 0 : job.startedAtUnixMs,
    endedAtUnixMs: job.endedAtUnixMs,
    endedSequence: 0n,
    failureCode: job.failureCode,
    failureDetail: job.failureDetail,
    isRolledBack: false,
    attempts: job.attempts,
    trouble: job.trouble,
  }
}
