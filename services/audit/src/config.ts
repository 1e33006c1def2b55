import { defineConfig, durationMs, flag, integer, path, secret } from '@holdfast/config'
import { commonSettings } from '@holdfast/service'

export const settings = defineConfig({
  ...commonSettings('audit'),
  flowRetentionMs: durationMs('HOLDFAST_AUDIT_FLOW_RETENTION', {
    default: '30d',
    doc: 'How long recorded flows are kept; at least two days.',
  }),
  flowMaxMegabytes: integer('HOLDFAST_AUDIT_FLOW_MAX_MEGABYTES', {
    default: '20480',
    min: 64,
    max: 100_000_000,
    doc: 'Most room recorded flows may take in the database, indexes included; the oldest go first.',
  }),
  retentionMs: durationMs('HOLDFAST_AUDIT_RETENTION', {
    default: '90d',
    doc: 'How far back the audit trail is shown by default, and how long records of ACCESS are kept; 0 is without end. The log itself is never cut.',
  }),
  keysDir: path('HOLDFAST_AUDIT_KEYS_DIR', {
    doc: 'Directory of the keys checkpoints are signed with, sealed; all instances of the service share it.',
  }),
  archiveDir: path('HOLDFAST_ARCHIVE_DIR', {
    optional: true,
    doc: 'Where the archive of the log is. Its copies of checkpoints are compared before the first one is signed.',
  }),
  checkpointFile: path('HOLDFAST_AUDIT_CHECKPOINT_FILE', {
    optional: true,
    doc: 'A file that holds the last checkpoint, replaced whole; best on a machine others look after.',
  }),
  checkpointWebhook: secret('HOLDFAST_AUDIT_CHECKPOINT_WEBHOOK', {
    optional: true,
    doc: 'URL every new checkpoint is posted to as text/plain, https:// or http://; repeated until it is taken.',
  }),
  checkpointWebhookPrivate: flag('HOLDFAST_AUDIT_CHECKPOINT_WEBHOOK_PRIVATE', {
    default: 'false',
    doc: 'Lets that URL be on this machine or in a private network.',
  }),
})
