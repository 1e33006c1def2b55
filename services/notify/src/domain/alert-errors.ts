import { defineError } from '@holdfast/errors'

export const AlertNotFound = defineError(
  'notify.alert_not_found',
  'not_found',
  (d: { alert: string }) => `There is no alert ${d.alert}.`,
)

export const AlertRuleNotFound = defineError(
  'notify.alert_rule_not_found',
  'not_found',
  (d: { rule: string }) => `There is no alert rule ${d.rule}.`,
)

export const AlertRuleExists = defineError(
  'notify.alert_rule_exists',
  'conflict',
  (d: { rule: string }) => `There is or was an alert rule ${d.rule}.`,
)

export const AlertRuleNameTaken = defineError(
  'notify.alert_rule_name_taken',
  'conflict',
  (d: { name: string; heldBy: string }) =>
    `The alert rule ${d.heldBy} is called ${d.name} already: choose another name.`,
)

export const AmbiguousAlertRule = defineError(
  'notify.alert_rule_ambiguous',
  'conflict',
  (d: { name: string; matches: string }) =>
    `Several alert rules are called ${d.name}: ${d.matches}. Name one by its id.`,
)

export const AlertRuleBuiltin = defineError(
  'notify.alert_rule_builtin',
  'illegal_state',
  (d: { rule: string }) =>
    `The alert rule ${d.rule} comes with the product and cannot be deleted: disable it instead.`,
)

export const TooManyAlertRules = defineError(
  'notify.alert_rules_exhausted',
  'exhausted',
  (d: { max: number }) => `There are ${d.max} alert rules already: delete one first.`,
)

export const MailNotConfigured = defineError(
  'notify.mail_not_configured',
  'illegal_state',
  () => 'No mail server is configured: set HOLDFAST_NOTIFY_SMTP_URL and HOLDFAST_NOTIFY_SMTP_FROM.',
)

export const MailRefused = defineError(
  'notify.mail_refused',
  'unavailable',
  (d: { answer: string }) => `The mail server did not take the mail: ${d.answer}`,
)
