import { type NameCommand, type NameEvent, type NameState, nameReservation } from '@holdfast/domain'
import type { Aggregate } from '@holdfast/event-log'
import { nameCodec } from '../codecs/name-codec.ts'
import { webhookCodec } from '../codecs/webhook-codec.ts'
import {
  type WebhookCommand,
  type WebhookEvent,
  type WebhookState,
  webhook,
} from '../domain/webhook.ts'

const context = 'notify'

/** Subject `evt.notify.webhook.<id>`. */
export const webhooks: Aggregate<WebhookCommand, WebhookEvent, WebhookState> = {
  context,
  type: 'webhook',
  decider: webhook,
  codec: webhookCodec,
  stateVersion: 1,
}

/** Subject `evt.notify.name.<id>`: names of webhooks and alert rules, one holder each. */
export const names: Aggregate<NameCommand, NameEvent, NameState> = {
  context,
  type: 'name',
  decider: nameReservation,
  codec: nameCodec,
}
