import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { Secrets } from '@holdfast/service'
import type { Telemetry } from '@holdfast/telemetry'
import type { RequestTools } from '../commands/request-backup.ts'
import type { BackupKind } from '../domain/contents.ts'
import { StorageLocationNotFound } from '../domain/storage-errors.ts'
import type { RetentionRule } from '../queries/schedule-retention.ts'
import { openRetention, type Retention } from '../retention/retention.ts'
import type { Locations } from '../storage/locations.ts'
import { Housekeeping } from './housekeeping.ts'
import { JobEngine } from './job-engine.ts'
import { jobMetrics } from './job-metrics.ts'
import type { Maker } from './maker.ts'
import type { ObjectWork } from './object-work.ts'
import { Removals } from './removals.ts'
import { spoolIn } from './spool.ts'

export interface BackupLimits {
  /** Backups made at once, of all instances together. */
  readonly parallel: number
  readonly softLimitMs: number
  readonly hardLimitMs: number
  /** The job of a process that was killed is taken up by another after that long. */
  readonly leaseMs: number
}

export interface BackupParts {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'lineageId'>
  readonly postgres: Postgres
  readonly telemetry: Pick<Telemetry, 'log' | 'registry'>
  readonly locations: Pick<Locations, 'get'>
  readonly objects: ObjectWork
  readonly makers: Readonly<Record<BackupKind, Maker>>
  readonly secrets: Secrets<'passphrase'>
  readonly spoolDirectory: string
  readonly allowsUnencrypted: boolean
  readonly limits: BackupLimits
  /** Of the schedules there are. */
  readonly rules: () => Promise<ReadonlyMap<string, RetentionRule>>
  /** Waits until the read models include all this process knows of. */
  caughtUp(): Promise<void>
  readonly now: () => number
}

export interface OpenBackups {
  readonly request: RequestTools
  readonly engine: Pick<JobEngine, 'drop' | 'wake'>
  readonly removals: Pick<Removals, 'now' | 'wake'>
  readonly retention: Retention
  readonly housekeeping: Pick<Housekeeping, 'clearSpool' | 'failLost'>
  start(): void
  stop(): Promise<void>
}

/** All that makes, keeps and removes backups, without the process around it. */
export function openBackups(parts: BackupParts): OpenBackups {
  const { log, postgres, telemetry, objects, limits, now } = parts
  const logger = telemetry.log
  const spool = spoolIn(parts.spoolDirectory)
  const wakeRemovals = (): void => removals.wake()
  const retention = openRetention({
    ...{ postgres, logger, now },
    rules: parts.rules,
    caughtUp: parts.caughtUp,
    // One that is gone keeps nothing from anybody; its removals say so themselves.
    isImmutable: (id) =>
      parts.locations.get(id).then(
        ({ isImmutable }) => isImmutable,
        (error: unknown) => {
          if (StorageLocationNotFound.is(error)) return false
          throw error
        },
      ),
    onRemoval: wakeRemovals,
  })
  const removals = new Removals({ log, postgres, logger, objects, retention, now })
  const engine = new JobEngine({
    ...{ log, postgres, logger, objects, spool, ...limits },
    makers: parts.makers,
    secrets: parts.secrets,
    metrics: jobMetrics(telemetry.registry, postgres),
    onCompleted({ scheduleId }) {
      if (scheduleId === '') return
      retention
        .prune(scheduleId)
        .catch((error: unknown) => logger.warn({ err: error, scheduleId }, 'pruning has to wait'))
    },
    onRemoval: wakeRemovals,
  })
  const housekeeping = new Housekeeping({ log, postgres, logger, objects, spool, retention })
  return {
    ...{ engine, removals, retention, housekeeping },
    request: {
      ...{ log, postgres, now },
      locations: parts.locations,
      secrets: parts.secrets,
      allowsUnencrypted: parts.allowsUnencrypted,
      wake: () => engine.wake(),
    },
    start() {
      engine.start()
      removals.start()
      housekeeping.start()
    },
    async stop() {
      await Promise.all([engine.stop(), removals.stop(), housekeeping.stop()])
    },
  }
}
