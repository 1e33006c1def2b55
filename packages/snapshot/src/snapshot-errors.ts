import { defineError } from '@holdfast/errors'

export const ImportTooLarge = defineError(
  'backup.import_too_large',
  'too_large',
  (d: { what: string; limitMib: number }) =>
    `${d.what} than ${d.limitMib} MiB (HOLDFAST_BACKUP_MAX_IMPORT_MIB). Export organizations one by one, or restore a full backup.`,
)

export const NotASnapshot = defineError(
  'backup.not_a_snapshot',
  'invalid',
  (d: { what: string; instead: string }) =>
    `${d.what}. Only .hfsnap files are taken, for they alone say by checksum that they are whole. ${d.instead}`,
)

/** A cut, a flip, a lie: `cause` says which. */
export const SnapshotDamaged = defineError(
  'backup.snapshot_damaged',
  'invalid',
  (d: { what: string }) =>
    `The snapshot is damaged or made up: ${d.what}. Nothing was taken from it.`,
)

export const SnapshotVersionUnknown = defineError(
  'backup.snapshot_version_unknown',
  'invalid',
  (d: { what: string }) =>
    `${d.what} is not known to this version of Holdfast; a newer one may read it.`,
)

export const PassphraseNeeded = defineError(
  'backup.passphrase_needed',
  'invalid',
  () => 'The snapshot is sealed with a passphrase: send it along.',
)

/** Wrong key and altered ciphertext look alike. */
export const SnapshotSealed = defineError(
  'backup.snapshot_sealed',
  'invalid',
  (d: { key: string }) =>
    `The snapshot does not open with this ${d.key}: it is another one, or the file was altered on purpose.`,
)

export const OtherInstance = defineError(
  'backup.other_instance',
  'illegal_state',
  (d: { keyId: string }) =>
    `The snapshot is sealed with the key ${d.keyId} of the instance that made it, and opens there alone. Export it there again, with a passphrase.`,
)

export const SnapshotTooLarge = defineError(
  'backup.snapshot_too_large',
  'too_large',
  (d: { what: string }) => `${d.what}. Take organizations one by one, or make a backup.`,
)
