import type { Contributor } from '@holdfast/snapshot'
import { alertRulesContributor } from './alert-rules.ts'
import type { SnapshotParts } from './parts.ts'
import { webhooksContributor } from './webhooks.ts'

/** What notify gives to portable snapshots and takes from them. */
export const notifyContributors = (parts: SnapshotParts): readonly Contributor[] => [
  alertRulesContributor(parts),
  webhooksContributor(parts),
]
