import { rfc3339, uuidV5 } from '@holdfast/domain'
import type { Postgres, Queryable } from '@holdfast/postgres'
import { severityNumber } from '../domain/severity.ts'
import { webhookFormats } from '../domain/webhook.ts'
import { allWebhooks, type WebhookView } from '../queries/webhooks.ts'
import { insertDeliveries } from './delivery-store.ts'
import type { WebhookMessage } from './message.ts'
import { bodyOf } from './payload.ts'

export interface WebhookQueue {
  /**
   * Puts a message at the end of the queues of these webhooks, or of all that want alerts this severe and may see the
   * organization. Disabled and suspended ones get nothing. The same id twice is one delivery. Part of the transaction
   * when there is one; answers how many webhooks are told.
   */
  enqueue(
    targets: readonly string[] | 'all',
    message: WebhookMessage,
    tx?: Queryable,
  ): Promise<number>
}

/** `onQueued`: something may be due. What a transaction of the caller's stores is found by the next look. */
export function webhookQueue(
  postgres: Postgres,
  instanceId: string,
  onQueued: () => void,
): WebhookQueue {
  return {
    async enqueue(targets, message, tx) {
      const database = tx ?? postgres
      // There are few webhooks and fewer alerts: all of them are looked at.
      const heard = (await allWebhooks(database, undefined)).filter((webhook) =>
        hears(webhook, targets, message),
      )
      const payload = {
        type: message.type,
        timestamp: rfc3339(message.timestamp),
        data: message.data,
      }
      await insertDeliveries(
        database,
        heard.map(({ id, settings }) => {
          const deliveryId = uuidV5(id, message.id)
          return {
            webhookId: id,
            deliveryId,
            type: message.type,
            sequence: 0n,
            format: webhookFormats.indexOf(settings.format),
            body: bodyOf(payload, settings.format, deliveryId, instanceId),
          }
        }),
      )
      if (heard.length > 0) onQueued()
      return heard.length
    },
  }
}

function hears(
  webhook: WebhookView,
  targets: readonly string[] | 'all',
  { organizationId, severity }: WebhookMessage,
): boolean {
  const { settings } = webhook
  if (!settings.isEnabled || webhook.suspendedBecause !== '') return false
  const maySee = webhook.organizationId === '' || webhook.organizationId === organizationId
  if (!maySee) return false
  if (targets !== 'all') return targets.includes(webhook.id)
  return (
    settings.alertsFrom !== undefined &&
    (severity === undefined || severityNumber(severity) >= severityNumber(settings.alertsFrom))
  )
}
