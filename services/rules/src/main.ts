import { fileURLToPath } from 'node:url'
import {
  ChangeSetService,
  CompensationService,
  ContributorService,
  FlowService,
  PolicyService,
  RuleService,
} from '@holdfast/proto'
import { run } from '@holdfast/service'
import { composeRules } from './compose.ts'
import { settings } from './config.ts'
import { operationalTables } from './operational-tables.ts'
import { readModels } from './projections/read-models.ts'

const migrations = fileURLToPath(new URL('../migrations', import.meta.url))

await run('rules', settings, { migrations, operationalTables }, (app) => {
  const { log, postgres, telemetry } = app
  app.project(...readModels)
  const rules = composeRules({
    log,
    postgres,
    telemetry,
    projections: () => app.projections,
    revertGraceMs: app.settings.revertGraceMs,
    flows: app.connect(FlowService),
    control: [],
    now: Date.now,
  })
  app.onStart(rules.start)
  app.onDrain(rules.stop)
  app.serve(RuleService, rules.rules)
  app.serve(ChangeSetService, rules.changeSets)
  app.serve(PolicyService, rules.policy)
  app.serve(ContributorService, rules.contributors)
  app.serve(CompensationService, rules.compensation)
})
