import type { holdfast } from '@holdfast/proto'
import { type Static, Type } from 'typebox'
import {
  component,
  decimal,
  flagOut,
  id,
  idOrNull,
  integerOut,
  listOut,
  textOut,
  time,
  timeOrNull,
  words,
} from './fields.ts'
import { decimalOf, idOf, momentOf, timeOf } from './print.ts'

/** In the order of the proto enums, from 1. */
export const alertSeverities = ['info', 'warning', 'error', 'critical'] as const
export const alertStates = ['open', 'acknowledged', 'resolved'] as const

/** The number of a word; 0 for none. */
export const numberOf = (all: readonly string[], word: string | undefined): number =>
  word === undefined ? 0 : all.indexOf(word) + 1

const known = (all: readonly string[], value: number | null | undefined): string =>
  all[(value ?? 0) - 1] ?? 'unknown'

export const Alert = component('Alert', {
  id: id('Alert id.'),
  organization_id: idOrNull('Organization it is about; null: the instance.'),
  rule_id: idOrNull('Rule that raised it; null for an alarm no rule names.'),
  code: textOut('Stable code: an action, or an alarm.', 'backup.validation.failed'),
  severity: words(alertSeverities, 'How bad it is.'),
  title: textOut('One line.', 'Backup of Acme could not be validated'),
  detail: textOut('What is known.', 'SHA-256 of volume 3 differs'),
  about_sequence: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'Sequence in the log it speaks of; null when it speaks of none.',
    examples: ['1042'],
  }),
  count: decimal('How often it happened so far.', '3'),
  state: words(alertStates, 'Where it stands.'),
  raised_at: time('When it was raised.'),
  acknowledged_at: timeOrNull('When somebody took it on.'),
  acknowledged_by: idOrNull('User who took it on.'),
  resolved_at: timeOrNull('When it was over.'),
  note: textOut('What somebody noted last.', 'Replacing the disk'),
  revision: decimal('Moves with every change; 0 while the log does not know it yet.', '1043'),
})

export const printAlert = (a: holdfast.notify.v1.Alert.$Properties): Static<typeof Alert> => ({
  id: a.id ?? '',
  organization_id: idOf(a.organizationId),
  rule_id: idOf(a.ruleId),
  code: a.code ?? '',
  // as: words of the enums above
  severity: known(alertSeverities, a.severity) as (typeof alertSeverities)[number],
  title: a.title ?? '',
  detail: a.detail ?? '',
  about_sequence: a.aboutSequence ? decimalOf(a.aboutSequence) : null,
  count: decimalOf(a.count),
  state: known(alertStates, a.state) as (typeof alertStates)[number],
  raised_at: momentOf(a.raisedAtUnixMs),
  acknowledged_at: timeOf(a.acknowledgedAtUnixMs),
  acknowledged_by: idOf(a.acknowledgedBy),
  resolved_at: timeOf(a.resolvedAtUnixMs),
  note: a.note ?? '',
  revision: decimalOf(a.revision),
})

export const AlertRule = component('AlertRule', {
  id: id('Rule id.'),
  organization_id: idOrNull('Organization it watches; null: all of them, and the instance.'),
  name: textOut('Unique in its place.', 'Peers are deleted'),
  description: textOut('Free text.', 'Somebody cleans up'),
  severity: words(alertSeverities, 'Of the alerts it raises.'),
  actions: listOut('Action codes it watches, or their beginnings.', 'network.peer.deleted'),
  alarms: listOut('Alarm codes it watches, or their beginnings.', 'backup.validation'),
  filter: textOut('What must hold of the event; empty: nothing.', 'data.actor.kind == "api_key"'),
  threshold: integerOut('So many within the window raise one alert; 0 and 1: each does.', 10),
  window_ms: integerOut('Length of that window, ms.', 60_000),
  mail_to: listOut(
    'Who is mailed; "[hidden]" for those who may not write rules.',
    'ops@example.org',
  ),
  is_enabled: flagOut('Whether it watches.', true),
  is_builtin: flagOut('Comes with the product: can be changed, not deleted.', false),
  created_at: timeOrNull('When it was created; null for one of the product nobody changed.'),
  updated_at: timeOrNull('When it was changed last.'),
  revision: decimal('Moves with every change; the value of the ETag.', '42'),
})

export const printAlertRule = (
  r: holdfast.notify.v1.AlertRule.$Properties,
): Static<typeof AlertRule> => {
  const { settings = {} } = r
  return {
    id: r.id ?? '',
    organization_id: idOf(r.organizationId),
    name: settings?.name ?? '',
    description: settings?.description ?? '',
    severity: known(alertSeverities, settings?.severity) as (typeof alertSeverities)[number],
    actions: settings?.actions ?? [],
    alarms: settings?.alarms ?? [],
    filter: settings?.filter ?? '',
    threshold: settings?.threshold ?? 0,
    window_ms: Number(settings?.windowMs ?? 0),
    mail_to: r.mailTo ?? [],
    is_enabled: settings?.isEnabled ?? false,
    is_builtin: r.isBuiltin ?? false,
    created_at: timeOf(r.createdAtUnixMs),
    updated_at: timeOf(r.updatedAtUnixMs),
    revision: decimalOf(r.revision),
  }
}
