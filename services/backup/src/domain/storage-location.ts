import { assertNever, type Decider } from '@holdfast/domain'
import { requireRevision } from './revision.ts'
import type { Sealed } from './sealed.ts'
import { StorageLocationExists, StorageLocationNotFound } from './storage-errors.ts'

export interface StorageLocationSettings {
  readonly name: string
  /** One of packages/storage. Never changes. */
  readonly kind: string
  /** JSON object of the kind's open fields, names in order. Never a secret. */
  readonly config: string
  readonly description: string
  /** Full backups are pushed here all the time. Of the instance only. */
  readonly isContinuous: boolean
  /** Objects there cannot be deleted or replaced. */
  readonly isImmutable: boolean
  readonly keepDaily: number
  readonly keepWeekly: number
  readonly keepMonthly: number
}

/** Secret fields, sealed as one, and which of them are set. */
export interface Credentials {
  readonly sealed: Sealed
  readonly fields: readonly string[]
}

export type StorageLocationCommand =
  | {
      readonly type: 'CreateStorageLocation'
      readonly id: string
      /** Empty: of the whole instance. */
      readonly organizationId: string
      readonly settings: StorageLocationSettings
      readonly credentials: Credentials | undefined
    }
  | {
      readonly type: 'UpdateStorageLocation'
      readonly id: string
      readonly changes: Partial<Omit<StorageLocationSettings, 'kind'>>
      /** Undefined: those before stay. */
      readonly credentials: Credentials | undefined
      readonly expectedRevision?: bigint
    }
  | {
      readonly type: 'DeleteStorageLocation'
      readonly id: string
      readonly expectedRevision?: bigint
    }

export type StorageLocationEvent =
  | {
      readonly type: 'StorageLocationCreated'
      readonly organizationId: string
      readonly settings: StorageLocationSettings
      readonly credentials: Sealed | undefined
      readonly credentialFields: readonly string[]
      /** Of one that comes back: how often it had changed before, its deletion included. */
      readonly earlierChanges?: number
    }
  | {
      readonly type: 'StorageLocationUpdated'
      readonly settings: StorageLocationSettings
      /** Undefined: those before stay, unless they are dropped. */
      readonly credentials: Sealed | undefined
      readonly credentialFields: readonly string[]
      readonly dropsCredentials?: boolean
    }
  | { readonly type: 'StorageLocationDeleted' }

/** Where backups are put. */
export interface StorageLocationState {
  exists: boolean
  isDeleted: boolean
  organizationId: string
  settings: StorageLocationSettings
  credentials: Sealed | undefined
  credentialFields: readonly string[]
  /** Changes so far; what clients know as its revision. */
  revision: bigint
}

const none: StorageLocationSettings = {
  name: '',
  kind: '',
  config: '{}',
  description: '',
  isContinuous: false,
  isImmutable: false,
  keepDaily: 0,
  keepWeekly: 0,
  keepMonthly: 0,
}

export const storageLocation: Decider<
  StorageLocationCommand,
  StorageLocationEvent,
  StorageLocationState
> = {
  initial: () => ({
    exists: false,
    isDeleted: false,
    organizationId: '',
    settings: none,
    credentials: undefined,
    credentialFields: [],
    revision: 0n,
  }),

  decide(command, state) {
    if (command.type === 'CreateStorageLocation') {
      const { organizationId, settings, credentials } = command
      if (state.exists) throw StorageLocationExists({ location: settings.name })
      return [
        {
          type: 'StorageLocationCreated',
          organizationId,
          settings,
          credentials: credentials?.sealed,
          credentialFields: credentials?.fields ?? [],
        },
      ]
    }
    if (command.type === 'DeleteStorageLocation' && state.isDeleted) return []
    if (!state.exists || state.isDeleted) throw StorageLocationNotFound({ location: command.id })
    requireRevision(command.expectedRevision, state.revision)

    switch (command.type) {
      case 'UpdateStorageLocation': {
        const settings = { ...state.settings, ...command.changes }
        const { credentials } = command
        if (!credentials && isSameLocation(settings, state.settings)) return []
        return [
          {
            type: 'StorageLocationUpdated',
            settings,
            credentials: credentials?.sealed,
            credentialFields: credentials?.fields ?? state.credentialFields,
          },
        ]
      }
      case 'DeleteStorageLocation':
        return [{ type: 'StorageLocationDeleted' }]
      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    state.revision++
    switch (event.type) {
      case 'StorageLocationCreated': // again, too, when a restore brings it back
        state.exists = true
        state.isDeleted = false
        state.organizationId = event.organizationId
        state.settings = event.settings
        state.credentials = event.credentials
        state.credentialFields = event.credentialFields
        return state
      case 'StorageLocationUpdated':
        state.settings = event.settings
        if (event.credentials) state.credentials = event.credentials
        else if (event.dropsCredentials) state.credentials = undefined
        state.credentialFields = event.credentialFields
        return state
      case 'StorageLocationDeleted':
        state.isDeleted = true
        return state
      default:
        return assertNever(event)
    }
  },
}

export const isSameLocation = (a: StorageLocationSettings, b: StorageLocationSettings): boolean =>
  // as: keys of an object of that type
  (Object.keys(a) as (keyof StorageLocationSettings)[]).every((key) => a[key] === b[key])
