import { defineError } from '@holdfast/errors'

/** Also raised for what the caller may not know of. */
export const WebhookNotFound = defineError(
  'notify.webhook_not_found',
  'not_found',
  (d: { webhook: string }) => `there is no webhook ${d.webhook}`,
)
/** Ids follow from commands, so this is a command that comes again after everybody has forgotten it. */
export const WebhookExists = defineError(
  'notify.webhook_exists',
  'conflict',
  (d: { webhook: string }) => `webhook ${d.webhook} exists already`,
)
export const WebhookNameTaken = defineError(
  'notify.webhook_name_taken',
  'conflict',
  (d: { name: string; heldBy: string }) =>
    `the organization has a webhook named ${d.name} already: ${d.heldBy}`,
)
/** `matches` lists them as `<organization> (<id>)`, separated by commas. */
export const WebhookAmbiguous = defineError(
  'notify.ambiguous_name',
  'conflict',
  (d: { name: string; matches: string }) => `${d.name} names several: ${d.matches}; use the id`,
)
export const DeliveryNotFound = defineError(
  'notify.delivery_not_found',
  'not_found',
  (d: { delivery: string }) => `the webhook has no delivery ${d.delivery}; old ones are forgotten`,
)
