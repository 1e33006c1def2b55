import { setTimeout as delay } from 'node:timers/promises'
import { type CommandId, uuidV5 } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import type { Actor, EventLog } from '@holdfast/event-log'
import type { Logger } from '@holdfast/telemetry'
import { backups } from '../commands/backup-aggregates.ts'
import { type RequestTools, requestBackup } from '../commands/request-backup.ts'
import { allContents } from '../domain/contents.ts'
import { failureOf } from '../queries/backups.ts'
import { RollbackSlotFailed, RollbackSlotTimedOut } from './restore-job-errors.ts'

export interface SlotParts {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'lineageId'>
  readonly request: RequestTools
  readonly logger: Logger
  /** Waits until the read models include all this process knows of. */
  caughtUp(): Promise<void>
  /** How long it may take, its wait for a turn included. */
  readonly slotLimitMs: number
}

export interface SlotWish {
  readonly jobId: string
  /** For its name. */
  readonly of: string
  readonly allowsWithoutRollback: boolean
  readonly actor: Actor
  readonly correlationId: string
}

/** One of the two is empty. */
export interface Slot {
  readonly backupId: string
  /** Why there is none: an error code. */
  readonly because: string
}

/** Never changes: a job that goes on finds the slot it had asked for. */
const slotNamespace = '0b1f6f5c-7a86-5d0e-9a0c-5a3c9d0c6e41'
const lookMs = 200

/**
 * A full backup of the instance as it is, encrypted, at the built-in location, and kept for seven days. Rejects with
 * `backup.rollback_slot_failed` when it cannot be made, unless the restore may do without.
 */
export async function takeSlot(
  parts: SlotParts,
  wish: SlotWish,
  signal: AbortSignal,
): Promise<Slot> {
  const backupId = uuidV5(slotNamespace, wish.jobId)
  try {
    await make(parts, wish, backupId, signal)
    return { backupId, because: '' }
  } catch (error) {
    signal.throwIfAborted()
    const isKnown = error instanceof DomainError
    const why = isKnown ? error.message : 'for a reason of our own; see the log of backup.'
    parts.logger.warn({ err: error, jobId: wish.jobId, backupId }, 'no rollback slot was taken')
    if (!wish.allowsWithoutRollback) throw RollbackSlotFailed({ why }, error)
    return { backupId: '', because: isKnown ? error.code : 'internal' }
  }
}

async function make(
  { log, request, caughtUp, slotLimitMs }: SlotParts,
  { jobId, of, actor, correlationId }: SlotWish,
  backupId: string,
  signal: AbortSignal,
): Promise<void> {
  const context = {
    commandId: backupId as CommandId, // follows from the job: the same command, however often it is given
    isKeyed: false,
    actor,
    correlationId,
    reason: `rollback slot of restore ${jobId}`,
  }
  const wish = {
    id: backupId,
    organizationId: '',
    name: `before restoring ${[...of].slice(0, 100).join('')}`,
    kind: 'rollback_slot',
    contents: allContents,
    isEncrypted: true,
    storageLocationId: log.lineageId,
    scheduleId: '',
    slotUnixMs: 0,
    passphrase: '',
    rollbackFor: jobId,
  } as const
  await requestBackup(request, wish, context)
  const deadline = performance.now() + slotLimitMs
  for (;;) {
    const { state } = await log.fold(backups, backupId, signal)
    if (state.outcome === 'completed') return
    if (state.outcome !== 'requested') {
      await caughtUp()
      const failure = await failureOf(request.postgres, backupId)
      // As the backup failed, in its own words.
      throw new DomainError(
        failure.code || `backup.${state.outcome}`,
        'unavailable',
        failure.detail || `It was ${state.outcome}.`,
      )
    }
    if (performance.now() > deadline) {
      await log.execute(backups, backupId, { type: 'CancelBackup', id: backupId }, context)
      throw RollbackSlotTimedOut({ seconds: Math.round(slotLimitMs / 1000) })
    }
    await delay(lookMs, undefined, { signal })
  }
}
