import { isUuid } from '@holdfast/domain'
import type { Postgres } from '@holdfast/postgres'
import type { Secrets } from '@holdfast/service'
import { openStorage, type Storage, type Surroundings } from '@holdfast/storage'
import { StorageLocationNotFound } from '../domain/storage-errors.ts'
import {
  builtinName,
  builtinView,
  continuousLocations,
  type StorageLocationView,
  storageLocationNamed,
  storageLocationToOpen,
} from '../queries/storage-locations.ts'
import { parsedObject } from './json-object.ts'

/** A storage location as jobs need it. */
export interface Location {
  readonly id: string
  /** Empty: of the whole instance. */
  readonly organizationId: string
  readonly name: string
  readonly kind: string
  /** JSON, without secrets: changes when it is another place. */
  readonly config: string
  readonly isContinuous: boolean
  readonly isImmutable: boolean
  readonly keepDaily: number
  readonly keepWeekly: number
  readonly keepMonthly: number
}

/** What a thread of its own needs to open a location; holds secrets, so it goes nowhere else. */
export interface LocationAccess {
  readonly kind: string
  readonly config: Readonly<Record<string, unknown>>
  readonly credentials: Readonly<Record<string, unknown>>
}

/** The locations there are, for whoever puts something there. The built-in local one has the lineage as its id. */
export interface Locations {
  /** Rejects with `backup.storage_not_found`. */
  get(id: string): Promise<Location>
  /**
   * By id or name, of that organization; empty: of the instance. The built-in one is everybody's, and what an empty name
   * means. Rejects with `backup.storage_not_found`, also for those of others.
   */
  find(nameOrId: string, organizationId: string): Promise<Location>
  /** Those full backups are pushed to all the time. */
  continuous(): Promise<readonly Location[]>
  /** Opened secrets: for work in a thread. */
  access(id: string): Promise<LocationAccess>
  /** Opened here; close it. */
  open(id: string): Promise<Storage>
}

export interface LocationParts {
  readonly postgres: Postgres
  readonly lineageId: string
  readonly secrets: Secrets<'credentials'>
  readonly surroundings: Surroundings
  /** Waits until the read models include everything that is safe. */
  catchUpToHead(): Promise<void>
}

export function openLocations(parts: LocationParts): Locations {
  const { postgres, lineageId, secrets, surroundings } = parts

  /** What is not there may have been made by another instance a moment ago. */
  async function twice<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
    const found = await look()
    if (found !== undefined) return found
    await parts.catchUpToHead()
    return await look()
  }

  async function row(id: string) {
    const found = isUuid(id) ? await twice(() => storageLocationToOpen(postgres, id)) : undefined
    if (!found) throw StorageLocationNotFound({ location: id })
    return found
  }

  async function access(id: string): Promise<LocationAccess> {
    if (id === lineageId) return { kind: 'local', config: {}, credentials: {} }
    const { organizationId, settings, credentials } = await row(id)
    const [opened] = credentials
      ? await secrets.open(organizationId, id, 'credentials', [credentials])
      : []
    return {
      kind: settings.kind,
      config: parsedObject(settings.config),
      credentials: opened === undefined ? {} : parsedObject(opened),
    }
  }

  return {
    access,

    async get(id) {
      return locationOf(id === lineageId ? builtinView(lineageId) : await row(id))
    },

    async find(nameOrId, organizationId) {
      const isBuiltin = nameOrId === '' || nameOrId === lineageId
      if (isBuiltin || nameOrId.toLowerCase() === builtinName)
        return locationOf(builtinView(lineageId))
      const found = await twice(async () => {
        if (!isUuid(nameOrId)) return await storageLocationNamed(postgres, organizationId, nameOrId)
        const one = await storageLocationToOpen(postgres, nameOrId)
        return one?.organizationId === organizationId ? one : undefined
      })
      if (!found) throw StorageLocationNotFound({ location: nameOrId.slice(0, 128) })
      return locationOf(found)
    },

    async continuous() {
      return (await continuousLocations(postgres)).map(locationOf)
    },

    async open(id) {
      const { kind, config, credentials } = await access(id)
      return await openStorage(kind, config, credentials, surroundings)
    },
  }
}

const locationOf = ({ id, organizationId, settings }: StorageLocationView): Location => ({
  id,
  organizationId,
  name: settings.name,
  kind: settings.kind,
  config: settings.config,
  isContinuous: settings.isContinuous,
  isImmutable: settings.isImmutable,
  keepDaily: settings.keepDaily,
  keepWeekly: settings.keepWeekly,
  keepMonthly: settings.keepMonthly,
})
