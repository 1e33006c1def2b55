import { defineError, type ErrorDefinition } from '@holdfast/errors'

/** Also raised for what the caller may not know of. */
export const StorageLocationNotFound = defineError(
  'backup.storage_not_found',
  'not_found',
  (d: { location: string }) => `there is no storage location ${d.location}`,
)
/** Ids follow from commands, so this is a command that comes again after everybody has forgotten it. */
export const StorageLocationExists = defineError(
  'backup.storage_exists',
  'conflict',
  (d: { location: string }) => `storage location ${d.location} exists already`,
)
export const StorageNameTaken = defineError(
  'backup.storage_name_taken',
  'conflict',
  (d: { name: string }) => `there is a storage location named ${d.name} already`,
)
/** `matches` lists them as `<organization> (<id>)`, separated by commas. */
export const StorageAmbiguous = defineError(
  'backup.ambiguous_name',
  'conflict',
  (d: { name: string; matches: string }) => `${d.name} names several: ${d.matches}; use the id`,
)
export const StorageInUse = defineError(
  'backup.storage_in_use',
  'illegal_state',
  (d: { location: string; by: string }) =>
    `storage location ${d.location} is needed by ${d.by}; delete that first`,
)
/** It is part of the instance and has no settings. */
export const StorageBuiltin: ErrorDefinition<Record<never, never>> = defineError(
  'backup.storage_builtin',
  'illegal_state',
  () =>
    'the built-in location can neither be changed nor deleted; HOLDFAST_BACKUP_LOCAL_DIR says where it is',
)
export const StorageTestRunning = defineError(
  'backup.storage_test_running',
  'exhausted',
  (d: { location: string }) => `storage location ${d.location} is being tested; one test at a time`,
)
export const StorageTestTimedOut = defineError(
  'backup.storage_test_timed_out',
  'unavailable',
  (d: { seconds: number }) => `the test did not end within ${d.seconds} s`,
)
