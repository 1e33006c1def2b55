import {
  type AnyCompensable,
  compensable,
  isSame,
  type Outlook,
  valueIn,
  type Wanted,
} from '@holdfast/compensation'
import type { InterfaceId, NodeId, PeerId } from '@holdfast/domain'
import { parseInterfaceName, take } from '@holdfast/net'
import { interfaces, nodes } from '../commands/aggregates.ts'
import type { CommandTools } from '../commands/command-tools.ts'
import type { Secrets } from '../commands/secrets.ts'
import { type InterfaceEvent, interfaceAggregateId } from '../domain/interface-state.ts'
import { compensateInterface, type InterfaceAround, nodeOf } from './compensate-interface.ts'
import {
  dataKeysOf,
  emptyInterface,
  evolveMemory,
  factsOfInterface,
  type InterfaceFacts,
  type InterfaceMemory,
  type PeerFacts,
} from './interface-facts.ts'

export type InterfaceTools = Pick<CommandTools, 'log' | 'claims'> & {
  readonly secrets: Pick<Secrets, 'destroyed'>
}

const placeOf = (id: string): { readonly nodeId: NodeId; readonly interfaceId: InterfaceId } => {
  const nodeId = nodeOf(id)
  // as: `<node>.<interface>`
  return { nodeId, interfaceId: id.slice(nodeId.length + 1) as InterfaceId }
}

export const nameClaim = (nodeId: string, name: string): string => `node/${nodeId}/name/${name}`
const portClaim = (nodeId: string, port: number): string => `node/${nodeId}/port/${port}`

/** Interfaces with their peers, and the names and ports they hold on their nodes. */
export const interfacesCompensable = (tools: InterfaceTools): AnyCompensable =>
  compensable<InterfaceMemory, InterfaceFacts, InterfaceEvent, InterfaceAround>({
    kind: 'interface',
    aggregate: interfaces,
    after: ['node'],
    members: {
      // as: what `peers` of the facts holds
      peers: {
        kind: 'peer',
        name: (facts) => (facts as PeerFacts).settings.name,
      },
    },
    isSplittable: true,
    initial: emptyInterface,
    evolve: evolveMemory,
    facts: factsOfInterface,
    valueAt({ own, peers }, path) {
      const [field, id, ...inner] = path
      if (field !== 'peers') return valueIn(own, path)
      return valueIn(peers.get(id as PeerId), inner) // as: keys of `peers`
    },
    about: ({ settings, organizationId }) => ({ name: settings.name, organizationId }),
    surroundings: (wanted, outlook) => lookAround(tools, wanted, outlook),
    compensate: compensateInterface,

    claims: ({ settings }, id) => [
      nameClaim(nodeOf(id), settings.name),
      portClaim(nodeOf(id), settings.listenPort),
    ],
    park(now, id, isFree, isWanted) {
      const nodeId = nodeOf(id)
      const { name, listenPort } = now.settings
      const tail = id.slice(-8)
      const other = {
        name: isWanted(nameClaim(nodeId, name))
          ? take(parseInterfaceName, `hf-${tail}`, 'name')
          : name,
        listenPort: isWanted(portClaim(nodeId, listenPort))
          ? freePort((port) => isFree(portClaim(nodeId, port)))
          : listenPort,
      }
      return { ...now, settings: { ...now.settings, ...other } }
    },
    async hold(id, { before, after }, context) {
      if (!after || (before && isSamePlace(before, after))) return
      await tools.claims.hold(placeOf(id), claimOf(after), context)
    },
    async settle(id, { before, after }, context) {
      if (before && after && isSamePlace(before, after)) return
      await tools.claims.settle(placeOf(id), after && claimOf(after), context)
    },
  })

const claimOf = ({ settings: { name, listenPort } }: InterfaceFacts) => ({ name, listenPort })

const isSamePlace = (one: InterfaceFacts, other: InterfaceFacts): boolean =>
  one.settings.name === other.settings.name && one.settings.listenPort === other.settings.listenPort

/** From the top, where ordinary interfaces are not put by themselves. */
function freePort(isFree: (port: number) => boolean): number {
  let port = 65_535
  while (port > 1024 && !isFree(port)) port -= 1
  return port
}

/** What the nodes are, what lies beside each interface, which keys are gone. */
async function lookAround(
  tools: InterfaceTools,
  wanted: readonly Wanted<InterfaceFacts>[],
  outlook: Outlook,
): Promise<InterfaceAround> {
  const { log, secrets } = tools
  const coming = wanted.flatMap(({ id, now, target }) =>
    target
      ? [{ id, target, moves: !isSame(now?.settings.addresses, target.settings.addresses) }]
      : [],
  )
  const found = new Map<NodeId, { readonly enrolmentKey: Uint8Array } | undefined>()
  const byNode = new Map<NodeId, ReadonlyMap<string, Pick<InterfaceFacts, 'settings'>>>()
  // Who keeps its networks asks nothing of those beside it.
  const moving = new Set(coming.flatMap(({ id, moves }) => (moves ? [nodeOf(id)] : [])))
  await sideBySide([...new Set(coming.map(({ id }) => nodeOf(id)))], async (nodeId) => {
    const { state } = await log.fold(nodes, nodeId)
    found.set(nodeId, state.isDeleted ? undefined : state.identity)
    if (moving.has(nodeId)) byNode.set(nodeId, await onNode(nodeId, [...state.claims.keys()]))
  })
  for (const { id, target } of coming) {
    byNode.set(nodeOf(id), new Map(byNode.get(nodeOf(id))).set(id, target))
  }

  const keys = new Map<string, Set<string>>()
  for (const { target } of coming) {
    const known = keys.get(target.organizationId) ?? new Set()
    for (const keyId of dataKeysOf(target)) known.add(keyId)
    keys.set(target.organizationId, known)
  }
  const destroyedKeys = new Set<string>()
  for (const [organizationId, ids] of keys) {
    for (const keyId of await secrets.destroyed(organizationId, ids)) destroyedKeys.add(keyId)
  }

  return {
    nodes: found,
    neighbours: new Map(
      coming.map(({ id }) => [
        id,
        [...(byNode.get(nodeOf(id)) ?? [])].flatMap(([other, facts]) =>
          other === id ? [] : [facts],
        ),
      ]),
    ),
    destroyedKeys,
  }

  /** What the interfaces of a node will be, those of the plan and all others. */
  async function onNode(
    nodeId: NodeId,
    holders: readonly InterfaceId[],
  ): Promise<ReadonlyMap<string, Pick<InterfaceFacts, 'settings'>>> {
    const beside = new Map<string, Pick<InterfaceFacts, 'settings'>>()
    for (const interfaceId of holders) {
      const id = interfaceAggregateId(nodeId, interfaceId)
      const planned = outlook.planned('interface', id)
      if (planned) {
        // as: facts of an interface, for that is the kind
        if (planned.target) beside.set(id, planned.target as InterfaceFacts)
        continue
      }
      const { state } = await log.fold(interfaces, id)
      if (state.settings && !state.isDeleted) beside.set(id, { settings: state.settings })
    }
    return beside
  }
}

/** A log answers many as fast as one. */
async function sideBySide<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += 16) {
    await Promise.all(items.slice(at, at + 16).map(work))
  }
}
