import { defineError } from '@holdfast/errors'

export const OffsiteOtherWriter = defineError(
  'backup.offsite_other_writer',
  'illegal_state',
  ({ key }: { readonly key: string }) =>
    `another installation pushes this log there: ${key}; remove that object to take the place over, or use another location`,
)
export const OffsiteAhead = defineError(
  'backup.offsite_ahead',
  'illegal_state',
  ({ key }: { readonly key: string }) =>
    `what stands there is ahead of this log: ${key}; the log was set back, or another installation goes on with it`,
)
export const OffsiteNotContinuous = defineError(
  'backup.offsite_not_continuous',
  'illegal_state',
  ({ location }: { readonly location: string }) =>
    `nothing is pushed to ${location} all the time; make it continuous first`,
)
/** There is no way to push anything in the clear. */
export const OffsiteNobody = defineError(
  'backup.offsite_nobody',
  'unavailable',
  () => 'nothing is pushed while it is not known whom to encrypt to',
)
