import { AlertService, KeyService } from '@holdfast/proto'
import type { App } from '@holdfast/service'
import { composeInbox, type Inbox } from './alerts/compose-inbox.ts'
import type { settings } from './config.ts'
import { configuredMail } from './mail/mail-settings.ts'
import { alertRuleRows } from './projections/alert-rules.ts'
import { alertRows } from './projections/alerts.ts'
import type { WebhookQueue } from './webhooks/queue.ts'

export type NotifyApp = App<(typeof settings)['spec']>

/** The inbox, the rules that fill it, and mail. */
export function composeAlerts(
  app: NotifyApp,
  webhooks: WebhookQueue,
): Pick<Inbox, 'rules' | 'rulesChanged'> {
  const { log, postgres, telemetry, settings: values } = app
  app.project(alertRows, alertRuleRows)
  const inbox = composeInbox({
    log,
    postgres,
    telemetry,
    keyService: app.connect(KeyService),
    webhooks,
    mail: configuredMail(values),
    checkpointMailTo: values.checkpointMailTo ?? [],
    instanceUrl: values.publicUrl,
    reached: (sequence, signal) => app.projections.reached(sequence, signal),
    now: Date.now,
  })
  app.serve(AlertService, inbox.alerts)
  app.onEffect(inbox.start)
  app.onDrain(inbox.stop)
  return inbox
}
