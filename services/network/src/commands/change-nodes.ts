import { nodeSealer } from '@holdfast/crypto'
import type { NodeId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { CommandContext, Outcome } from '@holdfast/event-log'
import { withoutRevision } from '@holdfast/service'
import { NodeNotEmpty } from '../domain/errors.ts'
import type { NodeEvent, NodeIdentity, NodeSettings, NodeState } from '../domain/node.ts'
import { nodes } from './aggregates.ts'
import { holdersOf } from './claims.ts'
import type { CommandTools } from './command-tools.ts'

type NodeOutcome = Outcome<NodeState, NodeEvent>

/** Idempotent for the same keys. Throws `invalid` when nothing can be sealed to the enrolment key. */
export async function enrollNode(
  { log }: CommandTools,
  nodeId: NodeId,
  identity: NodeIdentity,
  settings: NodeSettings,
  context: CommandContext,
): Promise<NodeOutcome> {
  requireUsableKey(identity.enrolmentKey)
  return await log.execute(nodes, nodeId, { type: 'EnrollNode', identity, settings }, context)
}

/** Throws `invalid` unless the key is an X25519 public key that secrets can be sealed to. */
export function requireUsableKey(enrolmentKey: Uint8Array): void {
  try {
    nodeSealer(enrolmentKey)
  } catch {
    const detail = 'must be an X25519 public key of 32 bytes'
    throw invalid({ field: 'enrolment_key', code: 'key_invalid', detail })
  }
}

export async function updateNode(
  { log }: CommandTools,
  nodeId: NodeId,
  changes: Partial<NodeSettings>,
  context: CommandContext,
): Promise<NodeOutcome> {
  const { expectedRevision } = context
  const command = {
    type: 'UpdateNode' as const,
    changes,
    ...(expectedRevision === undefined ? {} : { expectedRevision }),
  }
  return await log.execute(nodes, nodeId, command, withoutRevision(context))
}

/** Deletes a node without interfaces. Claims that a crash left behind do not count. */
export async function deleteNode(
  { log, claims }: CommandTools,
  nodeId: NodeId,
  context: CommandContext,
): Promise<NodeOutcome> {
  const { expectedRevision } = context
  const attempt = () =>
    log.execute(
      nodes,
      nodeId,
      {
        type: 'DeleteNode' as const,
        ...(expectedRevision === undefined ? {} : { expectedRevision }),
      },
      withoutRevision(context),
    )
  try {
    return await attempt()
  } catch (error) {
    if (!NodeNotEmpty.is(error)) throw error
    if (!(await claims.clear(nodeId, holdersOf(error), context))) throw error
    return await attempt()
  }
}
