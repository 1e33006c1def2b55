import type { Contributor } from '@holdfast/snapshot'
import type { SnapshotParts } from './parts.ts'
import { testsContributor } from './policy-tests.ts'
import { rulesContributor } from './rules.ts'

/** What rules gives to portable snapshots and takes from them. */
export const rulesContributors = (parts: SnapshotParts): readonly Contributor[] => [
  rulesContributor(parts),
  testsContributor(parts),
]
