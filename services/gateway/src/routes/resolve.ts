import { isUuid } from '@holdfast/domain'
import type { FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import { reading } from '../http/call.ts'
import { present } from '../views/print.ts'

// Writes name objects by id; people name them by name. An id passes through untouched.

export async function organizationId(
  { organizations }: Clients,
  name: string | undefined,
  request: FastifyRequest,
): Promise<string> {
  if (name === undefined || isUuid(name)) return name ?? ''
  const found = await organizations.getOrganization({ organization: name }, reading(request))
  return present(found.organization, 'organization').id ?? ''
}

/** Of what is to be made: looked up even by id, where only auth knows whether there is such an organization. */
export async function existingOrganizationId(
  { organizations }: Clients,
  idOrName: string | undefined,
  request: FastifyRequest,
): Promise<string> {
  if (idOrName === undefined) return ''
  const found = await organizations.getOrganization({ organization: idOrName }, reading(request))
  return present(found.organization, 'organization').id ?? ''
}

export async function siteId(
  { organizations }: Clients,
  name: string | undefined,
  organization: string,
  request: FastifyRequest,
): Promise<string> {
  if (name === undefined || name === '' || isUuid(name)) return name ?? ''
  const found = await organizations.getSite(
    { site: name, organizationId: organization },
    reading(request),
  )
  return present(found.site, 'site').id ?? ''
}

/** A site a node is to be in: looked up even by id, for only auth knows which organization's it is. */
export async function siteOfNode(
  clients: Clients,
  site: string,
  node: string,
  request: FastifyRequest,
): Promise<string> {
  if (site === '') return ''
  const found = await clients.nodes.getNode({ node }, reading(request))
  const { organizationId: organization } = present(found.node, 'node')
  const { organizations } = clients
  const answer = await organizations.getSite(
    { site, organizationId: organization ?? '' },
    reading(request),
  )
  return present(answer.site, 'site').id ?? ''
}

export async function userId(
  { users }: Clients,
  name: string,
  request: FastifyRequest,
): Promise<string> {
  if (isUuid(name)) return name
  return present((await users.getUser({ user: name }, reading(request))).user, 'user').id ?? ''
}

export async function nodeId(
  { nodes }: Clients,
  name: string | undefined,
  request: FastifyRequest,
): Promise<string> {
  if (name === undefined || isUuid(name)) return name ?? ''
  return present((await nodes.getNode({ node: name }, reading(request))).node, 'node').id ?? ''
}

export async function interfaceId(
  { interfaces }: Clients,
  name: string | undefined,
  node: string | undefined,
  request: FastifyRequest,
): Promise<string> {
  if (name === undefined || isUuid(name)) return name ?? ''
  const found = await interfaces.getInterface(
    { interface: name, node: node ?? '' },
    reading(request),
  )
  return present(found.interface, 'interface').id ?? ''
}

export async function peerId(
  { peers }: Clients,
  name: string,
  onInterface: string | undefined,
  request: FastifyRequest,
): Promise<string> {
  if (isUuid(name)) return name
  const found = await peers.getPeer({ peer: name, interface: onInterface ?? '' }, reading(request))
  return present(found.peer, 'peer').id ?? ''
}
