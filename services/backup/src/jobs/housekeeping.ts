import { DomainError } from '@holdfast/errors'
import type { Postgres } from '@holdfast/postgres'
import type { Logger } from '@holdfast/telemetry'
import { BackupJobLost } from '../domain/backup-errors.ts'
import { lostRequests, usedLocations } from '../queries/backups.ts'
import type { Retention } from '../retention/retention.ts'
import { pruneJobs, unendedJobs } from './job-store.ts'
import type { ObjectWork } from './object-work.ts'
import { type JobParts, record } from './run-job.ts'
import type { Spool } from './spool.ts'

export interface HousekeepingParts extends Pick<JobParts, 'log'> {
  readonly postgres: Postgres
  readonly logger: Logger
  readonly objects: Pick<ObjectWork, 'sweep'>
  readonly spool: Spool
  readonly retention: Retention
}

const everyMs = 60_000
const dayMs = 86_400_000
/** A request in the log whose row is not there by then has none. */
const lostAfterMs = 300_000

/** What is done beside the jobs: every minute what they may have left, every day what is too old. */
export class Housekeeping {
  readonly #parts: HousekeepingParts
  readonly #end = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  #dailyAt = 0

  constructor(parts: HousekeepingParts) {
    this.#parts = parts
  }

  start(): void {
    const again = (): void => {
      this.#running = this.#round().finally(() => {
        if (!this.#end.signal.aborted) this.#timer = setTimeout(again, everyMs)
      })
    }
    again()
  }

  async stop(): Promise<void> {
    this.#end.abort(new Error('the service stops'))
    clearTimeout(this.#timer)
    await this.#running
  }

  async #round(): Promise<void> {
    const { logger } = this.#parts
    const step = async (what: string, work: () => Promise<unknown>): Promise<void> => {
      if (this.#end.signal.aborted) return
      try {
        await work()
      } catch (error) {
        if (!this.#end.signal.aborted) logger.warn({ err: error }, `${what} has to wait`)
      }
    }
    await step('looking for lost jobs', () => this.failLost())
    await step('clearing the spool', () => this.clearSpool())
    if (performance.now() - this.#dailyAt < dayMs && this.#dailyAt > 0) return
    this.#dailyAt = performance.now()
    await step('pruning backups', () => this.#parts.retention.prune())
    await step('forgetting old jobs', () => pruneJobs(this.#parts.postgres))
    await step('sweeping locations', () => this.#sweep())
  }

  async failLost(ageMs = lostAfterMs): Promise<number> {
    const lost = await lostRequests(this.#parts.postgres, ageMs)
    const error = BackupJobLost({})
    for (const { id, organizationId } of lost) {
      const command = { type: 'FailBackup', id, code: error.code, detail: error.message } as const
      await record(this.#parts, { backupId: id, organizationId }, command)
    }
    return lost.length
  }

  async clearSpool(): Promise<number> {
    return await this.#parts.spool.sweep(() => unendedJobs(this.#parts.postgres))
  }

  /** Uploads that never ended, of ours. One location that cannot be reached does not keep the others. */
  async #sweep(): Promise<void> {
    const { postgres, objects, logger } = this.#parts
    for (const id of await usedLocations(postgres)) {
      if (this.#end.signal.aborted) return
      try {
        const signal = AbortSignal.any([this.#end.signal, AbortSignal.timeout(600_000)])
        const removed = await objects.sweep(id, signal)
        if (removed > 0)
          logger.info({ storageLocationId: id, removed }, 'removed unfinished uploads')
      } catch (error) {
        const err = error instanceof DomainError ? error.message : error
        logger.info({ err, storageLocationId: id }, 'a location could not be swept')
      }
    }
  }
}
