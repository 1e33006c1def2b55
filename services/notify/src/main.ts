import { fileURLToPath } from 'node:url'
import { run } from '@holdfast/service'
import { composeAlerts } from './compose-alerts.ts'
import { composeCompensation } from './compose-compensation.ts'
import { composePublisher } from './compose-publisher.ts'
import { composeSnapshots } from './compose-snapshots.ts'
import { composeWebhooks } from './compose-webhooks.ts'
import { settings } from './config.ts'
import { operationalTables } from './operational-tables.ts'

const migrations = fileURLToPath(new URL('../migrations', import.meta.url))

await run('notify', settings, { migrations, operationalTables }, (app) => {
  const { queue, tools: webhooks, egress } = composeWebhooks(app)
  const { rules, rulesChanged } = composeAlerts(app, queue)
  composeSnapshots(app, { webhooks, egress, rules, rulesChanged })
  composeCompensation(app, webhooks)
  composePublisher(app)
})
