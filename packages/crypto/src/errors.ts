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
