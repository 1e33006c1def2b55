import { type Egress, egressPolicy } from '@holdfast/egress'
import { KeyService, WebhookService } from '@holdfast/proto'
import type { App } from '@holdfast/service'
import type { WebhookTools } from './commands/change-webhooks.ts'
import type { settings } from './config.ts'
import { webhooks } from './projections/webhooks.ts'
import { openWebhooks } from './webhooks/open-webhooks.ts'
import type { WebhookQueue } from './webhooks/queue.ts'
import { parseSchedule } from './webhooks/retry.ts'

export type NotifyApp = App<(typeof settings)['spec']>

/** Endpoints of others: what they are told, and that they were. Answers with what alerts put their messages in. */
export function composeWebhooks(app: NotifyApp): {
  readonly queue: WebhookQueue
  readonly tools: WebhookTools
  readonly egress: Egress
} {
  const { log, postgres, telemetry, alarm } = app
  const values = app.settings
  app.project(webhooks)
  const opened = openWebhooks({
    log,
    postgres,
    telemetry,
    projections: () => app.projections,
    keyService: app.connect(KeyService),
    alarm,
    policy: egressPolicy(values.egressAllow ?? []),
    limits: {
      timeoutMs: values.webhookTimeoutMs,
      schedule: parseSchedule(values.webhookRetries),
      parallel: values.webhookParallel,
      suspendAfter: values.webhookSuspendAfter,
      maxPending: values.webhookMaxPending,
      keepDeliveredMs: values.webhookKeepDeliveredMs,
      keepDeadMs: values.webhookKeepDeadMs,
      drainMs: Math.max(0, values.drainMs - 1_000),
    },
    now: Date.now,
  })
  app.serve(WebhookService, opened.handlers)
  app.onEffect(opened.start)
  app.onDrain(opened.stop)
  return opened
}
