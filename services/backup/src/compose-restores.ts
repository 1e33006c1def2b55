import {
  CompensationService,
  EntryService,
  HistoryService,
  KeyService,
  KeysetService,
  NodeService,
  ProofService,
  RestoreService,
} from '@holdfast/proto'
import { standingAlarms } from '@holdfast/service'
import type { BackupApp } from './app.ts'
import { restoreHandlers } from './grpc/restore-handlers.ts'
import { restoreRows } from './projections/restores.ts'
import { type RestoreService as Owner, restoreServices } from './restores/changes.ts'
import { type CompensationClient, compensators } from './restores/compensators.ts'
import { openRestores } from './restores/open-restores.ts'
import { stuckAlarm } from './restores/restore-alarms.ts'
import { openRestore } from './restores/restore-store.ts'
import type { Restores } from './restores/restores.ts'
import { rollbackPoint } from './restores/rollback-point.ts'

/** The restore of a process that was killed is taken up by another after that long. */
const leaseMs = 10_000
const retryMs = 1_000
const pollMs = 1_000
const alarmsEveryMs = 5_000

/** What was before, on the live instance: plans, restores, and the undoing of one commit. */
export function composeRestores(app: BackupApp): Restores {
  const { log, postgres, settings, telemetry, work } = app
  const { archiveDir } = settings
  app.project(restoreRows)
  // as: one for each name of the list
  const services = Object.fromEntries(
    restoreServices.map((name) => [name, app.connect(CompensationService, name)]),
  ) as Record<Owner, CompensationClient>
  const proofs = app.connect(ProofService)
  const catchUpToHead = async () => await app.projections.reached(await log.safeHead())
  const opened = openRestores({
    ...{ log, postgres, telemetry, leaseMs, retryMs, pollMs, catchUpToHead },
    compensators: compensators(services),
    takeRollbackPoint: rollbackPoint({ log, proofs, work, archiveDir, now: Date.now }),
    now: Date.now,
  })
  app.onStart(opened.start)
  app.onDrain(opened.stop)
  app.serve(
    RestoreService,
    restoreHandlers({
      ...{ log, postgres, services, catchUpToHead },
      restores: opened.restores,
      entries: app.connect(EntryService),
      history: app.connect(HistoryService),
      nodes: app.connect(NodeService),
      verify: {
        ...{ proofs, work, archiveDir },
        keys: app.connect(KeyService),
        keysets: app.connect(KeysetService),
      },
    }),
  )
  const alarms = standingAlarms(app.alarm)
  let isLooking = false
  const timer = setInterval(() => {
    if (isLooking) return
    isLooking = true
    openRestore(postgres)
      .then((job) => alarms.say([stuckAlarm(job)]))
      .catch((error: unknown) =>
        telemetry.log.info({ err: error }, 'whether a restore is stuck is looked at later'),
      )
      .finally(() => {
        isLooking = false
      })
  }, alarmsEveryMs)
  app.onDrain(() => clearInterval(timer))
  return opened.restores
}
