import type { OrganizationId } from '@holdfast/domain'
import type { Target } from '@holdfast/policy'
import { type Postgres, type ReadScope, relation, sql } from '@holdfast/postgres'
import { nameKey } from '../domain/settings.ts'

/** What a target is called where ids mean nothing. */
export interface TargetNames {
  readonly site?: string
  readonly node?: string
  readonly interfaceName?: string
  readonly peer?: string
}

interface Row extends TargetNames {
  readonly id: string
}

const scopeOf = (organizationId: string, at: bigint | undefined): ReadScope => ({
  organizations: [organizationId as OrganizationId], // as: whoever asks has been judged
  ...(at === undefined ? {} : { at }),
})

const idsOf = (
  targets: readonly Target[],
  ...kinds: readonly Target['kind'][]
): readonly string[] => [
  ...new Set(targets.flatMap((one) => ('id' in one && kinds.includes(one.kind) ? [one.id] : []))),
]

/** Names of what rules of an organization are for, by id, as of a commit. What is gone has none. */
export async function namesOfTargets(
  postgres: Postgres,
  organizationId: string,
  targets: readonly Target[],
  at: bigint,
): Promise<ReadonlyMap<string, TargetNames>> {
  const table = (name: string) => relation('rules', name, at)
  const inside = (alias: string) =>
    sql`${sql.identifier(alias, 'organization_id')} = ${organizationId}::uuid`
  const sites = idsOf(targets, 'site')
  const nodes = idsOf(targets, 'node', 'uplinks')
  const interfaces = idsOf(targets, 'interface')
  const peers = idsOf(targets, 'peer')
  const rows = await postgres.read(scopeOf(organizationId, at), async (tx) => [
    ...(sites.length === 0
      ? []
      : await tx.query<Row & Record<string, unknown>>(sql`
          select s.site_id as id, s.name as site from ${table('sites')} s
          where ${inside('s')} and s.site_id = any (${sites}::uuid[])`)),
    ...(nodes.length === 0
      ? []
      : await tx.query<Row & Record<string, unknown>>(sql`
          select n.node_id as id, n.name as node from ${table('topology_nodes')} n
          where ${inside('n')} and n.node_id = any (${nodes}::uuid[])`)),
    ...(interfaces.length === 0
      ? []
      : await tx.query<Row & Record<string, unknown>>(sql`
          select i.interface_id as id, n.name as node, i.name as "interfaceName"
          from ${table('topology_interfaces')} i join ${table('topology_nodes')} n on n.node_id = i.node_id
          where ${inside('i')} and i.interface_id = any (${interfaces}::uuid[])`)),
    ...(peers.length === 0
      ? []
      : await tx.query<Row & Record<string, unknown>>(sql`
          select p.peer_id as id, n.name as node, i.name as "interfaceName", p.name as peer
          from ${table('topology_peers')} p
          join ${table('topology_interfaces')} i on i.interface_id = p.interface_id
          join ${table('topology_nodes')} n on n.node_id = i.node_id
          where ${inside('p')} and p.peer_id = any (${peers}::uuid[])`)),
  ])
  return new Map(rows.map(({ id, ...names }) => [id, names]))
}

export interface NamedThing {
  readonly id: string
  readonly name: string
}
export interface NamedInterface extends NamedThing {
  readonly nodeId: string
}
export interface NamedPeer extends NamedThing {
  readonly interfaceId: string
}

/** Things of an organization by their names, regardless of case. */
export interface Named {
  readonly sites: readonly NamedThing[]
  readonly nodes: readonly NamedThing[]
  readonly interfaces: readonly NamedInterface[]
  readonly peers: readonly NamedPeer[]
}

export const nothingNamed: Named = { sites: [], nodes: [], interfaces: [], peers: [] }

const keysOf = (names: readonly (string | undefined)[]): readonly string[] => [
  ...new Set(names.flatMap((name) => (name === undefined ? [] : [nameKey(name)]))),
]

/** What there is in an organization of what is named, however often; what has one of the ids counts under any name. */
export async function thingsNamed(
  postgres: Postgres,
  organizationId: string,
  wanted: readonly TargetNames[],
  ids: { readonly siteId: string; readonly nodeId: string },
): Promise<Named> {
  const inside = sql`organization_id = ${organizationId}::uuid`
  const sites = keysOf(wanted.map(({ site }) => site))
  const nodes = keysOf(wanted.map(({ node }) => node))
  const interfaces = keysOf(wanted.map(({ interfaceName }) => interfaceName))
  const peers = keysOf(wanted.map(({ peer }) => peer))
  return await postgres.read(scopeOf(organizationId, undefined), async (tx) => {
    const foundNodes = await tx.query<NamedThing & Record<string, unknown>>(sql`
      select node_id as id, name from rules.topology_nodes
      where ${inside} and (lower(name) = any (${nodes}::text[]) or node_id::text = ${ids.nodeId})`)
    const foundInterfaces = await tx.query<NamedInterface & Record<string, unknown>>(sql`
      select interface_id as id, name, node_id as "nodeId" from rules.topology_interfaces
      where ${inside} and node_id = any (${foundNodes.map(({ id }) => id)}::uuid[])
        and lower(name) = any (${interfaces}::text[])`)
    return {
      sites: await tx.query<NamedThing & Record<string, unknown>>(sql`
        select site_id as id, name from rules.sites
        where ${inside} and (name_key = any (${sites}::text[]) or site_id::text = ${ids.siteId})`),
      nodes: foundNodes,
      interfaces: foundInterfaces,
      peers:
        peers.length === 0
          ? []
          : await tx.query<NamedPeer & Record<string, unknown>>(sql`
              select peer_id as id, name, interface_id as "interfaceId" from rules.topology_peers
              where ${inside} and interface_id = any (${foundInterfaces.map(({ id }) => id)}::uuid[])
                and lower(name) = any (${peers}::text[])`),
    }
  })
}
