import type { InterfaceId, NodeId } from '@holdfast/domain'
import type { Commit } from '@holdfast/event-log'

/** The two ids in the subject of an interface. */
export function placeOf(commit: Pick<Commit, 'aggregateId'>): {
  readonly nodeId: NodeId
  readonly interfaceId: InterfaceId
} {
  const dot = commit.aggregateId.indexOf('.')
  // as: the log refuses aggregate ids that are not UUIDs joined by dots
  return {
    nodeId: commit.aggregateId.slice(0, dot) as NodeId,
    interfaceId: commit.aggregateId.slice(dot + 1) as InterfaceId,
  }
}
