import { isUuid, type NodeId } from '@holdfast/domain'
import { type Batch, oneNamed } from '@holdfast/snapshot'
import { nodesById, nodesNamed } from '../queries/nodes.ts'
import type { SnapshotParts } from './parts.ts'

export interface NodeHomes {
  /** Every node that something of the page may be on. */
  readonly ids: readonly NodeId[]
  /** Where what is of a node of this name goes; undefined: nowhere. */
  of(node: string): NodeId | undefined
}

/** Nodes of the organization by name; what is of one that is not enrolled here goes to the target node, if there is one. */
export async function homesOf(
  { postgres, caughtUp }: SnapshotParts,
  { organizationId, targetNodeId }: Batch,
  names: readonly string[],
): Promise<NodeHomes> {
  if (organizationId === '') return { ids: [], of: () => undefined }
  await caughtUp()
  const found = await nodesNamed(postgres, organizationId, names)
  const target = isUuid(targetNodeId)
    ? (await nodesById(postgres, organizationId, [targetNodeId])).get(targetNodeId)
    : undefined
  return {
    ids: [...found.map(({ id }) => id), ...(target ? [target.id] : [])],
    of(name) {
      const node = oneNamed(found, name, ({ settings }) => settings.name)
      return (node ?? target)?.id
    },
  }
}
