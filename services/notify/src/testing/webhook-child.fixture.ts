import { egressPolicy } from '@holdfast/egress'
import { openLog } from '@holdfast/event-log'
import { openPostgres } from '@holdfast/postgres'
import { openProjections } from '@holdfast/projections'
import { createTelemetry } from '@holdfast/telemetry'
import { webhooks } from '../projections/webhooks.ts'
import { openWebhooks } from '../webhooks/open-webhooks.ts'
import { testKeyService, testLimits } from './webhook-suite.ts'

// Webhooks in a process of their own, to be killed. Its parent migrates, writes and receives.

const env = (name: string): string => {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set`)
  return value
}

const telemetry = createTelemetry('notify', { level: 'silent' })
const log = await openLog({
  url: env('HOLDFAST_NATS_URL'),
  credentialsFile: env('HOLDFAST_NATS_CREDENTIALS_FILE'),
  name: 'notify',
  context: 'notify',
  stream: env('HOLDFAST_LOG_STREAM'),
  telemetry,
})
const postgres = openPostgres({
  url: { reveal: () => env('TEST_POSTGRES_URL') },
  name: 'notify',
  telemetry,
})
const projections = await openProjections({
  log,
  postgres,
  telemetry,
  service: 'notify',
  projections: [webhooks],
})
const opened = openWebhooks({
  log,
  postgres,
  telemetry,
  projections: () => projections,
  keyService: testKeyService,
  alarm: () => undefined,
  policy: egressPolicy(['127.0.0.0/8']),
  // A short lease, so that the next process need not wait long for what this one held.
  limits: { ...testLimits, timeoutMs: 1_000 },
  now: Date.now,
})
opened.start()
process.send?.('started')
