import { fileURLToPath } from 'node:url'
import { FlowService } from '@holdfast/proto'
import { run } from '@holdfast/service'
import { composeAudit } from './compose.ts'
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
  app.onStart(audit.start)
  app.onDrain(audit.stop)
  app.serve(FlowService, audit.flows)
})
