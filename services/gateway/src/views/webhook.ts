import type { holdfast } from '@holdfast/proto'
import { type Static, Type } from 'typebox'
import {
  component,
  decimal,
  flagOut,
  id,
  idOrNull,
  integerOut,
  listOut,
  ref,
  textOut,
  time,
  timeOrNull,
  words,
} from './fields.ts'
import { decimalOf, idOf, momentOf, present, timeOf } from './print.ts'

/** In the order of the proto enum, from 0. */
export const webhookFormats = ['standard', 'cloudevents'] as const
/** In the order of the proto enums, from 1. */
export const deliveryStates = ['pending', 'delivered', 'dead'] as const
export const webhookSeverities = ['info', 'warning', 'error', 'critical'] as const

export const Webhook = component('Webhook', {
  id: id('Webhook id.'),
  organization_id: idOrNull('Organization whose events it is told of; null: of everything.'),
  name: textOut('Unique in the organization.', 'siem'),
  url: textOut('Where messages are posted.', 'https://hooks.example.org/holdfast'),
  actions: listOut('Action codes or their beginnings; empty: every action.', 'network.peer'),
  filter: textOut(
    'Filter expression; empty: none.',
    'data.fields.settings.name.startsWith("guest-")',
  ),
  is_enabled: flagOut('Whether it is told anything.', true),
  description: textOut('Free text.', 'Security team'),
  alerts_from: Type.Unsafe<(typeof webhookSeverities)[number] | null>({
    type: ['string', 'null'],
    enum: [...webhookSeverities, null],
    description: 'From which severity on alerts are delivered too; null: none.',
    examples: ['error'],
  }),
  format: words(webhookFormats, 'Shape of the body.'),
  suspended_because: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'Why nothing is delivered any more; null: it is not suspended.',
    examples: ['the endpoint answered 410 Gone'],
  }),
  pending: decimal('Messages waiting for it.', '0'),
  dead: decimal('Messages given up; they can be replayed.', '0'),
  last_success_at: timeOrNull('When it last took a message.'),
  last_failure: textOut('Why an attempt failed last; empty: never.', 'answered 500: oops'),
  created_at: time('When it was created.'),
  updated_at: time('When it was changed last.'),
  revision: decimal('Moves with every change.', '3'),
})

export const WebhookAttempt = component('WebhookAttempt', {
  at: time('When it was made.'),
  status: Type.Unsafe<number | null>({
    type: ['integer', 'null'],
    description: 'HTTP status; null when there was no answer.',
    examples: [204],
  }),
  duration_ms: integerOut('How long it took.', 41),
  failure: textOut('Why it failed, with the beginning of the answer; empty on success.', ''),
})

export const WebhookDelivery = component('WebhookDelivery', {
  id: id('The `webhook-id`; stays over attempts and replays.'),
  webhook_id: id('Webhook it is for.'),
  type: textOut('What it tells of.', 'network.peer.created'),
  sequence: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'Sequence in the log; null for alerts.',
    examples: ['1042'],
  }),
  state: words(deliveryStates, 'Where it stands.'),
  attempts: integerOut('Attempts since it was queued or replayed.', 1),
  created_at: time('When it was queued.'),
  next_attempt_at: timeOrNull('When the first in line is tried next; null for all others.'),
  recent_attempts: Type.Array(ref(WebhookAttempt), {
    description: 'The last twelve, oldest first.',
  }),
})

export const WebhookSecret = component('WebhookSecret', {
  webhook: ref(Webhook),
  secret: textOut('Signs what is sent. Shown this once.', 'whsec_…'),
})

export function printWebhook(w: holdfast.notify.v1.Webhook.$Properties): Static<typeof Webhook> {
  const settings = present(w.settings, 'settings')
  return {
    id: w.id ?? '',
    organization_id: idOf(w.organizationId),
    name: settings.name ?? '',
    url: settings.url ?? '',
    actions: settings.actions ?? [],
    filter: settings.filter ?? '',
    is_enabled: settings.isEnabled ?? false,
    description: settings.description ?? '',
    alerts_from: webhookSeverities[(settings.alertsFrom ?? 0) - 1] ?? null,
    format: webhookFormats[settings.format ?? 0] ?? 'standard',
    suspended_because: w.suspendedBecause || null,
    pending: decimalOf(w.pending),
    dead: decimalOf(w.dead),
    last_success_at: timeOf(w.lastSuccessUnixMs),
    last_failure: w.lastFailure ?? '',
    created_at: momentOf(w.createdAtUnixMs),
    updated_at: momentOf(w.updatedAtUnixMs),
    revision: decimalOf(w.revision),
  }
}

export const printAttempt = (
  a: holdfast.notify.v1.Attempt.$Properties,
): Static<typeof WebhookAttempt> => ({
  at: momentOf(a.atUnixMs),
  status: a.status || null,
  duration_ms: a.durationMs ?? 0,
  failure: a.failure ?? '',
})

export const printDelivery = (
  d: holdfast.notify.v1.Delivery.$Properties,
): Static<typeof WebhookDelivery> => ({
  id: d.id ?? '',
  webhook_id: d.webhookId ?? '',
  type: d.type ?? '',
  sequence: d.sequence ? decimalOf(d.sequence) : null,
  state: deliveryStates[(d.state ?? 0) - 1] ?? 'pending',
  attempts: d.attempts ?? 0,
  created_at: momentOf(d.createdAtUnixMs),
  next_attempt_at: timeOf(d.nextAttemptUnixMs),
  recent_attempts: (d.recentAttempts ?? []).map(printAttempt),
})
