import type { NodeId } from '@holdfast/domain'
import type { EventLog } from '@holdfast/event-log'
import { NodeNotFound } from '../domain/errors.ts'
import { nodes } from './aggregates.ts'
import type { Claims } from './claims.ts'
import type { OneAtATime } from './one-at-a-time.ts'
import type { Secrets } from './secrets.ts'

/** What carrying out a command takes. */
export interface CommandTools {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'history' | 'read'>
  readonly secrets: Secrets
  readonly claims: Claims
  /** By node: what looks at several interfaces of one node and then writes. */
  readonly perNode: OneAtATime
  /** ms since 1970. */
  readonly now: () => number
  /** By node; filled as they are needed. */
  readonly enrolmentKeys: Map<NodeId, Uint8Array>
}

/**
 * What the secrets of a node are sealed to. It never changes, so it is read once: creating a peer asks the
 * log about the interface only. Throws `network.node_not_found`.
 */
export async function enrolmentKeyOf(
  { log, enrolmentKeys }: Pick<CommandTools, 'log' | 'enrolmentKeys'>,
  nodeId: NodeId,
): Promise<Uint8Array> {
  const known = enrolmentKeys.get(nodeId)
  if (known) return known
  const { state } = await log.fold(nodes, nodeId)
  if (!state.identity || state.isDeleted) throw NodeNotFound({ node: nodeId })
  enrolmentKeys.set(nodeId, state.identity.enrolmentKey)
  return state.identity.enrolmentKey
}
