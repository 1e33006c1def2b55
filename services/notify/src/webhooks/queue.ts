import type { Queryable } from '@holdfast/postgres'
import type { WebhookMessage } from './message.ts'

export interface WebhookQueue {
  /**
   * Puts a message at the end of the queues of these webhooks, or of all that want alerts this severe and may see the
   * organization. Disabled and suspended ones get nothing. The same id twice is one delivery. Part of the transaction
   * when there is one; answers how many deliveries were made.
   */
  enqueue(
    targets: readonly string[] | 'all',
    message: WebhookMessage,
    tx?: Queryable,
  ): Promise<number>
}
