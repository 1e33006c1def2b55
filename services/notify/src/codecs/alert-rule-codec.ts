import { eventCodec } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import type { AlertRuleEvent, AlertRuleSettings } from '../domain/alert-rule.ts'
import type { Sealed } from '../domain/sealed.ts'
import { type Severity, severityNumber, severityOf } from '../domain/severity.ts'
import { sealedFrom } from './sealed.ts'

const { AlertRuleCreated, AlertRuleDeleted, AlertRuleUpdated } = holdfast.notify.v1
type Stored = holdfast.notify.v1.AlertRuleSettings.$Properties

/** Throws: a history is never guessed at. */
export function severityFrom(stored: number | null | undefined): Severity {
  const severity = severityOf(stored)
  if (!severity) throw new Error('stored event without a severity')
  return severity
}

function required<T>(value: T | null | undefined, field: string): T {
  if (value === null || value === undefined) throw new Error(`stored event without ${field}`)
  return value
}

const toStored = (settings: AlertRuleSettings): Stored => ({
  ...settings,
  severity: severityNumber(settings.severity),
  actions: [...settings.actions],
  alarms: [...settings.alarms],
  mailTo: settings.mailTo.map((sealed) => ({ ...sealed })),
})

const fromStored = (stored: Stored): AlertRuleSettings => ({
  name: stored.name ?? '',
  severity: severityFrom(stored.severity),
  actions: stored.actions ?? [],
  filter: stored.filter ?? '',
  threshold: stored.threshold ?? 0,
  windowMs: Number(stored.windowMs ?? 0),
  mailTo: (stored.mailTo ?? []).map((sealed): Sealed => required(sealedFrom(sealed), 'mail_to')),
  isEnabled: stored.isEnabled ?? false,
  description: stored.description ?? '',
  alarms: stored.alarms ?? [],
})

export const alertRuleCodec = eventCodec<AlertRuleEvent>({
  AlertRuleCreated: {
    encode: ({ organizationId, settings }) =>
      AlertRuleCreated.encode({
        organizationId: organizationId ?? '',
        settings: toStored(settings),
      }).finish(),
    decode: [
      (data) => {
        const { organizationId, settings } = AlertRuleCreated.decode(data)
        return {
          type: 'AlertRuleCreated',
          organizationId: organizationId || undefined,
          settings: fromStored(required(settings, 'settings')),
        }
      },
    ],
  },
  AlertRuleUpdated: {
    encode: ({ settings }) => AlertRuleUpdated.encode({ settings: toStored(settings) }).finish(),
    decode: [
      (data) => ({
        type: 'AlertRuleUpdated',
        settings: fromStored(required(AlertRuleUpdated.decode(data).settings, 'settings')),
      }),
    ],
  },
  AlertRuleDeleted: {
    encode: () => AlertRuleDeleted.encode({}).finish(),
    decode: [() => ({ type: 'AlertRuleDeleted' })],
  },
})
