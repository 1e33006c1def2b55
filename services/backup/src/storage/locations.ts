import type { Storage } from '@holdfast/storage'

/** A storage location as jobs need it. */
export interface Location {
  readonly id: string
  /** Empty: of the whole instance. */
  readonly organizationId: string
  readonly name: string
  readonly kind: string
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
  /** By id or name, of the organization or of the instance; empty: the built-in one. */
  find(nameOrId: string, organizationId: string): Promise<Location>
  /** Those full backups are pushed to all the time. */
  continuous(): Promise<readonly Location[]>
  /** Opened secrets: for work in a thread. */
  access(id: string): Promise<LocationAccess>
  /** Opened here; close it. */
  open(id: string): Promise<Storage>
}
