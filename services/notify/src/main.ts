import { fileURLToPath } from 'node:url'
import { run } from '@holdfast/service'
import { composeAlerts } from './compose-alerts.ts'
import { composePublisher } from './compose-publisher.ts'
import { composeWebhooks } from './compose-webhooks.ts'
import { settings } from './config.ts'
import { operationalTables } from './operational-tables.ts'

const migrations = fileURLToPath(new URL('../migrations', import.meta.url))

await run('notify', settings, { migrations, operationalTables }, (app) => {
  const { queue } = composeWebhooks(app)
  composeAlerts(app, queue)
  composePublisher(app)
})
