import { fileURLToPath } from 'node:url'
import { run } from '@holdfast/service'
import { composeArchive } from './compose-archive.ts'
import { composeBackups } from './compose-backups.ts'
import { composeCompensation } from './compose-compensation.ts'
import { composeOffsite } from './compose-offsite.ts'
import { composeRecovery } from './compose-recovery.ts'
import { composeRestoreJobs } from './compose-restore-jobs.ts'
import { composeRestores } from './compose-restores.ts'
import { composeSchedules } from './compose-schedules.ts'
import { composeSnapshots } from './compose-snapshots.ts'
import { composeStorage } from './compose-storage.ts'
import { settings } from './config.ts'
import { readiness } from './guard/readiness.ts'
import { type Guard, startGuard } from './guard/start-guard.ts'
import { operationalTables } from './operational-tables.ts'
import { openWork } from './work/work.ts'

const migrations = fileURLToPath(new URL('../migrations', import.meta.url))
let guard: Guard | undefined
await run(
  'backup',
  settings,
  {
    migrations,
    operationalTables,
    onEarly({ settings: values, telemetry, readiness: check, onEnd }) {
      const started = startGuard(values, telemetry)
      guard = started
      check('guard', readiness(started.state))
      onEnd(() => started.stop())
    },
  },
  (bare) => {
    if (!guard) throw new Error('the guard is started first')
    const app = Object.assign(bare, { work: openWork(bare), rootKeys: guard.rootKeys })
    // Said first, carried out last: what drains before may still need it.
    app.onDrain(app.work.stop)
    composeArchive(app, guard)
    const locations = composeStorage(app)
    const offsite = composeOffsite(app, guard, locations)
    const { maker: full } = composeRecovery(app, guard, offsite)
    const snapshots = composeSnapshots(app)
    const makers = { snapshot: snapshots.maker, full, rollback_slot: full }
    const backups = composeBackups(app, locations, makers, snapshots.contributors)
    const { wake } = composeSchedules(app, locations, backups)
    composeCompensation(app, wake)
    const restores = composeRestores(app)
    composeRestoreJobs(app, locations, snapshots, backups, restores)
  },
)
