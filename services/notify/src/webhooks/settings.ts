import { durationMs, integer, list } from '@holdfast/config'
import { egressSettings } from '@holdfast/service'
import { standardRetries } from './retry.ts'

/** Settings of what goes out to other people's endpoints. */
export const webhookSettings = {
  ...egressSettings,
  webhookTimeoutMs: durationMs('HOLDFAST_NOTIFY_WEBHOOK_TIMEOUT', {
    default: '15s',
    doc: 'How long an endpoint may take to answer.',
  }),
  webhookRetries: list('HOLDFAST_NOTIFY_WEBHOOK_RETRIES', {
    default: standardRetries,
    doc: 'Delays from one attempt to the next; after the last a message is dead.',
  }),
  webhookParallel: integer('HOLDFAST_NOTIFY_WEBHOOK_PARALLEL', {
    default: '32',
    min: 1,
    max: 1000,
    doc: 'Endpoints delivered to at once; each gets its messages one by one.',
  }),
  webhookSuspendAfter: integer('HOLDFAST_NOTIFY_WEBHOOK_SUSPEND_AFTER', {
    default: '10',
    min: 1,
    max: 1000,
    doc: 'Messages in a row that may die before an endpoint is suspended.',
  }),
  webhookMaxPending: integer('HOLDFAST_NOTIFY_WEBHOOK_MAX_PENDING', {
    default: '100000',
    min: 100,
    max: 10_000_000,
    doc: 'Messages that may wait for one endpoint before it is suspended.',
  }),
  webhookKeepDeliveredMs: durationMs('HOLDFAST_NOTIFY_WEBHOOK_KEEP_DELIVERED', {
    default: '7d',
    doc: 'How long delivered messages are listed.',
  }),
  webhookKeepDeadMs: durationMs('HOLDFAST_NOTIFY_WEBHOOK_KEEP_DEAD', {
    default: '30d',
    doc: 'How long dead messages can be replayed.',
  }),
} as const
