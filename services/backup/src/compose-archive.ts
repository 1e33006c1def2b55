import { accessReader } from '@holdfast/event-log/admin'
import { ArchiveService, ProofService } from '@holdfast/proto'
import { standingAlarms } from '@holdfast/service'
import { keepAccess } from './access/keep-access.ts'
import type { BackupApp } from './app.ts'
import { keepCheckpoints } from './checkpoints/keep-checkpoints.ts'
import { archiveHandlers } from './grpc/archive-handlers.ts'
import { guardAlarms } from './guard/guard-alarms.ts'
import type { Guard } from './guard/start-guard.ts'
import { pinnedCheckpoints } from './queries/rollback-points.ts'

const alarmsEveryMs = 5_000

/** The archive of log and ACCESS, its state and repair. Needs no database. */
export function composeArchive(app: BackupApp, guard: Guard): void {
  const { alarm, serve, telemetry, log, connect, onDrain, settings: values } = app
  const checkpoints = keepCheckpoints({
    log,
    proofs: connect(ProofService),
    directory: values.archiveDir,
    pinned: () => pinnedCheckpoints(app.postgres),
    logger: telemetry.log,
  })
  onDrain(checkpoints.stop)
  const access = keepAccess({
    log,
    proofs: connect(ProofService),
    reader: accessReader({
      url: values.natsUrl.join(','),
      name: 'backup',
      ...(values.natsCredentialsFile === undefined
        ? {}
        : { credentialsFile: values.natsCredentialsFile }),
      ...(values.natsCaFile === undefined ? {} : { caFile: values.natsCaFile }),
    }),
    directory: values.archiveDir,
    rootKeys: app.rootKeys,
    retentionMs: values.retentionMs,
    sealAfterMs: values.accessSealMs,
    retireEveryMs: values.accessRetireMs,
    alarm,
    logger: telemetry.log,
    registry: telemetry.registry,
    now: Date.now,
  })
  onDrain(access.stop)
  const alarms = standingAlarms(alarm)
  const judge = guardAlarms()
  const timer = setInterval(() => {
    const state = guard.state()
    if (state) alarms.say(judge(state))
  }, alarmsEveryMs)
  onDrain(() => clearInterval(timer))
  serve(ArchiveService, archiveHandlers({ keeper: guard.keeper, log: telemetry.log }))
}
