import { isSame, type SealedFact, sealedFact, sealedIn } from '@holdfast/compensation'
import { StorageInUse } from '../domain/storage-errors.ts'
import type {
  StorageLocationEvent,
  StorageLocationSettings,
  StorageLocationState,
} from '../domain/storage-location.ts'

export type StorageLocationFacts = StorageLocationSettings & {
  readonly organizationId: string
  readonly credentials: SealedFact | undefined
  readonly credentialFields: readonly string[]
}

export function storageLocationFacts(
  state: StorageLocationState,
): StorageLocationFacts | undefined {
  const { exists, isDeleted, organizationId, settings, credentials, credentialFields } = state
  if (!exists || isDeleted) return undefined
  const sealed = credentials && sealedFact(credentials)
  return { ...settings, organizationId, credentials: sealed, credentialFields }
}

/**
 * Only what was said about the place: what lies there stays there, also when the location goes. One that is needed stays.
 *
 * `usedBy`: what would be left without it.
 */
export function compensateStorageLocation(
  now: StorageLocationState,
  target: StorageLocationFacts | undefined,
  usedBy: string | undefined,
): readonly StorageLocationEvent[] {
  const before = storageLocationFacts(now)
  if (isSame(before, target)) return []
  if (!target) {
    if (usedBy !== undefined) throw StorageInUse({ location: now.settings.name, by: usedBy })
    return [{ type: 'StorageLocationDeleted' }]
  }
  const { organizationId, credentials: sealed, credentialFields, ...settings } = target
  const credentials = sealed && sealedIn(sealed)
  if (!before) {
    const said = { organizationId, settings, credentials, credentialFields }
    return [{ type: 'StorageLocationCreated', ...said, earlierChanges: Number(now.revision) }]
  }
  const isKept = isSame(before.credentials, sealed)
  return [
    {
      type: 'StorageLocationUpdated',
      settings,
      credentials: isKept ? undefined : credentials,
      credentialFields,
      ...(isKept || credentials ? {} : { dropsCredentials: true }),
    },
  ]
}
