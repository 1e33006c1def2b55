import { DomainError } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import { Polling } from '@holdfast/service'
import type { Logger } from '@holdfast/telemetry'
import { backups } from '../commands/backup-aggregates.ts'
import { ownCommand } from '../commands/own-command.ts'
import { requireDeletable } from '../domain/backup.ts'
import { StorageLocationNotFound } from '../domain/storage-errors.ts'
import type { Retention } from '../retention/retention.ts'
import type { ObjectWork } from './object-work.ts'
import { claimRemoval, deferRemoval, endRemoval, type Removal } from './removal-store.ts'

export interface RemovalParts {
  readonly log: Pick<EventLog, 'execute' | 'fold'>
  readonly postgres: Postgres
  readonly logger: Logger
  readonly objects: Pick<ObjectWork, 'remove'>
  readonly retention: Pick<Retention, 'stillGoes'>
  readonly now: () => number
}

const pollMs = 2_000
const leaseMs = 120_000
const tryMs = 90_000
const firstRetryMs = 5_000
const maxRetryMs = 3_600_000
/** By then the thread has ended whatever was told to stop. */
const surelyOverMs = 20_000

/**
 * Removes objects, and records with them: the object first, so that a record never vanishes while something of it still
 * lies there. Tried until it is done, for days if need be; leased, so of several instances one does it.
 */
export class Removals {
  readonly #parts: RemovalParts
  readonly #end = new AbortController()
  readonly #polling: Polling

  constructor(parts: RemovalParts) {
    this.#parts = parts
    this.#polling = new Polling({
      everyMs: pollMs,
      turn: () => this.#next(),
      failed(error, inARow) {
        if (inARow % 30 === 1)
          parts.logger.warn({ err: error }, 'cannot look for objects to remove')
      },
    })
  }

  start(): void {
    this.#polling.start()
  }

  wake(): void {
    this.#polling.wake()
  }

  async stop(): Promise<void> {
    this.#end.abort(new Error('the service stops'))
    await this.#polling.stop()
  }

  /** Does this one now, if its time has come and nobody else is at it. False: later. */
  async now(backupId: string, signal: AbortSignal): Promise<boolean> {
    const removal = await claimRemoval(this.#parts.postgres, leaseMs, backupId)
    return removal ? await this.#try(removal, signal) : false
  }

  /** Whether there was one: then there may be more. */
  async #next(): Promise<boolean> {
    const removal = await claimRemoval(this.#parts.postgres, leaseMs)
    if (removal) await this.#try(removal, this.#end.signal)
    return removal !== undefined
  }

  async #try(removal: Removal, signal: AbortSignal): Promise<boolean> {
    const { postgres, logger } = this.#parts
    const { backupId, attempts } = removal
    try {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(tryMs)])
      return await this.#carryOut(removal, limited)
    } catch (error) {
      const words = error instanceof DomainError ? error.message : 'for a reason of our own'
      logger.warn({ err: error, backupId, attempts }, 'an object could not be removed yet')
      const waitMs = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(attempts - 1, 20))
      await deferRemoval(postgres, backupId, waitMs, words)
      return false
    }
  }

  /** False: it is not to be removed after all. */
  async #carryOut(removal: Removal, signal: AbortSignal): Promise<boolean> {
    const { log, postgres, objects, logger, now } = this.#parts
    const { backupId, cause, objectKey, storageLocationId } = removal
    const { state } = await log.fold(backups, backupId, signal)
    const isRecorded = state.exists && !state.isDeleted
    if (!(await this.#isDue(removal, state, isRecorded))) {
      await endRemoval(postgres, removal)
      return false
    }
    if (objectKey !== '') {
      try {
        await objects.remove(storageLocationId, objectKey, signal)
      } catch (error) {
        // Where it lay is not known any more: there is nothing left to be done.
        if (!StorageLocationNotFound.is(error)) throw error
        logger.warn({ backupId, storageLocationId }, 'the location of an object is gone')
      }
    }
    if (cause !== undefined && isRecorded) {
      const context =
        removal.context ?? ownCommand(state.facts?.organizationId ?? '', `retention: ${cause}`)
      const nowUnixMs = now()
      await log.execute(
        backups,
        backupId,
        { type: 'DeleteBackup', id: backupId, cause, nowUnixMs },
        context,
      )
    }
    // What was being uploaded may have come to its end just then: looked at once more.
    const wasUploading = state.outcome !== 'completed' && objectKey !== ''
    if (wasUploading && removal.attempts === 1)
      await deferRemoval(postgres, backupId, surelyOverMs, '')
    else await endRemoval(postgres, removal)
    return true
  }

  async #isDue(
    { backupId, cause }: Removal,
    state: Parameters<typeof requireDeletable>[0],
    isRecorded: boolean,
  ): Promise<boolean> {
    if (!isRecorded) return true
    // Remains of a job that ended without an object; one that has one is not remains.
    if (cause === undefined) return state.outcome === 'failed' || state.outcome === 'cancelled'
    try {
      requireDeletable(state, this.#parts.now())
    } catch {
      return false
    }
    const scheduleId = state.facts?.scheduleId ?? ''
    return cause === 'hand' || (await this.#parts.retention.stillGoes(backupId, scheduleId))
  }
}
