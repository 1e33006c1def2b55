import { defineProjection } from '@holdfast/projections'
import { alertCodec } from '../codecs/alert-codec.ts'
import type { AlertEvent } from '../domain/alert.ts'
import { severityNumber } from '../domain/severity.ts'

/** Rows behind ListAlerts and GetAlert. Raise `version` with every change: the rows are rebuilt beside the old. */
export const alertRows = defineProjection<AlertEvent>({
  name: 'notify.alerts',
  version: 1,
  context: 'notify',
  tables: [
    {
      name: 'alerts',
      columns: {
        alert_id: 'uuid',
        organization_id: 'uuid',
        rule_id: 'text',
        code: 'text',
        severity: 'integer',
        title: 'text',
        detail: 'text',
        about_sequence: 'bigint',
        count: 'bigint',
        state: 'text',
        raised_at_unix_ms: 'bigint',
        acknowledged_at_unix_ms: 'bigint',
        acknowledged_by: 'text',
        resolved_at_unix_ms: 'bigint',
        note: 'text',
        revision: 'bigint',
      },
      key: ['alert_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: [
        '(raised_at_unix_ms, alert_id)',
        '(state, raised_at_unix_ms, alert_id)',
        '(organization_id, raised_at_unix_ms, alert_id)',
      ],
    },
  ],
  codecs: { alert: alertCodec },
  on: {
    AlertRaised: ({ facts, reopens }, { aggregateId, aggregateVersion, timeUnixMs, sequence }) => {
      const now = {
        severity: severityNumber(facts.severity),
        title: facts.title,
        detail: facts.detail,
        count: facts.count,
        revision: sequence,
      }
      const key = { alert_id: aggregateId }
      if (aggregateVersion > 1n) {
        const set = { ...now, ...(reopens ? { state: 'open' } : {}) }
        return [{ op: 'patch', table: 'alerts', key, set }]
      }
      return [
        {
          op: 'put',
          table: 'alerts',
          row: {
            ...now,
            alert_id: aggregateId,
            organization_id: facts.organizationId ?? null,
            rule_id: facts.ruleId ?? '',
            code: facts.code,
            about_sequence: facts.aboutSequence,
            state: 'open',
            raised_at_unix_ms: timeUnixMs,
            acknowledged_at_unix_ms: 0n,
            acknowledged_by: '',
            resolved_at_unix_ms: 0n,
            note: '',
          },
        },
      ]
    },
    AlertAcknowledged: ({ note }, { aggregateId, actor, timeUnixMs, sequence }) => [
      {
        op: 'patch',
        table: 'alerts',
        key: { alert_id: aggregateId },
        set: {
          state: 'acknowledged',
          acknowledged_at_unix_ms: timeUnixMs,
          acknowledged_by: actor.id,
          revision: sequence,
          ...(note === '' ? {} : { note }),
        },
      },
    ],
    AlertResolved: ({ note }, { aggregateId, timeUnixMs, sequence }) => [
      {
        op: 'patch',
        table: 'alerts',
        key: { alert_id: aggregateId },
        set: {
          state: 'resolved',
          resolved_at_unix_ms: timeUnixMs,
          revision: sequence,
          ...(note === '' ? {} : { note }),
        },
      },
    ],
  },
})
