import { eventCodec } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import { severityNumber, severityOf } from '../domain/severity.ts'
import { type WebhookEvent, type WebhookSettings, webhookFormats } from '../domain/webhook.ts'
import { sealedFrom } from './sealed.ts'

const v1 = holdfast.notify.v1

export const webhookCodec = eventCodec<WebhookEvent>({
  WebhookCreated: {
    encode: ({ organizationId, settings, secret }) =>
      v1.WebhookCreated.encode({
        organizationId,
        settings: webhookSettingsMessage(settings),
        secret,
      }).finish(),
    decode: [
      (data) => {
        const m = v1.WebhookCreated.decode(data)
        return {
          type: 'WebhookCreated',
          organizationId: m.organizationId,
          settings: webhookSettingsFrom(m.settings),
          secret: requireSealed(m.secret),
        }
      },
    ],
  },
  WebhookUpdated: {
    encode: ({ settings }) =>
      v1.WebhookUpdated.encode({ settings: webhookSettingsMessage(settings) }).finish(),
    decode: [
      (data) => ({
        type: 'WebhookUpdated',
        settings: webhookSettingsFrom(v1.WebhookUpdated.decode(data).settings),
      }),
    ],
  },
  WebhookSecretRotated: {
    encode: ({ secret, oldUntilUnixMs, oldSecret }) =>
      v1.WebhookSecretRotated.encode({
        secret,
        oldUntilUnixMs,
        oldSecret: oldSecret ?? null,
      }).finish(),
    decode: [
      (data) => {
        const m = v1.WebhookSecretRotated.decode(data)
        return {
          type: 'WebhookSecretRotated',
          secret: requireSealed(m.secret),
          oldUntilUnixMs: m.oldUntilUnixMs,
          oldSecret: sealedFrom(m.oldSecret),
        }
      },
    ],
  },
  WebhookSuspended: {
    encode: ({ cause }) => v1.WebhookSuspended.encode({ cause }).finish(),
    decode: [
      (data) => ({ type: 'WebhookSuspended', cause: v1.WebhookSuspended.decode(data).cause }),
    ],
  },
  WebhookResumed: {
    encode: () => v1.WebhookResumed.encode({}).finish(),
    decode: [() => ({ type: 'WebhookResumed' })],
  },
  WebhookDeleted: {
    encode: () => v1.WebhookDeleted.encode({}).finish(),
    decode: [() => ({ type: 'WebhookDeleted' })],
  },
})

export const webhookSettingsMessage = (
  s: WebhookSettings,
): holdfast.notify.v1.WebhookSettings.$Properties => ({
  ...s,
  actions: [...s.actions],
  alertsFrom: severityNumber(s.alertsFrom),
  format: webhookFormats.indexOf(s.format),
})

export function webhookSettingsFrom(
  properties: holdfast.notify.v1.WebhookSettings.$Properties | null | undefined,
): WebhookSettings {
  const m = new v1.WebhookSettings(properties ?? {})
  return {
    name: m.name,
    url: m.url,
    actions: m.actions,
    filter: m.filter,
    isEnabled: m.isEnabled,
    description: m.description,
    alertsFrom: severityOf(m.alertsFrom),
    format: webhookFormats[m.format] ?? 'standard',
  }
}

function requireSealed(m: Parameters<typeof sealedFrom>[0]) {
  const sealed = sealedFrom(m)
  if (!sealed) throw new Error('a webhook without its secret')
  return sealed
}
