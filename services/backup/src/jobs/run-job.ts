import { DomainError } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { Secrets } from '@holdfast/service'
import type { Logger } from '@holdfast/telemetry'
import { sealedFromBytes } from '../codecs/sealed.ts'
import { backups } from '../commands/backup-aggregates.ts'
import { ownCommand } from '../commands/own-command.ts'
import type { BackupCommand, BackupFacts, BackupResult } from '../domain/backup.ts'
import { BackupTimedOut } from '../domain/backup-errors.ts'
import type { BackupKind } from '../domain/contents.ts'
import {
  beginUpload,
  beginVerifying,
  type Job,
  type JobLease,
  keepMade,
  type MadeFile,
  showStep,
} from './job-store.ts'
import type { Maker } from './maker.ts'
import type { ObjectWork } from './object-work.ts'
import type { Spool } from './spool.ts'
import type { Step } from './steps.ts'

export interface JobParts {
  readonly log: Pick<EventLog, 'execute' | 'fold'>
  readonly postgres: Postgres
  readonly logger: Logger
  readonly secrets: Secrets<'passphrase'>
  readonly objects: ObjectWork
  readonly makers: Readonly<Record<BackupKind, Maker>>
  readonly spool: Spool
  /** Then it stops at its next step. */
  readonly softLimitMs: number
  /** Then it is stopped where it is. */
  readonly hardLimitMs: number
}

/** The job is somebody else's now, or over: whatever was being done is dropped. */
export class JobLost extends Error {
  override readonly name = 'JobLost'
}

export interface JobRun {
  readonly job: Job
  readonly lease: JobLease
  readonly facts: BackupFacts
  /** Aborts with `JobLost`, when the service stops, and at the hard limit. */
  readonly signal: AbortSignal
  readonly startedAtMs: number
  onUploaded(bytes: number): void
}

/** From the beginning, or from what is in the spool, to the event that says it is there. */
export async function makeBackup(parts: JobParts, run: JobRun): Promise<void> {
  const { job, lease } = run
  const show = (step: Step): Promise<void> => reach(parts, run, step)
  await show(5)
  const file = (await leftInSpool(parts, run)) ?? (await makeFile(parts, run, show))
  await show(70)
  await own(beginUpload(parts.postgres, lease))
  await parts.objects.upload(job, file, run.signal, run.onUploaded)
  await show(90)
  const result: BackupResult = {
    objectKey: job.objectKey,
    bytes: file.bytes,
    sha256: new Uint8Array(Buffer.from(file.sha256, 'hex')),
    sequence: BigInt(file.sequence),
    manifest: file.manifest,
    recipients: file.recipients,
  }
  run.signal.throwIfAborted()
  await record(parts, job, { type: 'CompleteBackup', id: job.backupId, result })
}

/** Reads it back from where it lies, and says what came of that. */
export async function verifyMade(parts: JobParts, run: JobRun): Promise<boolean> {
  const { job, lease } = run
  await own(showStep(parts.postgres, lease, 100))
  await own(beginVerifying(parts.postgres, lease))
  await parts.spool.remove(job.backupId)
  const { state } = await parts.log.fold(backups, job.backupId, run.signal)
  if (!state.result) throw new Error('only what is completed is read back')
  const verdict = await parts.objects.verify(job, state.result, run.signal)
  await record(parts, job, { type: 'RecordVerification', id: job.backupId, ...verdict })
  return verdict.isGood
}

/** Tells the log what its job found out. */
export const record = (
  { log }: Pick<JobParts, 'log'>,
  { backupId, organizationId }: Pick<Job, 'backupId' | 'organizationId'>,
  command: BackupCommand,
) => log.execute(backups, backupId, command, ownCommand(organizationId, 'its job'))

async function makeFile(
  parts: JobParts,
  run: JobRun,
  show: (step: Step) => Promise<void>,
): Promise<MadeFile> {
  const { job, facts, signal, lease } = run
  const directory = await parts.spool.fresh(job.backupId)
  const made = await parts.makers[facts.kind].make(
    {
      backupId: job.backupId,
      organizationId: facts.organizationId,
      name: facts.name,
      kind: facts.kind,
      contents: facts.contents,
      isEncrypted: facts.protection !== 'none',
      passphrase: await passphraseOf(parts, job),
      createdAtUnixMs: job.createdAtUnixMs,
    },
    { directory, signal, reached: show },
  )
  signal.throwIfAborted()
  const hashed = await parts.objects.hash(made.path, signal)
  const file: MadeFile = {
    path: made.path,
    sequence: made.sequence.toString(),
    manifest: made.manifest,
    recipients: made.recipients,
    ...hashed,
  }
  await own(keepMade(parts.postgres, lease, file))
  return file
}

/** What an earlier attempt made, when it lies here and is whole. */
async function leftInSpool(
  { objects, logger }: JobParts,
  { job, signal }: JobRun,
): Promise<MadeFile | undefined> {
  const { made } = job
  if (!made) return undefined
  try {
    const { bytes, sha256 } = await objects.hash(made.path, signal)
    if (bytes === made.bytes && sha256 === made.sha256) return made
  } catch (error) {
    signal.throwIfAborted()
    logger.info({ err: error, backupId: job.backupId }, 'a backup is made again')
  }
  return undefined
}

async function passphraseOf({ secrets }: JobParts, job: Job): Promise<string> {
  if (!job.passphrase) return ''
  const sealed = [sealedFromBytes(job.passphrase)]
  const [opened] = await secrets.open(job.organizationId, job.backupId, 'passphrase', sealed)
  return opened ?? ''
}

/** Refuses to go on when the time is up; shows the step otherwise. */
async function reach(parts: JobParts, run: JobRun, step: Step): Promise<void> {
  run.signal.throwIfAborted()
  if (performance.now() - run.startedAtMs > parts.softLimitMs)
    throw BackupTimedOut({ seconds: Math.round(parts.softLimitMs / 1000) })
  await own(showStep(parts.postgres, run.lease, step))
}

async function own(write: Promise<boolean>): Promise<void> {
  if (!(await write)) throw new JobLost('the job is not ours any more')
}

/** What stands still for a moment, whoever asks: nothing is wrong with the backup. */
export const isStandstill = (error: unknown): boolean =>
  error instanceof DomainError &&
  (error.code.startsWith('log.') || error.code.startsWith('postgres.'))

/** What may go well when the job begins again. */
export const isPassing = (error: unknown): boolean =>
  error instanceof DomainError &&
  ((error.code.startsWith('rpc.') && error.kind === 'unavailable') ||
    error.code === 'backup.work_lost' ||
    error.code === 'backup.work_busy')
