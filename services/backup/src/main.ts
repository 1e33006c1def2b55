import { ArchiveService, ProofService } from '@holdfast/proto'
import { runWithoutDatabase } from '@holdfast/service'
import { keepCheckpoints } from './checkpoints/keep-checkpoints.ts'
import { settings } from './config.ts'
import { archiveHandlers } from './grpc/archive-handlers.ts'
import { readiness } from './guard/readiness.ts'
import { type Guard, startGuard } from './guard/start-guard.ts'

let guard: Guard | undefined

await runWithoutDatabase(
  'backup',
  settings,
  ({ settings: values, telemetry, readiness: check, onEnd }) => {
    const started = startGuard(values, telemetry)
    guard = started
    check('guard', readiness(started.state))
    onEnd(() => started.stop())
  },
  ({ serve, telemetry, log, connect, onDrain, settings: values }) => {
    const started = guard
    if (!started) throw new Error('the guard is started first')
    const checkpoints = keepCheckpoints({
      log,
      proofs: connect(ProofService),
      directory: values.archiveDir,
      logger: telemetry.log,
    })
    onDrain(checkpoints.stop)
    serve(ArchiveService, archiveHandlers({ keeper: started.keeper, log: telemetry.log }))
  },
)
