import { defineConfig, durationMs, integer } from '@holdfast/config'
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
})
