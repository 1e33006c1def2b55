import { newId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import { Polling } from '@holdfast/service'
import { backups } from '../commands/backup-aggregates.ts'
import type { BackupFacts } from '../domain/backup.ts'
import { BackupGivenUp, BackupTimedOut } from '../domain/backup-errors.ts'
import type { BackupKind } from '../domain/contents.ts'
import type { JobMetrics } from './job-metrics.ts'
import {
  claimJobs,
  endJob,
  forgetJob,
  type Job,
  type JobLease,
  releaseJob,
  renewJob,
} from './job-store.ts'
import { hurryRemoval, insertRemoval } from './removal-store.ts'
import {
  isPassing,
  isStandstill,
  JobLost,
  type JobParts,
  makeBackup,
  record,
  verifyMade,
} from './run-job.ts'

export interface EngineParts extends JobParts {
  readonly metrics: JobMetrics
  /** Jobs under way at once, of all instances together. */
  readonly parallel: number
  /** How long the job of a process that was killed waits for another. */
  readonly leaseMs: number
  /** It was completed, and told again once it was read back. */
  readonly onCompleted: (facts: BackupFacts) => void
  /** Something is to be removed. */
  readonly onRemoval: () => void
}

/** How often due jobs are looked for without being told: what another instance put in, and leases that ran out. */
const pollMs = 1_000
/** A row whose request the log does not know after that long never had one. */
const unheardMs = 120_000
/** A job that ends its process is not begun for ever. */
const maxAttempts = 5
/** Times the attempts so far. */
const retryMs = 5_000

/** What the thread still writes after it was told to stop. */
const lastWriteMs = 1_000

/** Work that does not end when it is told to is left to itself: it can show and record nothing any more. */
const abandonMs = 5_000
const abandoned = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const give = (): void => void setTimeout(() => reject(signal.reason as Error), abandonMs)
    if (signal.aborted) give()
    else signal.addEventListener('abort', give, { once: true })
  })

class Stopped extends Error {
  override readonly name = 'Stopped'
}

/**
 * Makes backups: a few at a time, in the order they were asked for. A job is leased, so of several instances one makes
 * it; the lease of one that was killed runs out, and whoever takes the job over begins it again, or from what it finds in
 * its own spool. The log is asked first: what it knows to be over is not made.
 */
export class JobEngine {
  readonly #parts: EngineParts
  readonly #holder = newId<string>()
  readonly #busy = new Map<
    string,
    { readonly done: Promise<void>; readonly end: AbortController }
  >()
  readonly #polling: Polling

