import { defineProjection } from '@holdfast/projections'
import { alertRuleCodec } from '../codecs/alert-rule-codec.ts'
import type { AlertRuleEvent, AlertRuleSettings } from '../domain/alert-rule.ts'
import { severityNumber } from '../domain/severity.ts'

/** Settings as columns. Sealed addresses travel as JSON: bytes in base64. */
const columnsOf = (settings: AlertRuleSettings) => ({
  name: settings.name,
  name_key: settings.name.toLowerCase(),
  severity: severityNumber(settings.severity),
  actions: settings.actions,
  alarms: settings.alarms,
  filter: settings.filter,
  threshold: settings.threshold,
  window_ms: settings.windowMs,
  mail_to: settings.mailTo.map(({ keyId, nonce, ciphertext }) => ({
    key_id: keyId,
    nonce: Buffer.from(nonce).toString('base64'),
    ciphertext: Buffer.from(ciphertext).toString('base64'),
  })),
  is_enabled: settings.isEnabled,
  description: settings.description,
})

/** Rows behind ListAlertRules and the evaluation. Raise `version` with every change: the rows are rebuilt beside the old. */
export const alertRuleRows = defineProjection<AlertRuleEvent>({
  name: 'notify.alert_rules',
  version: 1,
  context: 'notify',
  tables: [
    {
      name: 'alert_rules',
      columns: {
        rule_id: 'uuid',
        organization_id: 'uuid',
        name: 'text',
        name_key: 'text',
        severity: 'integer',
        actions: 'text[]',
        alarms: 'text[]',
        filter: 'text',
        threshold: 'integer',
        window_ms: 'bigint',
        mail_to: 'jsonb',
        is_enabled: 'boolean',
        description: 'text',
        created_at_unix_ms: 'bigint',
        updated_at_unix_ms: 'bigint',
        revision: 'bigint',
      },
      key: ['rule_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: ['(name_key, rule_id)'],
    },
  ],
  codecs: { alert_rule: alertRuleCodec },
  on: {
    AlertRuleCreated: ({ organizationId, settings }, { aggregateId, timeUnixMs, sequence }) => [
      {
        op: 'put',
        table: 'alert_rules',
        row: {
          ...columnsOf(settings),
          rule_id: aggregateId,
          organization_id: organizationId ?? null,
          created_at_unix_ms: timeUnixMs,
          updated_at_unix_ms: timeUnixMs,
          revision: sequence,
        },
      },
    ],
    AlertRuleUpdated: ({ settings }, { aggregateId, timeUnixMs, sequence }) => [
      {
        op: 'patch',
        table: 'alert_rules',
        key: { rule_id: aggregateId },
        set: { ...columnsOf(settings), updated_at_unix_ms: timeUnixMs, revision: sequence },
      },
    ],
    AlertRuleDeleted: (_event, { aggregateId }) => [
      { op: 'remove', table: 'alert_rules', key: { rule_id: aggregateId } },
    ],
  },
})
