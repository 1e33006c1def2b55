import { defineProjection } from '@holdfast/projections'
import { holdfast } from '@holdfast/proto'
import { sealedBytes } from '../codecs/sealed.ts'
import { storageLocationCodec } from '../codecs/storage-location-codec.ts'
import type { StorageLocationEvent, StorageLocationSettings } from '../domain/storage-location.ts'

const table = 'storage_locations'
const { StorageLocationSettings: Message } = holdfast.backup.v1

const settingsColumns = (settings: StorageLocationSettings) => ({
  name: settings.name,
  name_key: settings.name.toLowerCase(),
  kind: settings.kind,
  is_continuous: settings.isContinuous,
  settings: Message.encode(settings).finish(),
})

/** Rows behind ListStorageLocations, and what jobs open locations by. Credentials stay sealed. */
export const storageLocations = defineProjection<StorageLocationEvent>({
  name: 'backup.storage_locations',
  version: 1,
  context: 'backup',
  tables: [
    {
      name: table,
      columns: {
        location_id: 'uuid',
        // Null: of the instance; only readers of everything see it.
        organization_id: 'uuid',
        name: 'text',
        name_key: 'text',
        kind: 'text',
        is_continuous: 'boolean',
        // Encoded `holdfast.backup.v1.StorageLocationSettings`.
        settings: 'bytea',
        // Encoded `holdfast.log.v1.Sealed`; null when there are none.
        credentials: 'bytea',
        // Names of the secret fields that are set, separated by commas.
        credential_fields: 'text',
        created_at_unix_ms: 'bigint',
        updated_at_unix_ms: 'bigint',
        revision: 'bigint',
      },
      key: ['location_id'],
      isTemporal: true,
      organizationColumn: 'organization_id',
      indexes: ['(name_key, location_id)'],
    },
  ],
  codecs: { storage_location: storageLocationCodec },
  on: {
    StorageLocationCreated: (
      { organizationId, settings, credentials, credentialFields, earlierChanges = 0 },
      commit,
    ) => [
      {
        op: 'put',
        table,
        row: {
          location_id: commit.aggregateId,
          organization_id: organizationId === '' ? null : organizationId,
          ...settingsColumns(settings),
          credentials: credentials ? sealedBytes(credentials) : null,
          credential_fields: credentialFields.join(),
          created_at_unix_ms: commit.timeUnixMs,
          updated_at_unix_ms: commit.timeUnixMs,
          revision: BigInt(earlierChanges + 1),
        },
      },
    ],
    StorageLocationUpdated: (
      { settings, credentials, credentialFields, dropsCredentials },
      commit,
    ) => {
      const key = { location_id: commit.aggregateId }
      const set = {
        ...settingsColumns(settings),
        ...(credentials ? { credentials: sealedBytes(credentials) } : {}),
        ...(!credentials && dropsCredentials ? { credentials: null } : {}),
        credential_fields: credentialFields.join(),
        updated_at_unix_ms: commit.timeUnixMs,
      }
      return [
        { op: 'patch', table, key, set },
        { op: 'add', table, key, column: 'revision', by: 1n },
      ]
    },
    StorageLocationDeleted: (_event, commit) => [
      { op: 'remove', table, key: { location_id: commit.aggregateId } },
    ],
  },
})
