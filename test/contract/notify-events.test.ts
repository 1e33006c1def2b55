import type { NameEvent } from '@holdfast/domain'
import { alertCodec } from '../../services/notify/src/codecs/alert-codec.ts'
import { alertRuleCodec } from '../../services/notify/src/codecs/alert-rule-codec.ts'
import { nameCodec } from '../../services/notify/src/codecs/name-codec.ts'
import { webhookCodec } from '../../services/notify/src/codecs/webhook-codec.ts'
import type { AlertEvent } from '../../services/notify/src/domain/alert.ts'
import type { AlertRuleEvent } from '../../services/notify/src/domain/alert-rule.ts'
import type { WebhookEvent } from '../../services/notify/src/domain/webhook.ts'
import { frozenEvents } from './frozen-events.ts'

const organizationId = '0190a3a0-0000-7000-8000-000000000001'
const sealed = (byte: number) => ({
  keyId: '0190a3a0-0000-7000-8000-0000000000aa',
  nonce: new Uint8Array(12).fill(byte),
  ciphertext: new Uint8Array(40).fill(byte + 1),
})

const webhook = {
  name: 'chat',
  url: 'https://hooks.example.org/one',
  actions: ['network.peer', 'rules.rule.created'],
  filter: "data.actor.kind == 'user'",
  isEnabled: true,
  description: 'for the team',
  alertsFrom: 'warning',
  format: 'cloudevents',
} as const
const webhooks: readonly WebhookEvent[] = [
  { type: 'WebhookCreated', organizationId, settings: webhook, secret: sealed(1) },
  { type: 'WebhookUpdated', settings: { ...webhook, isEnabled: false, alertsFrom: undefined } },
  {
    type: 'WebhookSecretRotated',
    secret: sealed(3),
    oldUntilUnixMs: 1_790_000_000_000,
    oldSecret: sealed(1),
  },
  { type: 'WebhookSuspended', cause: 'it answered 410' },
  { type: 'WebhookResumed' },
  { type: 'WebhookDeleted' },
]

const rule = {
  name: 'failed sign-ins',
  severity: 'error',
  actions: ['access.login'],
  filter: '',
  threshold: 20,
  windowMs: 300_000,
  mailTo: [sealed(5)],
  isEnabled: true,
  description: '',
  alarms: [],
} as const
const alertRules: readonly AlertRuleEvent[] = [
  { type: 'AlertRuleCreated', organizationId, settings: rule },
  { type: 'AlertRuleUpdated', settings: { ...rule, actions: [], alarms: ['log.frozen'] } },
  { type: 'AlertRuleDeleted' },
]

const alerts: readonly AlertEvent[] = [
  {
    type: 'AlertRaised',
    facts: {
      organizationId,
      ruleId: '0190a3a0-0000-7000-8000-000000000002',
      code: 'access.login',
      severity: 'critical',
      title: 'failed sign-ins',
      detail: '20 within five minutes',
      aboutSequence: 1042n,
      count: 20n,
    },
    reopens: true,
  },
  { type: 'AlertAcknowledged', note: 'looking' },
  { type: 'AlertResolved', note: '' },
]

const names: readonly NameEvent[] = [
  { type: 'NameReserved', holderId: organizationId },
  { type: 'NameReleased', holderId: organizationId },
]

frozenEvents('notify', [
  { aggregate: 'webhook', codec: webhookCodec, events: webhooks },
  { aggregate: 'alert_rule', codec: alertRuleCodec, events: alertRules },
  { aggregate: 'alert', codec: alertCodec, events: alerts },
  { aggregate: 'name', codec: nameCodec, events: names },
])