  constructor(parts: EngineParts) {
    this.#parts = parts
    this.#polling = new Polling({
      everyMs: pollMs,
      turn: () => this.#takeDue(),
      failed(error, inARow) {
        if (inARow % 30 === 1) parts.logger.warn({ err: error }, 'cannot look for backups to make')
      },
    })
  }

  start(): void {
    this.#polling.start()
  }

  /** Something may be due. */
  wake(): void {
    this.#polling.wake()
  }

  /** The job is over by somebody's command: what is done for it here is dropped at once. */
  drop(backupId: string): void {
    this.#busy.get(backupId)?.end.abort(new JobLost('the job is over'))
  }

  /** Jobs under way are given back, to be taken up by whoever is next. */
  async stop(): Promise<void> {
    const looked = this.#polling.stop()
    for (const { end } of this.#busy.values()) end.abort(new Stopped('the service stops'))
    await looked
    await Promise.all([...this.#busy.values()].map(({ done }) => done))
  }

  async #takeDue(): Promise<boolean> {
    const { postgres, parallel, leaseMs } = this.#parts
    if (this.#busy.size >= parallel) return false
    const jobs = await claimJobs(postgres, { holder: this.#holder, leaseMs, parallel })
    for (const job of jobs) {
      // Its lease had run out unnoticed here: taken again it is held as before, or runs out once its work has stopped.
      if (this.#busy.has(job.backupId)) continue
      const end = new AbortController()
      const done = this.#serve(job, end).finally(() => {
        this.#busy.delete(job.backupId)
        this.wake()
      })
      this.#busy.set(job.backupId, { done, end })
      if (this.#polling.isStopping) end.abort(new Stopped('the service stops'))
    }
    return false
  }

  /** One job's turn. Never rejects. */
  async #serve(job: Job, end: AbortController): Promise<void> {
    const { logger, postgres } = this.#parts
    const lease: JobLease = {
      backupId: job.backupId,
      holder: this.#holder,
      leaseMs: this.#parts.leaseMs,
    }
    try {
      await this.#carryOut(job, lease, end)
    } catch (error) {
      logger.warn({ err: error, backupId: job.backupId }, 'a backup has to wait')
      await releaseJob(postgres, lease, retryMs, true).catch(() => undefined) // the lease runs out by itself
    }
  }

  async #carryOut(job: Job, lease: JobLease, end: AbortController): Promise<void> {
    const { log, postgres } = this.#parts
    const { state } = await log.fold(backups, job.backupId, end.signal)
    if (!state.exists) {
      if (job.ageMs < unheardMs) await releaseJob(postgres, lease, 500, false)
      else {
        await endJob(postgres, job.backupId)
        await forgetJob(postgres, job.backupId)
      }
      return
    }
    const { facts, outcome } = state
    if (!facts) throw new Error('a backup that exists was asked for')
    if (state.isDeleted || outcome === 'failed' || outcome === 'cancelled')
      return await this.#settle(job)
    if (outcome === 'requested') {
      const isMade = await this.#make(job, lease, facts, end)
      if (!isMade) return
    }
    await this.#readBack(job, lease, facts, end)
  }

  /** False: the job is over, or somebody else's, or has to wait. */
  async #make(
    job: Job,
    lease: JobLease,
    facts: BackupFacts,
    end: AbortController,
  ): Promise<boolean> {
    const { postgres, logger, metrics, hardLimitMs } = this.#parts
    const { backupId } = job
    const startedAtMs = performance.now()
    try {
      if (job.attempts > maxAttempts) {
        throw BackupGivenUp({ attempts: maxAttempts })
      }
      await this.#held(lease, end, hardLimitMs, (signal, onUploaded) =>
        makeBackup(this.#parts, { job, lease, facts, signal, startedAtMs, onUploaded }),
      )
      metrics.ended(facts.kind, 'completed', performance.now() - startedAtMs)
      this.#parts.onCompleted(facts)
      return true
    } catch (error) {
      if (error instanceof Stopped) {
        await releaseJob(postgres, lease, 0, false)
        return false
      }
      const { state } = await this.#parts.log.fold(backups, backupId)
      if (state.outcome !== 'requested') {
        // Cancelled under our hands, or completed by an answer that was lost.
        if (state.outcome === 'completed') {
          metrics.ended(facts.kind, 'completed', performance.now() - startedAtMs)
          this.#parts.onCompleted(facts)
          return true
        }
        metrics.ended(facts.kind, state.outcome, performance.now() - startedAtMs)
        await this.#settle(job)
        return false
      }
      if (error instanceof JobLost) return false // whoever took it over goes on
      if (isStandstill(error) || (isPassing(error) && job.attempts < maxAttempts)) {
        logger.info({ err: error, backupId }, 'a backup begins again in a moment')
        await releaseJob(postgres, lease, retryMs * job.attempts, !isStandstill(error))
        return false
      }
      await this.#fail(job, facts.kind, error, performance.now() - startedAtMs)
      return false
    }
  }

  async #fail(job: Job, kind: BackupKind, error: unknown, durationMs: number): Promise<void> {
    const { logger, metrics } = this.#parts
    const { backupId } = job
    logger.warn({ err: error, backupId }, 'a backup failed')
    const isKnown = error instanceof DomainError
    const code = isKnown ? error.code : 'internal'
    const detail = isKnown ? error.message : 'for a reason of our own; see the log of backup'
    await record(this.#parts, job, { type: 'FailBackup', id: backupId, code, detail })
    metrics.ended(kind, 'failed', durationMs)
    await this.#settle(job)
  }

  async #readBack(
    job: Job,
    lease: JobLease,
    facts: BackupFacts,
    end: AbortController,
  ): Promise<void> {
    const { postgres, logger, hardLimitMs, metrics } = this.#parts
    const { backupId } = job
    const startedAtMs = performance.now()
    try {
      const isGood = await this.#held(lease, end, hardLimitMs, (signal) =>
        verifyMade(this.#parts, {
          ...{ job, lease, facts, signal, startedAtMs },
          onUploaded: () => undefined,
        }),
      )
      metrics.verified(isGood ? 'good' : 'bad')
    } catch (error) {
      if (error instanceof Stopped) return void (await releaseJob(postgres, lease, 0, false))
      if (error instanceof JobLost) return
      const isDue = isStandstill(error) || job.attempts < maxAttempts
      logger.warn({ err: error, backupId }, 'a backup could not be read back')
      metrics.verified('unreachable')
      if (isDue)
        return void (await releaseJob(
          postgres,
          lease,
          retryMs * job.attempts,
          !isStandstill(error),
        ))
      // It is there and was not read: neither good nor damaged. Whoever wants to know asks again.
    }
    await endJob(postgres, backupId)
    await this.#parts.spool.remove(backupId)
    this.#parts.onCompleted(facts)
  }

  /** It ended without an object: nothing of it stays, here or there. */
  async #settle(job: Job): Promise<void> {
    const { postgres, spool } = this.#parts
    await settleJob(postgres, job.backupId, lastWriteMs)
    await hurryRemoval(postgres, job.backupId, lastWriteMs)
    await spool.remove(job.backupId)
    this.#parts.onRemoval()
  }

  /** Says all the while that the job is ours, and notices when it is not; ends the work at the limit. */
  async #held<T>(
    lease: JobLease,
    end: AbortController,
    limitMs: number,
    work: (signal: AbortSignal, onUploaded: (bytes: number) => void) => Promise<T>,
  ): Promise<T> {
    const { postgres, leaseMs, logger } = this.#parts
    let uploaded = 0
    let heldUntil = performance.now() + leaseMs
    const beat = setInterval(
      () => {
        const at = performance.now()
        renewJob(postgres, lease, uploaded).then(
          (isOurs) => {
            if (isOurs) heldUntil = at + leaseMs
            else end.abort(new JobLost('the job is not ours any more'))
          },
          (error: unknown) => {
            logger.warn(
              { err: error, backupId: lease.backupId },
              'the lease of a job is not renewed',
            )
            // Another may have taken it: two must not write one object.
            if (performance.now() > heldUntil) end.abort(new JobLost('the lease ran out'))
          },
        )
      },
      Math.min(1_000, leaseMs / 3),
    )
    const limit = setTimeout(
      () => end.abort(BackupTimedOut({ seconds: Math.round(limitMs / 1000) })),
      limitMs,
    )
    try {
      end.signal.throwIfAborted()
      const done = work(end.signal, (bytes) => {
        uploaded = bytes
      })
      return await Promise.race([done, abandoned(end.signal)])
    } catch (error) {
      // What a task says of an abort is not why it was aborted.
      throw end.signal.aborted ? end.signal.reason : error
    } finally {
      clearInterval(beat)
      clearTimeout(limit)
    }
  }
}

/**
 * Ends the row; what may lie at the location is removed, once nobody can be uploading it any more. A job that nobody
 * holds is over at once.
 */
export async function settleJob(
  postgres: EngineParts['postgres'],
  backupId: string,
  delayMs: number,
): Promise<void> {
  await postgres.tx(async (tx) => {
    const ended = await endJob(tx, backupId)
    if (!ended?.uploadBegan) return
    const { storageLocationId, objectKey } = ended
    const removal = { backupId, storageLocationId, objectKey }
    await insertRemoval(tx, { ...removal, cause: undefined, context: undefined }, delayMs)
  })
}
