import { take } from '@holdfast/net'
import { KeyService, RestoreJobService, ValidationService } from '@holdfast/proto'
import { dataKeys, secrets, standingAlarms } from '@holdfast/service'
import type { BackupApp } from './app.ts'
import type { Backups } from './compose-backups.ts'
import type { Snapshots } from './compose-snapshots.ts'
import { restoreJobHandlers } from './grpc/restore-job-handlers.ts'
import { validationHandlers } from './grpc/validation-handlers.ts'
import { validationRows } from './projections/validations.ts'
import { undoingBy } from './restore-jobs/undoing.ts'
import type { Restores } from './restores/restores.ts'
import { parseCron, type Slots, slotsOf } from './schedules/cron.ts'
import type { Locations } from './storage/locations.ts'
import { validateBackup } from './validation/validate-backup.ts'
import { validationMetrics } from './validation/validation-metrics.ts'
import { openValidations } from './validation/validations.ts'

/** Of one organization (FB-91). */
const validationLimitMs = 60_000
const validationPollMs = 5_000

/** Stored snapshots brought back, and tried whether they could be. */
export function composeRestoreJobs(
  app: BackupApp,
  locations: Locations,
  { imports }: Snapshots,
  { request, objects }: Backups,
  restores: Restores,
): void {
  const { log, postgres, settings, telemetry } = app
  const logger = telemetry.log
  app.project(validationRows)
  const catchUpToHead = async () => await app.projections.reached(await log.safeHead())
  app.serve(
    RestoreJobService,
    restoreJobHandlers({
      ...{ log, postgres, locations, objects, request, logger },
      runs: imports.runs,
      limits: imports.parts.limits,
      undoing: undoingBy(restores, postgres),
      caughtUp: () => app.projections.reached(log.seen()),
      // Others may be before it, and each may take its time.
      slotLimitMs: 2 * settings.hardLimitMs,
    }),
  )
  const sealing = secrets<'passphrase'>(dataKeys(app.connect(KeyService), 'backup'), log.lineageId)
  const of = { log, postgres, locations, objects, secrets: sealing }
  const validations = openValidations({
    ...{ log, postgres, logger, catchUpToHead },
    metrics: validationMetrics(telemetry.registry, postgres),
    alarms: standingAlarms(app.alarm),
    // A scratch instance fires no schedule; whoever asks is answered.
    schedule: settings.effects === 'off' ? undefined : slotsIn(settings.validationSchedule),
    limitMs: validationLimitMs,
    pollMs: validationPollMs,
    validate: (id, signal) =>
      validateBackup({ ...of, files: imports.files, imports: imports.parts }, id, signal),
    now: Date.now,
  })
  app.onEffect(validations.start)
  app.onDrain(validations.stop)
  app.serve(ValidationService, validationHandlers({ postgres, validations, catchUpToHead }))
}

function slotsIn(schedule: string): Slots | undefined {
  if (schedule === 'off') return undefined
  const expression = take(parseCron, schedule, 'HOLDFAST_BACKUP_VALIDATION_SCHEDULE')
  return slotsOf(expression, '')
}
