import { defineError } from '@holdfast/errors'

/** A full backup, or a part of it, is not what was written. Names the member and the cause, quotes nothing of it. */
export const BundleInvalid = defineError(
  'full_backup.invalid',
  'invalid',
  (d: { member: string; reason: string }) =>
    d.member === ''
      ? `This full backup cannot be used: ${d.reason}.`
      : `This full backup cannot be used: ${d.member}: ${d.reason}.`,
)

export const KeysetInvalid = defineError(
  'full_backup.keyset_invalid',
  'invalid',
  (d: { reason: string }) => `This keyset cannot be used: ${d.reason}.`,
)

/** The archive on the disk is damaged: a backup of it would be worth nothing. */
export const ArchiveUnfit = defineError(
  'full_backup.archive_unfit',
  'illegal_state',
  (d: { file: string; reason: string }) =>
    `The archive cannot be backed up: ${d.file}: ${d.reason}. holdfast operator log verify tells more.`,
)
