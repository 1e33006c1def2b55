import { accessReader } from '@holdfast/event-log/admin'
import { ArchiveService, ProofService } from '@holdfast/proto'
import { runWithoutDatabase, standingAlarms } from '@holdfast/service'
import { keepAccess } from './access/keep-access.ts'
import { keepCheckpoints } from './checkpoints/keep-checkpoints.ts'
import { settings } from './config.ts'
import { archiveHandlers } from './grpc/archive-handlers.ts'
import { guardAlarms } from './guard/guard-alarms.ts'
import { readiness } from './guard/readiness.ts'
import { type Guard, startGuard } from './guard/start-guard.ts'

let guard: Guard | undefined
const alarmsEveryMs = 5_000

await runWithoutDatabase(
  'backup',
  settings,
  ({ settings: values, telemetry, readiness: check, onEnd }) => {
    const started = startGuard(values, telemetry)
    guard = started
    check('guard', readiness(started.state))
    onEnd(() => started.stop())
  },
  ({ alarm, serve, telemetry, log, connect, onDrain, settings: values }) => {
    const started = guard
    if (!started) throw new Error('the guard is started first')
    const checkpoints = keepCheckpoints({
      log,
      proofs: connect(ProofService),
      directory: values.archiveDir,
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
      rootKeyFingerprint: values.rootKeyFingerprint,
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
      const state = started.state()
      if (state) alarms.say(judge(state))
    }, alarmsEveryMs)
    onDrain(() => clearInterval(timer))
    serve(ArchiveService, archiveHandlers({ keeper: started.keeper, log: telemetry.log }))
  },
)
