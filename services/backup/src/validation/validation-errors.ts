import { defineError, type ErrorDefinition } from '@holdfast/errors'

export const ValidationsBusy: ErrorDefinition<Record<never, never>> = defineError(
  'backup.validations_busy',
  'exhausted',
  () => 'Many validations wait for their turn already. Try again when they are over.',
)

// What a validation ends with, in `code`; nobody is answered these.
export const NothingToValidate: ErrorDefinition<Record<never, never>> = defineError(
  'backup.validation_nothing',
  'not_found',
  () => 'There is no completed snapshot of this organization.',
)
export const ValidatedOld = defineError(
  'backup.validation_old',
  'illegal_state',
  (d: { days: number }) =>
    `The newest snapshot could be restored, and is ${d.days} days old: what came later is in none.`,
)
export const ValidatedSealed: ErrorDefinition<Record<never, never>> = defineError(
  'backup.validation_sealed',
  'illegal_state',
  () =>
    'The newest snapshot is as it was made, and sealed with a passphrase that is not known here: whether it opens, only its owner can try.',
)
export const ValidationIncomplete = defineError(
  'backup.validation_incomplete',
  'illegal_state',
  (d: { what: string }) => `Not all of it could be restored: ${d.what}.`,
)
export const ValidationTimedOut = defineError(
  'backup.validation_timed_out',
  'unavailable',
  (d: { seconds: number }) => `It took longer than ${d.seconds} s.`,
)
export const ValidationGivenUp = defineError(
  'backup.validation_given_up',
  'unavailable',
  (d: { attempts: number }) => `Its process ended ${d.attempts} times while it was validated.`,
)
