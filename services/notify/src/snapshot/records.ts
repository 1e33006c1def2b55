import { holdfast } from '@holdfast/proto'
import { Fields } from '@holdfast/service'
import {
  type JsonObject,
  type Note,
  nameOf,
  type Read,
  RecordFields,
  refusal,
  refusedFor,
} from '@holdfast/snapshot'
import type { AlertRuleSettings } from '../domain/alert-rule.ts'
import { severities, severityNumber } from '../domain/severity.ts'
import { type WebhookSettings, webhookFormats } from '../domain/webhook.ts'
import {
  AlertFields,
  checkRule,
  emptyRule,
  type RuleWish,
  ruleFields,
} from '../grpc/alert-fields.ts'
import { newSettings } from '../grpc/webhook-parse.ts'

// Records to the domain's words and back, judged by the very parsers of the API: what could not be asked for is not
// imported.

const maxCodes = 50
const maxCode = 100

/** Type by type with bounds, then by the parsers of the API. */
function readAs<Wish>(record: JsonObject, take: (fields: RecordFields) => () => Wish): Read<Wish> {
  const fields = new RecordFields(record)
  const make = take(fields)
  const name = nameOf(record)
  if (fields.faults.length > 0) return { name, outcome: refusedFor(name, fields.faults) }
  try {
    return { name, wish: make() }
  } catch (error) {
    return { name, outcome: refusal(name, error) }
  }
}

// Alert rules

export const alertRuleFields = [
  'name',
  'severity',
  'actions',
  'alarms',
  'filter',
  'threshold',
  'window_ms',
  'is_enabled',
  'description',
  'recipients',
]

/** Without the addresses it mails to, which are sealed: only how many there were. */
export const alertRuleRecord = (settings: AlertRuleSettings): JsonObject => ({
  name: settings.name,
  severity: settings.severity,
  actions: settings.actions,
  alarms: settings.alarms,
  filter: settings.filter,
  threshold: settings.threshold,
  window_ms: settings.windowMs,
  is_enabled: settings.isEnabled,
  description: settings.description,
  recipients: settings.mailTo.length,
})

export interface AlertRuleWish {
  readonly settings: RuleWish
  readonly notes: readonly Note[]
}

export const readAlertRule = (record: JsonObject): Read<AlertRuleWish> =>
  readAs(record, (fields) => {
    const severity = fields.word('severity', severities)
    const said = {
      name: fields.text('name', 256),
      severity: severityNumber(severity),
      actions: [...fields.texts('actions', maxCodes, maxCode)],
      alarms: [...fields.texts('alarms', maxCodes, maxCode)],
      filter: fields.prose('filter', 4000),
      threshold: fields.integer('threshold', 0, 2 ** 32 - 1, 0),
      windowMs: fields.integer('window_ms', 0, Number.MAX_SAFE_INTEGER, 0),
      isEnabled: fields.flag('is_enabled', true),
      description: fields.prose('description', 8000),
    }
    const recipients = fields.integer('recipients', 0, 1000, 0)
    return () => {
      const judged = new AlertFields()
      const settings = { ...emptyRule, ...ruleFields(judged, said) }
      judged.check()
      checkRule(settings)
      return { settings, notes: recipients > 0 ? [recipientsLeft] : [] }
    }
  })

const recipientsLeft: Note = {
  code: 'notify.recipients_not_in_snapshot',
  detail: 'mailed addresses that are not in a snapshot: name them again',
}

// Webhooks

export const webhookFields = [
  'name',
  'origin',
  'actions',
  'filter',
  'is_enabled',
  'description',
  'alerts_from',
  'format',
]

/** Without the signing secret, and of the address without what follows the host, which often is one too. */
export const webhookRecord = (settings: WebhookSettings): JsonObject => ({
  name: settings.name,
  origin: originOf(settings.url),
  actions: settings.actions,
  filter: settings.filter,
  is_enabled: settings.isEnabled,
  description: settings.description,
  alerts_from: settings.alertsFrom ?? '',
  format: settings.format,
})

export function originOf(url: string): string {
  try {
    return new URL(url).origin
  } catch {
    return ''
  }
}

export interface WebhookWish {
  /** Its address ends with the host. */
  readonly settings: WebhookSettings
}

const noAlerts = ''

export const readWebhook = (record: JsonObject): Read<WebhookWish> =>
  readAs(record, (fields) => {
    const origin = fields.text('origin', 300)
    if (origin !== '' && originOf(origin) !== origin) {
      fields.refuse('origin', 'must be a scheme and a host such as https://hooks.example.org')
    }
    const alertsFrom = fields.word('alerts_from', [noAlerts, ...severities], noAlerts)
    const said = new holdfast.notify.v1.WebhookSettings({
      name: fields.text('name', 256),
      url: `${origin}/`,
      actions: [...fields.texts('actions', maxCodes, maxCode)],
      filter: fields.prose('filter', 4000),
      isEnabled: fields.flag('is_enabled', true),
      description: fields.prose('description', 4000),
      alertsFrom: severityNumber(alertsFrom === noAlerts ? undefined : alertsFrom),
      format: webhookFormats.indexOf(
        fields.word('format', webhookFormats, 'standard') ?? 'standard',
      ),
    })
    return () => {
      const judged = new Fields()
      const settings = newSettings(said, judged)
      judged.check()
      return { settings }
    }
  })
