import type { Postgres } from '@holdfast/postgres'
import { locationsAmong } from '../queries/storage-locations.ts'
import { forgetStorageTest } from '../queries/storage-tests.ts'
import { keptAt, type ScheduledAt, schedulesAt } from '../queries/storage-use.ts'

/** What read models know around storage locations and schedules. */
export interface Reads {
  /** Schedules that put what they make at these locations. */
  schedulesAt(locationIds: readonly string[]): Promise<readonly ScheduledAt[]>
  /** What of ours lies there, or is under way; undefined when nothing is. */
  keptAt(locationId: string): Promise<string | undefined>
  /** Those of the ids that are locations, without the built-in one. */
  locationsAmong(ids: readonly string[]): Promise<readonly string[]>
  forgetTest(locationId: string): Promise<void>
}

export const readsOf = (postgres: Postgres): Reads => ({
  schedulesAt: (locationIds) => schedulesAt(postgres, locationIds),
  keptAt: (locationId) => keptAt(postgres, locationId),
  locationsAmong: (ids) => locationsAmong(postgres, ids),
  forgetTest: (locationId) => forgetStorageTest(postgres, locationId),
})
