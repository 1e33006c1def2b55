import type { holdfast } from '@holdfast/proto'
import type { KindDefinition, StorageField } from '@holdfast/storage'
import type { StorageLocationView } from '../queries/storage-locations.ts'
import { neverTested, type StorageTestView } from '../queries/storage-tests.ts'

export const printLocation = (
  view: StorageLocationView,
  test: StorageTestView = neverTested,
): holdfast.backup.v1.StorageLocation.$Properties => ({
  id: view.id,
  organizationId: view.organizationId,
  settings: view.settings,
  credentialFields: [...view.credentialFields],
  createdAtUnixMs: view.createdAtUnixMs,
  updatedAtUnixMs: view.updatedAtUnixMs,
  revision: Number(view.revision),
  testedAtUnixMs: test.testedAtUnixMs,
  testFailure: test.failure,
})

export async function printKind(
  definition: KindDefinition,
): Promise<holdfast.backup.v1.StorageKind.$Properties> {
  const { kind, title, fields } = definition
  return {
    kind,
    title,
    fields: fields.map(printField),
    unavailableBecause: (await definition.unavailableBecause?.()) ?? '',
  }
}

const printField = (field: StorageField): holdfast.backup.v1.StorageField.$Properties => ({
  name: field.name,
  title: field.title,
  description: field.description,
  type: field.type,
  isRequired: field.isRequired ?? false,
  default: field.default === undefined ? '' : JSON.stringify(field.default),
  choices: [...(field.choices ?? [])],
  min: field.min ?? 0,
  max: field.max ?? 0,
  example: field.example ?? '',
})
