import { type Postgres, type Queryable, sql } from '@holdfast/postgres'
import type { BackupKind } from '../domain/contents.ts'
import { doing, type Step } from './steps.ts'

export type JobState = 'pending' | 'running' | 'verifying' | 'ended'

export interface NewJob {
  readonly backupId: string
  /** Empty: of the whole instance. */
  readonly organizationId: string
  readonly kind: BackupKind
  readonly storageLocationId: string
  readonly objectKey: string
  /** Sealed, encoded. */
  readonly passphrase: Uint8Array | undefined
}

/** What was made and hashed; its file is in the spool of whoever made it. */
export interface MadeFile {
  readonly path: string
  readonly sequence: string
  readonly manifest: string
  readonly recipients: readonly string[]
  readonly bytes: number
  readonly sha256: string
}

export interface Job {
  readonly backupId: string
  readonly organizationId: string
  readonly kind: BackupKind
  readonly storageLocationId: string
  readonly objectKey: string
  readonly passphrase: Uint8Array | undefined
  readonly state: JobState
  readonly attempts: number
  readonly createdAtUnixMs: number
  readonly ageMs: number
  readonly made: MadeFile | undefined
}

/** Who holds a job. */
export interface JobLease {
  readonly backupId: string
  readonly holder: string
  readonly leaseMs: number
}

interface JobRow {
  readonly backup_id: string
  readonly organization_id: string | null
  readonly kind: BackupKind
  readonly storage_location_id: string
  readonly object_key: string
  readonly passphrase: Buffer | null
  readonly state: JobState
  readonly attempts: number
  readonly created_at: Date
  readonly age_ms: number
  readonly made: MadeFile | null
}

/** Nothing when it is there already. */
export const insertJob = (tx: Queryable, job: NewJob): Promise<number> =>
  tx.execute(sql`
    insert into backup.backup_jobs
      (backup_id, organization_id, kind, storage_location_id, object_key, passphrase)
    values (${job.backupId}::uuid, ${job.organizationId || null}::uuid, ${job.kind},
      ${job.storageLocationId}::uuid, ${job.objectKey}, ${job.passphrase ?? null})
    on conflict do nothing`)

/** A request that was refused. */
export const forgetJob = (tx: Queryable, backupId: string): Promise<number> =>
  tx.execute(sql`
    delete from backup.backup_jobs
    where backup_id = ${backupId}::uuid and (state = 'ended' or leased_until is null)`)

/** Any number that nobody else locks by: instances take turns at claiming. */
const claimLock = 5_417_001

/**
 * Takes the next jobs, in order: at most `parallel` are held at once, by all instances together. One whose holder does
 * not say that it is there any more is anybody's. Attempts are counted here, so that a job that ends its process is seen.
 */
