import { join } from 'node:path'
import { BackupService, KeyService } from '@holdfast/proto'
import { dataKeys, type Secrets, secrets } from '@holdfast/service'
import type { BackupApp } from './app.ts'
import type { RequestTools } from './commands/request-backup.ts'
import type { BackupKind } from './domain/contents.ts'
import { backupHandlers } from './grpc/backup-handlers.ts'
import type { Maker } from './jobs/maker.ts'
import type { Reader } from './jobs/manifest-sections.ts'
import { type ObjectWork, objectWork } from './jobs/object-work.ts'
import { openBackups } from './jobs/open-backups.ts'
import { backupRows } from './projections/backups.ts'
import { siteRows } from './projections/sites.ts'
import { retentionRules, scheduleCounts } from './queries/schedule-retention.ts'
import type { Locations } from './storage/locations.ts'

/** What others need of backups: schedules, restores. */
export interface Backups {
  readonly request: RequestTools
  readonly objects: ObjectWork
  /** A job may be due. */
  wake(): void
}

/** The job of a process that was killed is taken up by another after that long. */
const leaseMs = 15_000

/** Backups: what was asked for, the jobs that make them, and how long they are kept. */
export function composeBackups(
  app: BackupApp,
  locations: Locations,
  makers: Readonly<Record<BackupKind, Maker>>,
  contributors: (signal: AbortSignal) => Promise<readonly Reader[]>,
): Backups {
  const { log, postgres, settings, telemetry, work } = app
  app.project(backupRows, siteRows)
  const sealing: Secrets<'passphrase'> = secrets(
    dataKeys(app.connect(KeyService), 'backup'),
    log.lineageId,
  )
  const objects = objectWork(work, locations, {
    egressAllow: settings.egressAllow ?? [],
    localBase: settings.localDir,
    localRoots: settings.localRoots ?? [],
    keysDir: settings.storageKeysDir,
  })
  const opened = openBackups({
    ...{ log, postgres, telemetry, locations, objects, makers },
    secrets: sealing,
    spoolDirectory: settings.spoolDir ?? join(settings.localDir, '.spool'),
    allowsUnencrypted: settings.allowsUnencrypted,
    limits: {
      leaseMs,
      parallel: settings.parallelBackups,
      softLimitMs: settings.softLimitMs,
      hardLimitMs: settings.hardLimitMs,
    },
    rules: () => retentionRules(postgres),
    caughtUp: () => app.projections.reached(log.seen()),
    now: Date.now,
  })
  const { request, engine, removals } = opened
  app.onEffect(opened.start)
  app.onDrain(opened.stop)
  app.serve(
    BackupService,
    backupHandlers({
      ...{ request, log, postgres, locations, objects, leaseMs, contributors },
      now: Date.now,
      catchUp: () => app.projections.reached(log.seen()),
      catchUpToHead: async () => await app.projections.reached(await log.safeHead()),
      drop: (id) => engine.drop(id),
      wake: () => engine.wake(),
      removeNow: (id, signal) => removals.now(id, signal),
      scheduleCounts: (scope, organizationId) => scheduleCounts(postgres, scope, organizationId),
    }),
  )
  return { request, objects, wake: () => engine.wake() }
}
