import { defineError } from '@holdfast/errors'

export const PostgresUnavailable = defineError(
  'postgres.unavailable',
  'unavailable',
  () => 'The database cannot be reached right now; try again.',
)

export const MigrationEdited = defineError(
  'postgres.migration_edited',
  'internal',
  (d: { file: string; schema: string }) =>
    `migration ${d.file} of schema ${d.schema} was edited after it had run: restore the file and put the change into a new one`,
)

export const MigrationMissing = defineError(
  'postgres.migration_missing',
  'internal',
  (d: { file: string; schema: string }) =>
    `migration ${d.file} has run in schema ${d.schema} but is not in this release: start the release that brought it, or a newer one`,
)
