import { type CommandId, newId } from '@holdfast/domain'
import type { Actor, EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import { restoreJobs } from '../commands/restore-job-aggregate.ts'
import type { BackupFacts, BackupResult } from '../domain/backup.ts'
import type { ImportWish } from '../imports/import-store.ts'
import type { ImportSource } from '../imports/run-import.ts'
import type { ObjectWork } from '../jobs/object-work.ts'
import type { Locations } from '../storage/locations.ts'
import { enterPhase, noteSlot } from './restore-job-store.ts'
import { type SlotParts, takeSlot } from './rollback-slot.ts'

export interface SourceParts extends SlotParts {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'lineageId' | 'safeHead'>
  readonly postgres: Postgres
  readonly locations: Pick<Locations, 'get'>
  readonly objects: Pick<ObjectWork, 'fetch'>
}

export interface RestoreOrder {
  readonly jobId: string
  readonly backupId: string
  readonly facts: BackupFacts
  readonly result: BackupResult
  readonly wish: ImportWish
  readonly allowsWithoutRollback: boolean
  readonly actor: Actor
  readonly correlationId: string
}

/** What makes an import a restore: its file is a backup, and before its first write there is a way back. */
export function restoreSource(parts: SourceParts, order: RestoreOrder): ImportSource {
  const { log, postgres } = parts
  const { jobId, facts, result } = order

  return {
    async fetch(path, signal) {
      await enterPhase(postgres, jobId, 'fetching')
      const { name } = await parts.locations.get(facts.storageLocationId)
      const from = { storageLocationId: facts.storageLocationId, location: name }
      await parts.objects.fetch(from, result, path, signal)
      await enterPhase(postgres, jobId, 'checking')
    },

    async beforeWriting(signal) {
      const { state } = await log.fold(restoreJobs, jobId, signal)
      // It goes on: what it goes back to is what was before its first write.
      if (state.facts) {
        await enterPhase(postgres, jobId, 'restoring')
        return state.facts.rollbackSequence
      }
      await enterPhase(postgres, jobId, 'rollback_slot')
      const slot = await takeSlot(parts, { ...order, of: facts.name }, signal)
      const rollbackSequence = await log.safeHead()
      const { wish, actor, correlationId } = order
      const command = {
        type: 'StartSnapshotRestore',
        facts: {
          organizationId: facts.organizationId,
          backupId: order.backupId,
          sha256: result.sha256,
          contents: wish.contents,
          overwritesExisting: wish.overwritesExisting,
          targetSiteId: wish.targetSiteId,
          rollbackBackupId: slot.backupId,
          rollbackSequence,
          withoutRollbackBecause: slot.because,
        },
      } as const
      await log.execute(restoreJobs, jobId, command, {
        commandId: newId<CommandId>(),
        isKeyed: false,
        ...(facts.organizationId === '' ? {} : { organizationId: facts.organizationId }),
        actor,
        correlationId,
        signal,
        reason: `restore of backup ${order.backupId}`,
      })
      await noteSlot(postgres, jobId, slot)
      await enterPhase(postgres, jobId, 'restoring')
      return rollbackSequence
    },
  }
}
