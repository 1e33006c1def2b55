import { fileURLToPath } from 'node:url'
import { FlowService, KeyService, ProofService } from '@holdfast/proto'
import { run } from '@holdfast/service'
import { composeAudit } from './compose.ts'
import { composeTree } from './compose-tree.ts'
import { settings } from './config.ts'
import { readModels } from './projections/read-models.ts'

const migrations = fileURLToPath(new URL('../migrations', import.meta.url))
const megabyte = 1024 * 1024

await run('audit', settings, { migrations }, (app) => {
  const { log, postgres, telemetry } = app
  app.project(...readModels)
  const audit = composeAudit({
    log,
    postgres,
    telemetry,
    projections: () => app.projections,
    flowRetentionMs: app.settings.flowRetentionMs,
    flowMaxBytes: app.settings.flowMaxMegabytes * megabyte,
    now: Date.now,
  })
  const { keysDir, archiveDir, checkpointFile, checkpointWebhook } = app.settings
  const tree = composeTree({
    log,
    postgres,
    telemetry,
    keyService: app.connect(KeyService),
    keysDir,
    archiveDir,
    push: {
      file: checkpointFile,
      webhook: checkpointWebhook && {
        url: checkpointWebhook.reveal(),
        mayBeInner: app.settings.checkpointWebhookPrivate,
      },
    },
    now: Date.now,
  })
  app.readiness('checkpoints', tree.readiness)
  app.onStart(audit.start)
  app.onStart(tree.start)
  app.onDrain(tree.stop)
  app.onDrain(audit.stop)
  app.serve(FlowService, audit.flows)
  app.serve(ProofService, tree.proofs)
})
