import { eventCodec } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import type { StorageLocationEvent, StorageLocationSettings } from '../domain/storage-location.ts'
import { sealedFrom } from './sealed.ts'

const v1 = holdfast.backup.v1

export const storageLocationCodec = eventCodec<StorageLocationEvent>({
  StorageLocationCreated: {
    encode: ({ organizationId, settings, credentials, credentialFields, earlierChanges }) =>
      v1.StorageLocationCreated.encode({
        organizationId,
        settings,
        credentials: credentials ?? null,
        credentialFields: [...credentialFields],
        ...(earlierChanges ? { earlierChanges } : {}),
      }).finish(),
    decode: [
      (data) => {
        const m = v1.StorageLocationCreated.decode(data)
        return {
          type: 'StorageLocationCreated',
          organizationId: m.organizationId,
          settings: storageSettingsFrom(m.settings),
          credentials: sealedFrom(m.credentials),
          credentialFields: m.credentialFields,
          ...(m.earlierChanges ? { earlierChanges: m.earlierChanges } : {}),
        }
      },
    ],
  },
  StorageLocationUpdated: {
    encode: ({ settings, credentials, credentialFields, dropsCredentials }) =>
      v1.StorageLocationUpdated.encode({
        settings,
        credentials: credentials ?? null,
        credentialFields: [...credentialFields],
        ...(dropsCredentials ? { dropsCredentials } : {}),
      }).finish(),
    decode: [
      (data) => {
        const m = v1.StorageLocationUpdated.decode(data)
        return {
          type: 'StorageLocationUpdated',
          settings: storageSettingsFrom(m.settings),
          credentials: sealedFrom(m.credentials),
          credentialFields: m.credentialFields,
          ...(m.dropsCredentials ? { dropsCredentials: true } : {}),
        }
      },
    ],
  },
  StorageLocationDeleted: {
    encode: () => v1.StorageLocationDeleted.encode({}).finish(),
    decode: [() => ({ type: 'StorageLocationDeleted' })],
  },
})

export function storageSettingsFrom(
  properties: holdfast.backup.v1.StorageLocationSettings.$Properties | null | undefined,
): StorageLocationSettings {
  const m = new v1.StorageLocationSettings(properties ?? {})
  return {
    name: m.name,
    kind: m.kind,
    config: m.config,
    description: m.description,
    isContinuous: m.isContinuous,
    isImmutable: m.isImmutable,
    keepDaily: m.keepDaily,
    keepWeekly: m.keepWeekly,
    keepMonthly: m.keepMonthly,
  }
}
