import type { Contributor } from '@holdfast/snapshot'
import type { SnapshotParts } from './parts.ts'
import { sitesContributor } from './sites.ts'
import { usersContributor } from './users.ts'

/** What auth gives to portable snapshots and takes from them. */
export const authContributors = (parts: SnapshotParts): readonly Contributor[] => [
  sitesContributor(parts),
  usersContributor(parts),
]
