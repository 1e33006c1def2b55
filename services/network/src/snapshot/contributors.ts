import type { Contributor } from '@holdfast/snapshot'
import { interfacesContributor } from './interfaces.ts'
import { nodesContributor } from './nodes.ts'
import type { SnapshotParts } from './parts.ts'
import { peersContributor } from './peers.ts'

/** What network gives to portable snapshots and takes from them. */
export const networkContributors = (parts: SnapshotParts): readonly Contributor[] => [
  nodesContributor(parts),
  interfacesContributor(parts),
  peersContributor(parts),
]
