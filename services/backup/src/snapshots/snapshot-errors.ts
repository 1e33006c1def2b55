import { defineError, type ErrorDefinition } from '@holdfast/errors'

export const OrganizationGone = defineError(
  'backup.organization_not_found',
  'not_found',
  (d: { organization: string }) =>
    `There is no organization ${d.organization}, or you may not see it.`,
)
export const ExportGone = defineError(
  'backup.export_gone',
  'not_found',
  (d: { export: string }) =>
    `There is no export ${d.export} of yours. One waits five minutes to be fetched.`,
)
export const ExportsBusy: ErrorDefinition<Record<never, never>> = defineError(
  'backup.exports_busy',
  'exhausted',
  () => 'Several exports are being made or fetched. Try again in a moment.',
)
export const ImportNotFound = defineError(
  'backup.import_not_found',
  'not_found',
  (d: { import: string }) =>
    `There is no import ${d.import}, or you may not see it. A file that is not run is gone after ten minutes, after a dry run in an hour.`,
)
export const ImportOutOfOrder = defineError(
  'backup.import_out_of_order',
  'illegal_state',
  (d: { received: number }) => `${d.received} bytes have arrived: go on from there.`,
)
export const ImportNotWaiting = defineError(
  'backup.import_not_waiting',
  'illegal_state',
  (d: { status: string }) => `The import is ${d.status}: send the file again as another import.`,
)
export const ImportFileGone: ErrorDefinition<Record<never, never>> = defineError(
  'backup.import_file_gone',
  'illegal_state',
  () => 'The file of this import is not kept any more: send it again.',
)
export const ImportsBusy: ErrorDefinition<Record<never, never>> = defineError(
  'backup.imports_busy',
  'exhausted',
  () => 'Several imports are under way or wait to be run. Try again when one is over.',
)
export const SeveralOrganizations = defineError(
  'backup.several_organizations',
  'invalid',
  (d: { count: number }) =>
    `The snapshot is of ${d.count} organizations, and cannot go into one. Leave organization_id out: each goes to the one of its name.`,
)
export const OrganizationAmbiguous = defineError(
  'backup.organization_ambiguous',
  'illegal_state',
  (d: { name: string; count: number }) =>
    `${d.count} organizations here are called ${d.name}, and nobody can tell which is meant: rename one of them, or bring in a snapshot of that one alone and say by organization_id where it goes.`,
)
export const ImportInterrupted = defineError(
  'backup.import_interrupted',
  'unavailable',
  (d: { why: string }) =>
    `The import was interrupted: ${d.why}. Run it again: what was brought in is found and not brought in twice.`,
)
