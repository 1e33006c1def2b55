import {
  type AnyCompensable,
  type Compensation,
  compensable,
  isSame,
  type Outlook,
  type Wanted,
} from '@holdfast/compensation'
import type { InterfaceId, OrganizationId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import { interfaces, nodes } from '../commands/aggregates.ts'
import type { CommandTools } from '../commands/command-tools.ts'
import { NodeGone, NodeNotEmpty } from '../domain/errors.ts'
import { interfaceAggregateId } from '../domain/interface-state.ts'
import { type NodeEvent, type NodeSettings, type NodeState, node } from '../domain/node.ts'
import type { Edge } from '../grpc/edge.ts'
import type { InterfaceFacts } from './interface-facts.ts'
import { nameClaim } from './interfaces.ts'

/** A node's settings, and who it is. What interfaces hold on it follows from them. */
export interface NodeFacts extends NodeSettings {
  readonly organizationId: OrganizationId
  readonly hostname: string
  readonly platform: string
  readonly natsPublicKey: string
}

export interface NodeAround {
  /**
   * Names of the interfaces there will be, by node; they are devices of its own. Undefined for a claim that is left over from
   * one that will not be.
   */
  readonly names: ReadonlyMap<string, ReadonlyMap<InterfaceId, string | undefined>>
}

export interface NodeTools extends Pick<CommandTools, 'log'> {
  readonly enrolment: Pick<Edge['enrolment'], 'revokeNode'>
}

export function factsOfNode({
  exists,
  isDeleted,
  identity,
  settings,
}: NodeState): NodeFacts | undefined {
  if (!exists || isDeleted || !identity) return undefined
  const { organizationId, hostname, platform, natsPublicKey } = identity
  return { ...settings, organizationId, hostname, platform, natsPublicKey }
}

/** Settings of nodes. One that was deleted is never brought back: its identity was withdrawn. */
export const nodesCompensable = (tools: NodeTools): AnyCompensable =>
  compensable<NodeState, NodeFacts, NodeEvent, NodeAround>({
    kind: 'node',
    aggregate: nodes,
    after: [],
    initial: node.initial,
    evolve: node.evolve,
    facts: factsOfNode,
    about: ({ name, organizationId }) => ({ name, organizationId }),
    surroundings: (wanted, outlook) => lookAround(tools, wanted, outlook),
    compensate: compensateNode,
    // A device is an uplink or an interface, never both.
    claims: ({ uplinks }, id) => uplinks.map(({ device }) => nameClaim(id, device)),
    async settle(nodeId, { before, after }, context) {
      if (!before || after) return
      // After the fact, and again when it is repeated: withdrawing twice is one withdrawal.
      const { natsPublicKey } = before
      const { correlationId, signal } = context
      const options = signal ? { correlationId, signal } : { correlationId }
      await tools.enrolment.revokeNode({ nodeId, natsPublicKey }, options)
    },
  })

export function compensateNode({
  id,
  now,
  target,
  around,
}: Compensation<NodeState, NodeFacts, NodeAround>): readonly NodeEvent[] {
  const present = factsOfNode(now)
  if (isSame(present, target)) return []
  const names = namesOn(now, around.names.get(id))
  if (!target) {
    if (names.length > 0) {
      throw NodeNotEmpty({ interfaces: names.length, heldBy: [...now.claims.keys()].join(',') })
    }
    return [{ type: 'NodeDeleted' }]
  }
  if (!present) throw NodeGone({ node: target.name })
  const { name, siteId, endpointHost, uplinks } = target
  const fields = uplinks.flatMap(({ device }, i) =>
    names.includes(device)
      ? [
          {
            field: `uplinks[${i}].device`,
            code: 'is_interface',
            detail: `${device} is an interface of the node: its firewall is set there`,
          },
        ]
      : [],
  )
  if (fields.length > 0) throw invalid(...fields)
  return [{ type: 'NodeUpdated', name, siteId, endpointHost, uplinks }]
}

/** What has claimed a name since somebody looked around is about to be there. */
const namesOn = (
  { claims }: NodeState,
  known: ReadonlyMap<InterfaceId, string | undefined> = new Map(),
): readonly string[] => [
  ...[...known.values()].flatMap((name) => name ?? []),
  ...[...claims].flatMap(([holder, held]) =>
    known.has(holder) ? [] : held.map(({ name }) => name),
  ),
]

async function lookAround(
  { log }: NodeTools,
  wanted: readonly Wanted<NodeFacts>[],
  outlook: Outlook,
): Promise<NodeAround> {
  const names = new Map<string, ReadonlyMap<InterfaceId, string | undefined>>()
  for (const { id: nodeId, now, target } of wanted) {
    // Only what goes, or gets other uplinks, has to know.
    if (!now || (target && isSame(now.uplinks, target.uplinks))) continue
    const { state } = await log.fold(nodes, nodeId)
    const found = new Map<InterfaceId, string | undefined>()
    for (const interfaceId of [...state.claims.keys()]) {
      found.set(interfaceId, await nameOf(nodeId, interfaceId))
    }
    names.set(nodeId, found)
  }
  return { names }

  /** Of an interface that will be there; a claim may be left over from one that is not. */
  async function nameOf(nodeId: string, interfaceId: InterfaceId): Promise<string | undefined> {
    const id = interfaceAggregateId(nodeId, interfaceId)
    const planned = outlook.planned('interface', id)
    // as: facts of an interface, for that is the kind
    if (planned) return (planned.target as InterfaceFacts | undefined)?.settings.name
    const { state } = await log.fold(interfaces, id)
    return state.isDeleted ? undefined : state.settings?.name
  }
}
