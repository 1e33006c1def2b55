import { createTelemetry } from '@holdfast/telemetry'
import { expect, test } from 'vitest'
import { composeAlerts } from './compose-alerts.ts'
import { composePublisher } from './compose-publisher.ts'
import { composeWebhooks } from './compose-webhooks.ts'
import { settings } from './config.ts'

/** An app that only writes down when what begins. */
function recording() {
  const begun = { onStart: 0, onEffect: 0 }
  const nothing = () => undefined
  const app = {
    settings: settings.load({
      HOLDFAST_NOTIFY_POSTGRES_URL: 'postgres://nobody@127.0.0.1/nothing',
      HOLDFAST_TLS_CA_FILE: '/x',
      HOLDFAST_TLS_CERT_FILE: '/x',
      HOLDFAST_TLS_KEY_FILE: '/x',
    }),
    telemetry: createTelemetry('notify', { level: 'silent' }),
    log: { lineageId: '01930000-0000-7000-8000-000000000001', generation: 1, onStatus: nothing },
    postgres: {},
    connect: () => ({}),
    project: nothing,
    serve: nothing,
    alarm: nothing,
    readiness: nothing,
    onDrain: nothing,
    onStart: () => void begun.onStart++,
    onEffect: () => void begun.onEffect++,
  }
  return { app: app as never, begun }
}

test('everything notify does by itself is an effect, which a scratch instance is without', () => {
  const { app, begun } = recording()
  const { queue } = composeWebhooks(app)
  composeAlerts(app, queue)
  composePublisher(app)
  expect(begun).toEqual({ onStart: 0, onEffect: 3 })
})
