import { isUuid, type NodeId, type PeerId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { ReadScope } from '@holdfast/postgres'
import type { Call, Permission } from '@holdfast/service'
import type { InterfacePlace } from '../commands/change-interfaces.ts'
import { AmbiguousName, InterfaceNotFound, NodeNotFound, PeerNotFound } from '../domain/errors.ts'
import type { InterfaceView } from '../queries/interfaces.ts'
import { matchNodes, type NodeView, oldestNodes } from '../queries/nodes.ts'
import { matchPeers, type PeerView } from '../queries/peers.ts'
import type { Edge } from './edge.ts'

/** What the caller may see with a permission, now or as of the moment it asks for. */
export const scopeOf = (call: Call, permission: Permission): ReadScope => ({
  organizations: call.caller.organizations(permission),
  ...(call.at === undefined ? {} : { at: call.at }),
})

/** Names in requests are short; longer ones match nothing. A NUL would not even reach Postgres. */
const isSearchable = (text: string): boolean => text.length <= 200 && !text.includes('\0')

/** What a query finds; when it finds nothing, what it finds once the read models have caught up. */
async function search<T>(
  { catchUp }: Edge,
  text: string,
  query: () => Promise<readonly T[]>,
): Promise<readonly T[]> {
  if (text === '' || !isSearchable(text)) return []
  const found = await query()
  if (found.length > 0) return found
  await catchUp()
  return await query()
}

function oneOf<T>(name: string, matches: readonly T[], print: (match: T) => string): T | undefined {
  if (matches.length > 1) {
    throw AmbiguousName({ name, matches: matches.map(print).join(', ') })
  }
  return matches[0]
}

/** A node by id or name. Throws `network.node_not_found` or `network.ambiguous_name`. */
export async function resolveNode(
  edge: Edge,
  call: Call,
  idOrName: string,
  permission: Permission,
): Promise<NodeView> {
  const matches = await search(edge, idOrName, () =>
    matchNodes(edge.postgres, scopeOf(call, permission), idOrName),
  )
  const node = oneOf(idOrName, matches, ({ id, settings }) => `${settings.name} (${id})`)
  if (!node) throw NodeNotFound({ node: shown(idOrName) })
  return node
}

/**
 * The node of a request that may leave it out: then it is the only one the caller sees, or the local one:
 * the one the settings name, or else the first that was ever enrolled. Throws `invalid` naming the choice.
 */
export async function resolveNodeOrLocal(
  edge: Edge,
  call: Call,
  idOrName: string,
  permission: Permission,
): Promise<NodeView> {
  if (idOrName !== '') return await resolveNode(edge, call, idOrName, permission)
  const { postgres, localNodeId } = edge
  const scope = scopeOf(call, permission)
  const visible = await search(edge, 'any', () => oldestNodes(postgres, scope))
  const [only, ...others] = visible
  if (!only) {
    const detail = 'there is no node yet: enroll one first'
    throw invalid({ field: 'node', code: 'required', detail })
  }
  if (others.length === 0) return only
  const everywhere = await oldestNodes(postgres, { organizations: '*' })
  const localId = localNodeId ?? everywhere[0]?.id
  const local = visible.find(({ id }) => id === localId)
  if (local) return local
  const names = visible.map(({ id, settings }) => `${settings.name} (${id})`).join(', ')
  throw invalid({ field: 'node', code: 'required', detail: `name one of: ${names}` })
}

/** An interface by id or name; `node`, when not empty, narrows a name. */
export async function resolveInterface(
  edge: Edge,
  call: Call,
  idOrName: string,
  node: string,
  permission: Permission,
): Promise<InterfaceView> {
  const nodeId: NodeId | undefined =
    node === '' ? undefined : (await resolveNode(edge, call, node, permission)).id
  const matches = await search(edge, idOrName, () =>
    edge.matchInterfaces({ scope: scopeOf(call, permission), idOrName, nodeId }),
  )
  const found = oneOf(
    idOrName,
    matches,
    ({ id, nodeName, settings }) => `${settings.name} on ${nodeName} (${id})`,
  )
  if (!found) throw InterfaceNotFound({ interface: shown(idOrName) })
  return found
}

/** A peer by id or name; `on`, the id or name of an interface, narrows a name. */
export async function resolvePeer(
  edge: Edge,
  call: Call,
  idOrName: string,
  on: string,
  permission: Permission,
): Promise<PeerView> {
  const interfaceId =
    on === '' ? undefined : (await resolveInterface(edge, call, on, '', permission)).id
  const matches = await search(edge, idOrName, () =>
    matchPeers(edge.postgres, scopeOf(call, permission), idOrName, interfaceId),
  )
  const found = oneOf(
    idOrName,
    matches,
    ({ id, interfaceName, settings }) => `${settings.name} on ${interfaceName} (${id})`,
  )
  if (!found) throw PeerNotFound({ peer: shown(idOrName) })
  return found
}

/**
 * Where an interface is that the caller may use the permission on; also one that is gone already, for
 * deleting twice. Throws `network.interface_not_found` or `access.denied`.
 */
export async function interfacePlace(
  edge: Edge,
  call: Call,
  idOrName: string,
  permission: Permission,
): Promise<InterfacePlace> {
  const hidden = () => InterfaceNotFound({ interface: shown(idOrName) })
  if (!isUuid(idOrName)) {
    const view = await resolveInterface(edge, call, idOrName, '', 'network.interfaces.read')
    call.caller.require(permission, view.organizationId, hidden)
    const { organizationId, nodeId, id: interfaceId } = view
    return { organizationId, nodeId, interfaceId }
  }
  const home = await edge.homes.find(idOrName, 'interface')
  if (!home?.interfaceId) throw hidden()
  call.caller.require(permission, home.organizationId, hidden)
  return { ...home, interfaceId: home.interfaceId }
}

/** The same for a peer: its interface's place, and its id. */
export async function peerPlace(
  edge: Edge,
  call: Call,
  idOrName: string,
  permission: Permission,
): Promise<{ readonly place: InterfacePlace; readonly peerId: PeerId }> {
  const hidden = () => PeerNotFound({ peer: shown(idOrName) })
  if (!isUuid(idOrName)) {
    const view = await resolvePeer(edge, call, idOrName, '', 'network.peers.read')
    call.caller.require(permission, view.organizationId, hidden)
    return { place: view, peerId: view.id }
  }
  const home = await edge.homes.find(idOrName, 'peer')
  if (!home?.interfaceId) throw hidden()
  call.caller.require(permission, home.organizationId, hidden)
  return { place: { ...home, interfaceId: home.interfaceId }, peerId: idOrName as PeerId } // as: a UUID we keep as a peer's
}

/** Where a node is; also one that is gone already. */
export async function nodePlace(
  edge: Edge,
  call: Call,
  idOrName: string,
  permission: Permission,
): Promise<{ readonly organizationId: string; readonly nodeId: NodeId }> {
  const hidden = () => NodeNotFound({ node: shown(idOrName) })
  if (!isUuid(idOrName)) {
    const view = await resolveNode(edge, call, idOrName, 'network.nodes.read')
    call.caller.require(permission, view.organizationId, hidden)
    return { organizationId: view.organizationId, nodeId: view.id }
  }
  const home = await edge.homes.find(idOrName, 'node')
  if (!home) throw hidden()
  call.caller.require(permission, home.organizationId, hidden)
  return home
}

/** What was asked for, as an error may repeat it. */
const shown = (text: string): string =>
  text === '' ? '(no name)' : text.length > 60 ? `${text.slice(0, 60)}…` : text
