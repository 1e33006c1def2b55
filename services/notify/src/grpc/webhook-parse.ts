import type { Egress } from '@holdfast/egress'
import { FilterError, parseFilter } from '@holdfast/filter'
import { accept, type Parser, parseName, refuse } from '@holdfast/net'
import type { holdfast } from '@holdfast/proto'
import { type Fields, parseDescription } from '@holdfast/service'
import { severityOf } from '../domain/severity.ts'
import { type WebhookSettings, webhookFormats } from '../domain/webhook.ts'

type UpdateRequest = holdfast.notify.v1.UpdateWebhookRequest
type SettingsMessage = holdfast.notify.v1.WebhookSettings

const maxActions = 50
const maxFilter = 1_000
/** How long a name may take to resolve before it is taken as it is. */
const resolveWaitMs = 2_000

/** An action code, or its beginning up to a dot. */
export const parseActionCode: Parser<string> = (text) =>
  text.length <= 100 && /^[a-z0-9_]+(\.[a-z0-9_]+)*$/.test(text)
    ? accept(text)
    : refuse('action_invalid', 'is no action code such as network.peer.created or network.peer')

/** A filter expression; the empty text is none. */
export const parseFilterText: Parser<string> = (text) => {
  if (text === '') return accept(text)
  if (text.length > maxFilter) {
    return refuse('filter_invalid', `must have ${maxFilter} characters at most`)
  }
  try {
    parseFilter(text)
    return accept(text)
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    return refuse('filter_invalid', error.message)
  }
}

/** What a new webhook is to be. The address is judged apart, by `checkUrl`. */
export function newSettings(m: SettingsMessage, fields: Fields): WebhookSettings {
  return {
    name: fields.take(parseName, m.name, 'name'),
    url: m.url,
    actions: fields.list(parseActionCode, m.actions, 'actions', maxActions),
    filter: fields.take(parseFilterText, m.filter.trim(), 'filter'),
    isEnabled: m.isEnabled,
    description: fields.take(parseDescription, m.description, 'description'),
    alertsFrom: severityIn(m.alertsFrom, fields),
    format: formatIn(m.format, fields),
  }
}

export function changedSettings(m: UpdateRequest, fields: Fields): Partial<WebhookSettings> {
  const given = <T>(value: T | null | undefined): value is T =>
    value !== null && value !== undefined
  return {
    ...(given(m.name) ? { name: fields.take(parseName, m.name, 'name') } : {}),
    ...(given(m.url) ? { url: m.url } : {}),
    ...(given(m.actions)
      ? { actions: fields.list(parseActionCode, m.actions.actions ?? [], 'actions', maxActions) }
      : {}),
    ...(given(m.filter) ? { filter: fields.take(parseFilterText, m.filter.trim(), 'filter') } : {}),
    ...(given(m.isEnabled) ? { isEnabled: m.isEnabled } : {}),
    ...(given(m.description)
      ? { description: fields.take(parseDescription, m.description, 'description') }
      : {}),
    ...(given(m.alertsFrom) ? { alertsFrom: severityIn(m.alertsFrom, fields) } : {}),
    ...(given(m.format) ? { format: formatIn(m.format, fields) } : {}),
  }
}

/** Refuses what could never be delivered to; what is found out later, deliveries tell. */
export async function checkUrl(
  egress: Pick<Egress, 'refusal'>,
  url: string,
  fields: Fields,
  signal: AbortSignal,
): Promise<void> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(resolveWaitMs)])
  const why = await egress.refusal(url, patience)
  if (why === undefined) return
  fields.add('url', url === '' ? 'required' : 'address_refused', why)
}

function severityIn(number: number, fields: Fields) {
  const severity = severityOf(number)
  if (number !== 0 && severity === undefined)
    fields.add('alerts_from', 'unknown', 'must be info, warning, error or critical')
  return severity
}

function formatIn(number: number, fields: Fields) {
  const format = webhookFormats[number]
  if (format === undefined) fields.add('format', 'unknown', 'must be standard or cloudevents')
  return format ?? 'standard'
}
