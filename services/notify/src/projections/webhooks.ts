import { defineProjection } from '@holdfast/projections'
import { holdfast } from '@holdfast/proto'
import { webhookCodec, webhookSettingsMessage } from '../codecs/webhook-codec.ts'
import type { Sealed } from '../domain/sealed.ts'
import type { WebhookEvent, WebhookSettings } from '../domain/webhook.ts'

const table = 'webhooks'
const { WebhookSettings: Message } = holdfast.notify.v1
const { Sealed: SealedMessage } = holdfast.log.v1

const sealedBytes = (sealed: Sealed): Uint8Array => SealedMessage.encode(sealed).finish()

const settingsColumns = (settings: WebhookSettings) => ({
  name: settings.name,
  name_key: settings.name.toLowerCase(),
  is_enabled: settings.isEnabled,
  settings: Message.encode(webhookSettingsMessage(settings)).finish(),
})

/** Rows behind ListWebhooks, and what deliveries go by. Secrets stay sealed. */
export const webhooks = defineProjection<WebhookEvent>({
  name: 'notify.webhooks',
  version: 1,
  context: 'notify',
  tables: [
    {
      name: table,
      columns: {
        webhook_id: 'uuid',
        // Null: of the instance; only readers of everything see it.
        organization_id: 'uuid',
        name: 'text',
        name_key: 'text',
        is_enabled: 'boolean',
        // Encoded `holdfast.notify.v1.WebhookSettings`.
        settings: 'bytea',
        suspended_because: 'text',
        // Encoded `holdfast.log.v1.Sealed`.
        secret: 'bytea',
        old_secret: 'bytea',
        old_until_unix_ms: 'bigint',
        created_at_unix_ms: 'bigint',
        updated_at_unix_ms: 'bigint',
        revision: 'bigint',
      },
      key: ['webhook_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: ['(name_key, webhook_id)'],
    },
  ],
  codecs: { webhook: webhookCodec },
  on: {
    WebhookCreated: ({ organizationId, settings, secret }, commit) => [
      {
        op: 'put',
        table,
        row: {
          webhook_id: commit.aggregateId,
          organization_id: organizationId === '' ? null : organizationId,
          ...settingsColumns(settings),
          suspended_because: '',
          secret: sealedBytes(secret),
          old_secret: null,
          old_until_unix_ms: null,
          created_at_unix_ms: commit.timeUnixMs,
          updated_at_unix_ms: commit.timeUnixMs,
          revision: 1n,
        },
      },
    ],
    WebhookUpdated: ({ settings }, commit) => changed(commit, settingsColumns(settings)),
    // What the secret was stands in the event before; the row keeps the one that signs along.
    WebhookSecretRotated: ({ secret, oldSecret, oldUntilUnixMs }, commit) =>
      changed(commit, {
        secret: sealedBytes(secret),
        old_secret: oldSecret ? sealedBytes(oldSecret) : null,
        old_until_unix_ms: oldUntilUnixMs,
      }),
    WebhookSuspended: ({ cause }, commit) => changed(commit, { suspended_because: cause }),
    WebhookResumed: (_event, commit) => changed(commit, { suspended_because: '' }),
    WebhookDeleted: (_event, commit) => [
      { op: 'remove', table, key: { webhook_id: commit.aggregateId } },
    ],
  },
})

function changed(
  commit: { readonly aggregateId: string; readonly timeUnixMs: number },
  set: Readonly<Record<string, unknown>>,
) {
  const key = { webhook_id: commit.aggregateId }
  return [
    { op: 'patch', table, key, set: { ...set, updated_at_unix_ms: commit.timeUnixMs } },
    { op: 'add', table, key, column: 'revision', by: 1n },
  ] as const
}
