import { KeyService, ScheduleService } from '@holdfast/proto'
import { dataKeys, type Secrets, secrets } from '@holdfast/service'
import type { BackupApp } from './app.ts'
import { requestBackup } from './commands/request-backup.ts'
import type { Backups } from './compose-backups.ts'
import { scheduleHandlers } from './grpc/schedule-handlers.ts'
import { scheduleRows } from './projections/schedules.ts'
import { scheduleMetrics } from './schedules/schedule-metrics.ts'
import { openScheduler } from './schedules/scheduler.ts'
import type { Locations } from './storage/locations.ts'

/** When backups are made by themselves. */
export function composeSchedules(
  app: BackupApp,
  locations: Locations,
  backups: Backups,
): { readonly wake: () => void } {
  const { log, postgres, settings, telemetry } = app
  const graceMs = settings.slotGraceMs
  app.project(scheduleRows)
  const sealing: Secrets<'passphrase'> = secrets(
    dataKeys(app.connect(KeyService), 'backup'),
    log.lineageId,
  )
  const metrics = scheduleMetrics(telemetry.registry, postgres, graceMs, Date.now)
  const catchUpToHead = async () => await app.projections.reached(await log.safeHead())
  const scheduler = openScheduler({
    ...{ log, postgres, graceMs, catchUpToHead },
    secrets: sealing,
    logger: telemetry.log,
    request: (wish, context) => requestBackup(backups.request, wish, context),
    now: Date.now,
    ended: metrics.ended,
  })
  app.serve(
    ScheduleService,
    scheduleHandlers({
      ...{ log, postgres, locations, catchUpToHead },
      tools: { log, secrets: sealing, now: Date.now },
      now: Date.now,
      catchUp: () => app.projections.reached(log.seen()),
      onChanged: scheduler.wake,
    }),
  )
  app.onEffect(scheduler.start)
  app.onDrain(scheduler.stop)
  return { wake: scheduler.wake }
}
