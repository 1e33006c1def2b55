import { nameBook } from '@holdfast/service'
import { names } from './storage-aggregates.ts'

/** Names of storage locations and schedules, each unique in its organization. */
export const nameHolders = nameBook<'storage_location' | 'schedule'>(
  names,
  'b7f3b2f0-6a0e-5d0b-9c57-1d1b6b6f0e52',
)
