import { accessActions, actions, isWithin } from '@holdfast/catalogue'
import { isUuid } from '@holdfast/domain'
import { type FieldError, invalid } from '@holdfast/errors'
import { FilterError, parseFilter } from '@holdfast/filter'
import type { holdfast } from '@holdfast/proto'
import type { AlertRuleSettings } from '../domain/alert-rule.ts'
import { severityOf } from '../domain/severity.ts'
import { parseMailAddress } from '../mail/address.ts'

// Proto to domain. Every field is judged before the first complaint goes out.

const maxCodes = 50
const maxRecipients = 20
const maxThreshold = 1_000
const minWindowMs = 1_000
const maxWindowMs = 30 * 86_400_000
const maxFilter = 1_000

const length = (text: string): number => [...text].length
const control = /\p{Cc}/u

export class AlertFields {
  readonly #errors: FieldError[] = []

  add(field: string, code: string, detail: string): void {
    this.#errors.push({ field, code, detail })
  }

  id(value: string, field: string): string {
    const id = value.toLowerCase()
    if (!isUuid(id)) this.add(field, 'id_invalid', 'must be a UUID')
    return id
  }

  optionalId(value: string, field: string): string {
    return value === '' ? '' : this.id(value, field)
  }

  line(value: string, field: string, min: number, max: number): string {
    const text = value.trim().normalize('NFC')
    if (min > 0 && text === '') this.add(field, 'required', 'must not be empty')
    else if (length(text) > max) this.add(field, 'length', `must have at most ${max} characters`)
    else if (control.test(text))
      this.add(field, 'control_character', 'must be one line of plain text')
    return text
  }

  text(value: string, field: string, max: number): string {
    const text = value.trim().normalize('NFC')
    if (length(text) > max) this.add(field, 'length', `must have at most ${max} characters`)
    else if (/[^\P{Cc}\n\t]/u.test(text)) this.add(field, 'control_character', 'must be plain text')
    return text
  }

  /** Throws `invalid` with every field that cannot be taken. */
  check(): void {
    if (this.#errors.length > 0) throw invalid(...this.#errors)
  }
}

const known = [...actions.map(({ code }) => code), ...accessActions.map(({ code }) => code)]

export function actionCodes(fields: AlertFields, codes: readonly string[], field: string) {
  tooMany(fields, codes, field)
  codes.slice(0, maxCodes).forEach((code, i) => {
    const at = `${field}[${i}]`
    if (isWithin(code, ['notify.alert']))
      fields.add(at, 'action_is_alert', 'an alert about alerts would raise itself')
    else if (!known.some((one) => isWithin(one, [code])))
      fields.add(
        at,
        'action_unknown',
        'is no action, nor the beginning of one: see docs/audit-actions.md',
      )
  })
  return [...new Set(codes)]
}

export function alarmCodes(fields: AlertFields, codes: readonly string[], field: string) {
  tooMany(fields, codes, field)
  codes.slice(0, maxCodes).forEach((code, i) => {
    if (!/^[a-z0-9_]{1,40}(\.[a-z0-9_]{1,40}){0,5}$/.test(code))
      fields.add(`${field}[${i}]`, 'alarm_invalid', 'must be a code such as backup.validation')
  })
  return [...new Set(codes)]
}

function tooMany(fields: AlertFields, values: readonly string[], field: string, max = maxCodes) {
  if (values.length > max) fields.add(field, 'too_many', `may have ${max} entries at most`)
}

export function mailAddresses(fields: AlertFields, texts: readonly string[], field: string) {
  tooMany(fields, texts, field, maxRecipients)
  const addresses = texts
    .slice(0, maxRecipients)
    .map((text, i) => mailAddress(fields, text, `${field}[${i}]`))
  return [...new Set(addresses)]
}

export function mailAddress(fields: AlertFields, text: string, field: string): string {
  const parsed = parseMailAddress(text)
  if (parsed.ok) return parsed.value
  fields.add(field, parsed.code, parsed.detail)
  return ''
}

export type RuleWish = Omit<AlertRuleSettings, 'mailTo'>

/** What a rule is of which nothing was said. */
export const emptyRule: RuleWish = {
  name: '',
  severity: 'warning',
  actions: [],
  alarms: [],
  filter: '',
  threshold: 0,
  windowMs: 0,
  isEnabled: false,
  description: '',
}

/** What may be said of a rule, each field by itself. */
export function ruleFields(
  fields: AlertFields,
  wish: Partial<holdfast.notify.v1.AlertRuleSettings.$Properties>,
): Partial<RuleWish> {
  const severity = severityOf(wish.severity)
  if (wish.severity !== undefined && wish.severity !== null && !severity)
    fields.add('severity', 'severity_invalid', 'must be info, warning, error or critical')
  const { name, description, filter, threshold, windowMs, isEnabled } = wish
  if (threshold && threshold > maxThreshold)
    fields.add('threshold', 'out_of_range', `must be from 0 to ${maxThreshold}`)
  return {
    ...(severity ? { severity } : {}),
    ...(given(name) ? { name: fields.line(name, 'name', 1, 128) } : {}),
    ...(given(description) ? { description: fields.text(description, 'description', 1_000) } : {}),
    ...(given(filter) ? { filter: filterIn(fields, filter) } : {}),
    ...(given(threshold) ? { threshold } : {}),
    ...(given(windowMs) ? { windowMs: Number(windowMs) } : {}),
    ...(given(isEnabled) ? { isEnabled } : {}),
    ...(wish.actions ? { actions: actionCodes(fields, wish.actions, 'actions') } : {}),
    ...(wish.alarms ? { alarms: alarmCodes(fields, wish.alarms, 'alarms') } : {}),
  }
}

const given = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined

function filterIn(fields: AlertFields, filter: string): string {
  const text = fields.text(filter, 'filter', maxFilter)
  if (text === '' || length(text) > maxFilter) return text
  try {
    parseFilter(text)
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    fields.add('filter', 'filter_invalid', error.message)
  }
  return text
}

/** What the fields of a rule have to do with each other. */
export function checkRule(rule: RuleWish): void {
  const fields = new AlertFields()
  const { actions: named, alarms, threshold, windowMs } = rule
  if (named.length === 0 && alarms.length === 0)
    fields.add('actions', 'required', 'name actions or alarms: a rule watches one or the other')
  if (named.length > 0 && alarms.length > 0)
    fields.add('alarms', 'either_or', 'a rule watches actions or alarms: make two rules')
  if (threshold > 1 && alarms.length > 0)
    fields.add('threshold', 'not_of_alarms', 'alarms are not counted: leave it out')
  else if (threshold > 1 && (windowMs < minWindowMs || windowMs > maxWindowMs))
    fields.add('window_ms', 'out_of_range', 'with a threshold, must be from one second to 30 days')
  fields.check()
}