export async function claimJobs(
  postgres: Postgres,
  { holder, leaseMs, parallel }: Omit<JobLease, 'backupId'> & { readonly parallel: number },
): Promise<readonly Job[]> {
  return await postgres.tx(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${claimLock})`)
    const [held] = await tx.query<{ count: number }>(sql`
      select count(*)::integer as count from backup.backup_jobs
      where state <> 'ended' and leased_until > now()`)
    const limit = parallel - (held?.count ?? 0)
    if (limit <= 0) return []
    const rows = await tx.query<JobRow>(sql`
      update backup.backup_jobs j set leased_by = ${holder}::uuid,
        leased_until = now() + ${leaseMs} * interval '1 millisecond',
        attempts = j.attempts + 1,
        state = case when j.state = 'pending' then 'running' else j.state end
      from (
        select backup_id from backup.backup_jobs
        where state <> 'ended' and next_at <= now() and (leased_until is null or leased_until <= now())
        order by place limit ${limit} for update skip locked
      ) due
      where j.backup_id = due.backup_id
      returning j.backup_id, j.organization_id, j.kind, j.storage_location_id, j.object_key,
        j.passphrase, j.state, j.attempts, j.created_at, j.made,
        (extract(epoch from now() - j.created_at) * 1000)::double precision as age_ms`)
    return rows.map((row) => ({
      backupId: row.backup_id,
      organizationId: row.organization_id ?? '',
      kind: row.kind,
      storageLocationId: row.storage_location_id,
      objectKey: row.object_key,
      passphrase: row.passphrase ?? undefined,
      state: row.state,
      attempts: row.attempts,
      createdAtUnixMs: row.created_at.getTime(),
      ageMs: row.age_ms,
      made: row.made ?? undefined,
    }))
  })
}

const mine = ({ backupId, holder }: JobLease) =>
  sql`backup_id = ${backupId}::uuid and leased_by = ${holder}::uuid and state <> 'ended'`
const renewed = ({ leaseMs }: JobLease) =>
  sql`leased_until = now() + ${leaseMs} * interval '1 millisecond'`

/** False: it is somebody else's by now, or over. */
export const renewJob = async (
  tx: Queryable,
  lease: JobLease,
  uploadedBytes: number,
): Promise<boolean> =>
  (await tx.execute(sql`
    update backup.backup_jobs set ${renewed(lease)}, uploaded_bytes = ${uploadedBytes}
    where ${mine(lease)}`)) === 1

/** Shows a step, unless it was shown before. False: the job is not ours any more. */
export async function showStep(tx: Queryable, lease: JobLease, step: Step): Promise<boolean> {
  const changed = await tx.execute(sql`
    update backup.backup_jobs set ${renewed(lease)},
      progress = greatest(progress, ${step}),
      step = case when progress < ${step} then ${doing[step]} else step end,
      steps = case when progress < ${step}
        then steps || jsonb_build_array(jsonb_build_array(${step}::integer,
          floor(extract(epoch from clock_timestamp()) * 1000)::bigint))
        else steps end
    where ${mine(lease)}`)
  return changed === 1
}

export const keepMade = async (tx: Queryable, lease: JobLease, made: MadeFile): Promise<boolean> =>
  (await tx.execute(sql`
    update backup.backup_jobs set made = ${JSON.stringify(made)}::jsonb where ${mine(lease)}`)) ===
  1

export const beginUpload = async (tx: Queryable, lease: JobLease): Promise<boolean> =>
  (await tx.execute(sql`
    update backup.backup_jobs set upload_began = true where ${mine(lease)}`)) === 1

/** Made, recorded; what is left is to read it back. */
export const beginVerifying = async (tx: Queryable, lease: JobLease): Promise<boolean> =>
  (await tx.execute(sql`
    update backup.backup_jobs set state = 'verifying', passphrase = null, made = null
    where ${mine(lease)}`)) === 1

/**
 * Asks for what is completed to be read back again. A job that is not over does so anyway, and steps that were shown are
 * not shown again.
 */
export const askVerification = (tx: Queryable, job: Omit<NewJob, 'passphrase'>): Promise<number> =>
  tx.execute(sql`
    insert into backup.backup_jobs as j
      (backup_id, organization_id, kind, storage_location_id, object_key, state, progress)
    values (${job.backupId}::uuid, ${job.organizationId || null}::uuid, ${job.kind},
      ${job.storageLocationId}::uuid, ${job.objectKey}, 'verifying', 100)
    on conflict (backup_id) do update set state = 'verifying', attempts = 0, next_at = now(),
      ended_at = null
    where j.state = 'ended'`)

/** Gives it back, to be taken up again later by whoever comes. `isCounted`: the attempt was one. */
export const releaseJob = (
  tx: Queryable,
  lease: JobLease,
  delayMs: number,
  isCounted: boolean,
): Promise<number> =>
  tx.execute(sql`
    update backup.backup_jobs set leased_by = null, leased_until = null,
      attempts = attempts - ${isCounted ? 0 : 1},
      next_at = now() + ${delayMs} * interval '1 millisecond'
    where ${mine(lease)}`)

export interface EndedJob {
  readonly storageLocationId: string
  readonly objectKey: string
  /** Something of it may lie at the location. */
  readonly uploadBegan: boolean
}

/** Whoever holds it: it is over. Undefined: it was already. */
export async function endJob(tx: Queryable, backupId: string): Promise<EndedJob | undefined> {
  const [row] = await tx.query<{
    storage_location_id: string
    object_key: string
    upload_began: boolean
  }>(sql`
    update backup.backup_jobs set state = 'ended', ended_at = now(), passphrase = null, made = null,
      leased_by = null, leased_until = null
    where backup_id = ${backupId}::uuid and state <> 'ended'
    returning storage_location_id, object_key, upload_began`)
  return (
    row && {
      storageLocationId: row.storage_location_id,
      objectKey: row.object_key,
      uploadBegan: row.upload_began,
    }
  )
}

export interface JobView {
  readonly state: JobState
  readonly progress: number
  readonly step: string
  readonly steps: readonly { readonly progress: number; readonly atUnixMs: number }[]
  readonly uploadedBytes: number
}

export async function jobsOf(
  tx: Queryable,
  backupIds: readonly string[],
): Promise<ReadonlyMap<string, JobView>> {
  if (backupIds.length === 0) return new Map()
  const rows = await tx.query<{
    backup_id: string
    state: JobState
    progress: number
    step: string
    steps: readonly (readonly [number, number])[]
    uploaded_bytes: bigint
  }>(sql`
    select backup_id, state, progress, step, steps, uploaded_bytes from backup.backup_jobs
    where backup_id = any (${backupIds}::uuid[])`)
  return new Map(
    rows.map(({ backup_id, state, progress, step, steps, uploaded_bytes }) => [
      backup_id,
      {
        state,
        progress,
        step,
        steps: steps.map(([at, atUnixMs]) => ({ progress: at, atUnixMs })),
        uploadedBytes: Number(uploaded_bytes),
      },
    ]),
  )
}

/** Ids of jobs that are not over, those under way or those that wait; there are few. */
export async function openJobs(tx: Queryable, state: 'pending' | 'running'): Promise<string[]> {
  const rows = await tx.query<{ backup_id: string }>(sql`
    select backup_id from backup.backup_jobs
    where state = ${state} order by place limit 10000`)
  return rows.map(({ backup_id }) => backup_id)
}

/** Whose spool must stay. */
export async function unendedJobs(tx: Queryable): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ backup_id: string }>(
    sql`select backup_id from backup.backup_jobs where state <> 'ended'`,
  )
  return new Set(rows.map(({ backup_id }) => backup_id))
}

/** Steps of what ended long ago are nobody's concern. */
export const pruneJobs = (tx: Queryable): Promise<number> =>
  tx.execute(sql`
    delete from backup.backup_jobs where state = 'ended' and ended_at < now() - interval '30 days'`)
