import { openLog } from '@holdfast/event-log'
import { openPostgres } from '@holdfast/postgres'
import { createTelemetry } from '@holdfast/telemetry'
import { composeInbox } from '../alerts/compose-inbox.ts'
import { openMailer } from '../mail/mailer.ts'
import { webhookQueue } from '../webhooks/queue.ts'

// The inbox as a process of its own that a test can kill. What it needs comes as JSON in the environment.

export interface InboxProcessWish {
  readonly natsUrl: string
  readonly credentialsFile: string
  readonly stream: string
  readonly postgresUrl: string
  readonly smtpPort: number
  readonly dataKey: { readonly id: string; readonly key: string }
}

const wish = JSON.parse(process.env['INBOX'] ?? '{}') as InboxProcessWish // as: the test writes it
const telemetry = createTelemetry('notify', { level: 'silent' })
const postgres = openPostgres({
  url: { reveal: () => wish.postgresUrl },
  name: 'notify',
  telemetry,
})
const log = await openLog({
  url: wish.natsUrl,
  credentialsFile: wish.credentialsFile,
  name: 'notify',
  context: 'notify',
  stream: wish.stream,
  telemetry,
})
const { id, key } = wish.dataKey
const keys = [{ id, key: new Uint8Array(Buffer.from(key, 'base64')), isActive: true }]
const inbox = composeInbox({
  log,
  postgres,
  telemetry,
  keyService: { getDataKeys: () => Promise.resolve({ keys }) },
  webhooks: webhookQueue(postgres, log.lineageId, () => undefined),
  mail: {
    mailer: openMailer({
      server: { host: '127.0.0.1', port: wish.smtpPort, tls: 'off', auth: undefined },
      from: 'holdfast@example.org',
    }),
    host: 'example.org',
  },
  checkpointMailTo: [],
  instanceUrl: undefined,
  reached: () => Promise.resolve(),
  pace: { watch: { tickMs: 50 }, post: { tickMs: 50, firstRetryMs: 200 }, gatherMs: 0 },
  now: Date.now,
})
inbox.start()
const ready = setInterval(() => {
  if (!inbox.isWatching()) return
  clearInterval(ready)
  process.stdout.write('watching\n')
}, 20)
