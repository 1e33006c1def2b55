import type { Alarm } from '@holdfast/service'
import type { KeeperStatus } from './keep-tree.ts'

/** What of the tree somebody has to know. Of several instances the one that leads says so. */
export function treeAlarms({ isLeading, frozen, refusing }: KeeperStatus): readonly Alarm[] {
  if (!isLeading) return []
  return [
    {
      code: 'audit.signing_frozen',
      severity: 'critical',
      title: 'No checkpoint of the log is signed',
      ...(frozen === undefined ? { isOver: true } : { detail: frozen }),
    },
    ...refusing.map(
      ({ nodeId, refusal }): Alarm => ({
        code: 'audit.witness_refuses',
        severity: 'critical',
        key: nodeId,
        title: 'A witness refuses a checkpoint of the log',
        detail: `Host ${nodeId}: ${refusal}`,
      }),
    ),
  ]
}
