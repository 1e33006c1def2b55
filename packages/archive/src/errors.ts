import { defineError } from '@holdfast/errors'

/** Commits that do not follow the last one, or not each other. Nothing was written. */
export const ArchiveGap = defineError(
  'archive.gap',
  'internal',
  (d: { expected: bigint; found: bigint }) =>
    `the archive expects sequence ${d.expected} and was given ${d.found}`,
)

/** A commit the format has no room for, or whose message id is not that of its headers. */
export const ArchiveCommitInvalid = defineError(
  'archive.commit_invalid',
  'internal',
  (d: { sequence: bigint; reason: string }) =>
    `the commit at sequence ${d.sequence} cannot be archived: ${d.reason}`,
)

/** Bytes of the archive that are not what was written. */
export const ArchiveDamaged = defineError(
  'archive.damaged',
  'internal',
  (d: { file: string; firstBadSequence: bigint; reason: string }) =>
    `the archive is damaged at sequence ${d.firstBadSequence} (${d.file}): ${d.reason}`,
)

/** The directory holds the archive of another log. Nothing was written. */
export const ArchiveForeign = defineError(
  'archive.foreign',
  'internal',
  (d: { file: string; field: string; expected: string; found: string }) =>
    `${d.file} belongs to another log: its ${d.field} is ${d.found}, not ${d.expected}`,
)

/** No room on the archive's disk. Nothing counts as stored. */
export const ArchiveFull = defineError(
  'archive.full',
  'exhausted',
  (d: { file: string }) => `the archive's disk has no room left (${d.file})`,
)

/** The archive's disk failed. Nothing counts as stored. */
export const ArchiveUnavailable = defineError(
  'archive.unavailable',
  'unavailable',
  (d: { file: string; step: string; code: string }) =>
    `the archive's disk failed (${d.step} of ${d.file}: ${d.code})`,
)

export const ArchiveClosed = defineError(
  'archive.closed',
  'unavailable',
  () => 'the archive is closed',
)
