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

export const ShardCountsInvalid = defineError(
  'crypto.shard_counts_invalid',
  'invalid',
  () => 'A root key is split into 2 to 16 shards, and 2 of them up to all restore it.',
)

export const ShardDamaged = defineError(
  'crypto.shard_damaged',
  'invalid',
  (d: { shard: string; reason: string }) =>
    `Shard ${d.shard} is damaged or mistyped: ${d.reason}. Give it again, or leave it out.`,
)

export const ShardOfAnotherRootKey = defineError(
  'crypto.shard_of_another_root_key',
  'illegal_state',
  (d: { shard: number; given: string; expected: string }) =>
    `Shard ${d.shard} is of root key ${d.given}; the one needed is ${d.expected}. Shards of a former root key restore that one only.`,
)

export const ShardsMixed = defineError(
  'crypto.shards_mixed',
  'invalid',
  (d: { shard: number; set: string; otherShard: number; otherSet: string }) =>
    `Shard ${d.shard} is of set ${d.set}, shard ${d.otherShard} of set ${d.otherSet}: only shards of one set go together.`,
)

/** Its checksum is right, so it was not mistyped: it was made. */
export const ShardMisfit = defineError(
  'crypto.shard_misfit',
  'illegal_state',
  (d: { shards: string }) =>
    `Shard ${d.shards} does not fit the others: it was not made with them. Leave it out.`,
)

export const ShardsTooFew = defineError(
  'crypto.shards_too_few',
  'invalid',
  (d: { given: number; needed: number; missing: number }) =>
    `${d.given} of ${d.needed} shards are here: ${d.missing} more.`,
)
