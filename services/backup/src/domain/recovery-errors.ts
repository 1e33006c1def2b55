import { defineError } from '@holdfast/errors'

export const RecipientNotFound = defineError(
  'backup.recipient_not_found',
  'not_found',
  (d: { recipient: string }) => `No recovery recipient ${d.recipient} is in use.`,
)

export const RecipientExists = defineError(
  'backup.recipient_exists',
  'conflict',
  (d: { recipient: string }) => `${d.recipient} is a recovery recipient already.`,
)

export const TooManyRecipients = defineError(
  'backup.recipients_too_many',
  'illegal_state',
  (d: { most: number }) =>
    `There are ${d.most} recovery recipients already; remove one before adding another.`,
)

/** Its owner has not shown that they can open what is sealed to it: losing the others would lose everything. */
export const ProofWrong = defineError(
  'backup.recipient_proof_wrong',
  'invalid',
  (_d: { recipient: string }) =>
    'That is not what the challenge holds, or it has expired; ask for a new one.',
)
