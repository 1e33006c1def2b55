import { defineError } from '@holdfast/errors'

/** The data key is not in the ring: it was destroyed, and what it sealed is gone with it. */
export const KeyDestroyed = defineError(
  'crypto.key_destroyed',
  'illegal_state',
  (d: { keyId: string }) => `The key ${d.keyId} has been destroyed; what it sealed is unreadable.`,
)

/** The bytes, or the place they stand in, are not what was sealed. */
export const SealBroken = defineError(
  'crypto.seal_broken',
  'internal',
  (d: { field: string }) => `The sealed field ${d.field} does not open: it was altered or moved.`,
)

export const RootKeyInvalid = defineError(
  'crypto.root_key_invalid',
  'internal',
  () => 'The root key must be 32 bytes in base64: `openssl rand -base64 32` makes one.',
)

export const AgeRecipientInvalid = defineError(
  'crypto.age_recipient_invalid',
  'invalid',
  (d: { reason: string }) =>
    `That is no age recipient (age1…, as age-keygen prints it): ${d.reason}.`,
)

/** Never says what was given. */
export const AgeIdentityInvalid = defineError(
  'crypto.age_identity_invalid',
  'invalid',
  () => 'That is no age identity: a line AGE-SECRET-KEY-1…, as age-keygen writes it, is needed.',
)

export const AgeNotForUs = defineError(
  'crypto.age_not_for_us',
  'illegal_state',
  () => 'None of the keys given opens this age file: it is encrypted to others.',
)

export const AgePassphraseWrong = defineError(
  'crypto.age_passphrase_wrong',
  'illegal_state',
  () => 'The passphrase does not open this age file.',
)

export const AgeDamaged = defineError(
  'crypto.age_damaged',
  'invalid',
  (d: { reason: string }) => `The age file does not open: ${d.reason}.`,
)
