import type { Cidr } from '@holdfast/net'
import type { FirewallSettings, UplinkFacts } from '@holdfast/policy'
import { type Queryable, relation, type Sql, sql } from '@holdfast/postgres'
import type { InterfaceVersion, NodeVersion, PeerVersion } from './host.ts'
import type { Versions } from './organization-topology.ts'

/** A stretch of the log: after `after`, up to and including `upTo`; without it, up to now. */
export interface Stretch {
  readonly after: bigint
  readonly upTo: bigint | undefined
}

interface Row {
  readonly is_gone: boolean
  readonly name: string | null
}
interface NodeRow extends Row {
  readonly node_id: string
  readonly site_id: string | null
  readonly uplinks: readonly UplinkFacts[] | null
}
interface InterfaceRow extends Row {
  readonly interface_id: string
  readonly node_id: string
  readonly listen_port: number | null
  readonly is_enabled: boolean | null
  readonly firewall: FirewallSettings | null
  readonly was_gone: boolean
}
interface PeerRow extends Row {
  readonly peer_id: string
  readonly interface_id: string
  readonly prefixes: Cidr[] | null
  readonly is_enabled: boolean | null
  readonly expires_at_unix_ms: bigint | null
}
type At<T> = T & { readonly sequence: bigint }

const within = (organizationId: string, { after, upTo }: Stretch): Sql => sql`
  organization_id = ${organizationId}::uuid and sequence > ${after}
  and ${upTo === undefined ? sql`true` : sql`sequence <= ${upTo}`}`

/** Of a peer version `p`: its interface went after it, and took it along, though it may have come back. */
export const goneSince = (upTo: bigint | undefined): Sql => sql`
  select from rules.interface_versions g
  where g.interface_id = p.interface_id and g.is_gone and g.sequence > p.sequence
    and ${upTo === undefined ? sql`true` : sql`g.sequence <= ${upTo}`}`

/** Sequence of the newest version of anything in an organization, up to one when it is given; 0 when there is none. */
export async function lastVersion(
  postgres: Pick<Queryable, 'query'>,
  organizationId: string,
  upTo?: bigint,
): Promise<bigint> {
  const isThen = upTo === undefined ? sql`true` : sql`sequence <= ${upTo}`
  const of = sql`organization_id = ${organizationId}::uuid and ${isThen}`
  const [row] = await postgres.query<{ sequence: bigint }>(sql`
    select coalesce(greatest(
      (select max(sequence) from rules.node_versions where ${of}),
      (select max(sequence) from rules.interface_versions where ${of}),
      (select max(sequence) from rules.peer_versions where ${of})), 0) as sequence`)
  return row?.sequence ?? 0n
}

/**
 * The last version within the stretch of each node, interface and peer of an organization. Run it in one snapshot.
 * `last` is the sequence of the newest; `after` when there is none.
 */
export async function readVersions(
  tx: Queryable,
  organizationId: string,
  stretch: Stretch,
): Promise<{ readonly versions: Versions; readonly last: bigint }> {
  const where = within(organizationId, stretch)
  const nodes = await tx.query<At<NodeRow>>(sql`
    select distinct on (node_id) node_id, sequence, is_gone, name, site_id, uplinks
    from rules.node_versions where ${where} order by node_id, sequence desc`)
  const interfaces = await tx.query<At<InterfaceRow>>(sql`
    select distinct on (interface_id)
      interface_id, node_id, sequence, is_gone, name, listen_port, is_enabled, firewall,
      bool_or(is_gone) over (partition by interface_id) as was_gone
    from rules.interface_versions where ${where} order by interface_id, sequence desc`)
  const peers = await tx.query<At<PeerRow>>(sql`
    select distinct on (peer_id)
      peer_id, interface_id, sequence, is_gone, name, prefixes, is_enabled, expires_at_unix_ms
    from rules.peer_versions p where ${where} and not exists (${goneSince(stretch.upTo)})
    order by peer_id, sequence desc`)
  let last = stretch.after
  for (const { sequence } of [...nodes, ...interfaces, ...peers]) {
    if (sequence > last) last = sequence
  }
  return {
    last,
    versions: {
      nodes: nodes.map(toNode),
      interfaces: interfaces.map(toInterface),
      peers: peers.map(toPeer),
    },
  }
}

/** What there was after a sequence, in an organization or only on one of its nodes. Run it in one snapshot. */
export async function readAt(
  tx: Queryable,
  organizationId: string,
  at: bigint,
  nodeId?: string,
): Promise<Versions> {
  const isIt = nodeId === undefined ? sql`true` : sql`node_id = ${nodeId}::uuid`
  const where = sql`organization_id = ${organizationId}::uuid and ${isIt}`
  const nodes = await tx.query<NodeRow>(sql`
    select node_id, false as is_gone, name, site_id, uplinks
    from ${relation('rules', 'topology_nodes', at)} t where ${where}`)
  const interfaces = await tx.query<InterfaceRow>(sql`
    select interface_id, node_id, false as is_gone, name, listen_port, is_enabled, firewall,
      false as was_gone
    from ${relation('rules', 'topology_interfaces', at)} t where ${where}`)
  const peers = await tx.query<PeerRow>(sql`
    select peer_id, interface_id, false as is_gone, name, prefixes, is_enabled, expires_at_unix_ms
    from ${relation('rules', 'topology_peers', at)} t where ${where}`)
  return {
    nodes: nodes.map(toNode),
    interfaces: interfaces.map(toInterface),
    peers: peers.map(toPeer),
  }
}

const toNode = (row: NodeRow): NodeVersion => ({
  nodeId: row.node_id,
  isGone: row.is_gone,
  name: row.name ?? '',
  siteId: row.site_id ?? '',
  uplinks: row.uplinks ?? [],
})

const toInterface = (row: InterfaceRow): InterfaceVersion => ({
  interfaceId: row.interface_id,
  nodeId: row.node_id,
  isGone: row.is_gone,
  isReborn: row.was_gone && !row.is_gone,
  name: row.name ?? '',
  listenPort: row.listen_port ?? 0,
  isEnabled: row.is_enabled ?? false,
  firewall: row.firewall ?? closed,
})

const toPeer = (row: PeerRow): PeerVersion => ({
  peerId: row.peer_id,
  interfaceId: row.interface_id,
  isGone: row.is_gone,
  name: row.name ?? '',
  prefixes: row.prefixes ?? [],
  isEnabled: row.is_enabled ?? false,
  expiresAtUnixMs: Number(row.expires_at_unix_ms ?? 0n),
})

/** Of an interface that is gone; nobody asks for it. */
const closed: FirewallSettings = {
  defaultVerdict: 'drop',
  isStateful: false,
  dropsFragments: true,
  unparsableVerdict: 'drop',
}
