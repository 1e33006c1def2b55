import { defineError } from '@holdfast/errors'

/** Said before anything else is read. `needs` and `given` are fingerprints of root keys, or recipients (`age1…`). */
export const WrongKey = defineError(
  'full_restore.wrong_key',
  'invalid',
  (d: { needs: string; given: string }) =>
    `This key does not open the backup: it needs ${d.needs}, and what was given is ${d.given}. Nothing was changed.`,
)

export const KeyMissing = defineError(
  'full_restore.key_missing',
  'invalid',
  (d: { needs: string; reason: string }) =>
    `A key is needed: ${d.reason} It needs ${d.needs}. Nothing was changed.`,
)

/** The backup, or a part of it, is not what was written, or of something else. Names the part, quotes nothing of it. */
export const SourceInvalid = defineError(
  'full_restore.source_invalid',
  'invalid',
  (d: { part: string; reason: string }) =>
    `This backup cannot be restored: ${d.part === '' ? '' : `${d.part}: `}${d.reason}. Nothing was changed.`,
)

export const NewerRelease = defineError(
  'full_restore.newer_release',
  'illegal_state',
  (d: { made: string; ours: string }) =>
    `The backup was made by Holdfast ${d.made}, and this is ${d.ours}: an older release does not know what a newer one wrote. Restore with ${d.made} or later. Nothing was changed.`,
)

export const PointUnknown = defineError(
  'full_restore.point_unknown',
  'invalid',
  (d: { point: string; first: string; last: string }) =>
    `There is no state at ${d.point}: the backup holds commits 1 to ${d.last}, the first of ${d.first}.`,
)

export const GenerationTaken = defineError(
  'full_restore.generation_taken',
  'invalid',
  (d: { generation: number; least: number }) =>
    `Generation ${d.generation} has been, and who followed it would refuse another: ${d.least} is the least that can be begun.`,
)

export const TargetNotEmpty = defineError(
  'full_restore.target_not_empty',
  'illegal_state',
  (d: { directory: string }) =>
    `${d.directory} is not empty: --force moves what is there aside and puts the restored instance in its place.`,
)

export const TargetUnfit = defineError(
  'full_restore.target_unfit',
  'illegal_state',
  (d: { directory: string; reason: string }) => `${d.directory} cannot be used: ${d.reason}.`,
)

export const NewerKeys = defineError(
  'full_restore.newer_keys',
  'illegal_state',
  (d: { directory: string; reason: string }) =>
    `${d.directory} may hold keys the backup does not have, and they would be lost: ${d.reason}. Move it away by hand when that is meant. Nothing was changed.`,
)
