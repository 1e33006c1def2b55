import type { Cidr } from '@holdfast/net'
import type { FirewallSettings, UplinkFacts } from '@holdfast/policy'
import { type Queryable, type Sql, sql } from '@holdfast/postgres'
import type { Versions } from './organization-topology.ts'

/** A stretch of the log: after `after`, up to and including `upTo`; without it, up to now. */
export interface Stretch {
  readonly after: bigint
  readonly upTo: bigint | undefined
}

interface Row {
  readonly sequence: bigint
  readonly is_gone: boolean
  readonly name: string | null
}

const within = (organizationId: string, { after, upTo }: Stretch): Sql => sql`
  organization_id = ${organizationId}::uuid and sequence > ${after}
  and ${upTo === undefined ? sql`true` : sql`sequence <= ${upTo}`}`

/** Sequence of the newest version of anything in an organization; 0 when there is none. */
export async function lastVersion(
  postgres: Pick<Queryable, 'query'>,
  organizationId: string,
): Promise<bigint> {
  const of = sql`organization_id = ${organizationId}::uuid`
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
  const nodes = await tx.query<
    Row & { node_id: string; site_id: string | null; uplinks: readonly UplinkFacts[] | null }
  >(sql`
    select distinct on (node_id) node_id, sequence, is_gone, name, site_id, uplinks
    from rules.node_versions where ${where} order by node_id, sequence desc`)
  const interfaces = await tx.query<
    Row & {
      interface_id: string
      node_id: string
      listen_port: number | null
      is_enabled: boolean | null
      firewall: FirewallSettings | null
    }
  >(sql`
    select distinct on (interface_id)
      interface_id, node_id, sequence, is_gone, name, listen_port, is_enabled, firewall
    from rules.interface_versions where ${where} order by interface_id, sequence desc`)
  const peers = await tx.query<
    Row & {
      peer_id: string
      interface_id: string
      prefixes: Cidr[] | null
      is_enabled: boolean | null
      expires_at_unix_ms: bigint | null
    }
  >(sql`
    select distinct on (peer_id)
      peer_id, interface_id, sequence, is_gone, name, prefixes, is_enabled, expires_at_unix_ms
    from rules.peer_versions where ${where} order by peer_id, sequence desc`)
  let last = stretch.after
  for (const { sequence } of [...nodes, ...interfaces, ...peers]) {
    if (sequence > last) last = sequence
  }
  return {
    last,
    versions: {
      nodes: nodes.map((row) => ({
        nodeId: row.node_id,
        isGone: row.is_gone,
        name: row.name ?? '',
        siteId: row.site_id ?? '',
        uplinks: row.uplinks ?? [],
      })),
      interfaces: interfaces.map((row) => ({
        interfaceId: row.interface_id,
        nodeId: row.node_id,
        isGone: row.is_gone,
        name: row.name ?? '',
        listenPort: row.listen_port ?? 0,
        isEnabled: row.is_enabled ?? false,
        firewall: row.firewall ?? closed,
      })),
      peers: peers.map((row) => ({
        peerId: row.peer_id,
        interfaceId: row.interface_id,
        isGone: row.is_gone,
        name: row.name ?? '',
        prefixes: row.prefixes ?? [],
        isEnabled: row.is_enabled ?? false,
        expiresAtUnixMs: Number(row.expires_at_unix_ms ?? 0n),
      })),
    },
  }
}

/** Of an interface that is gone; nobody asks for it. */
const closed: FirewallSettings = {
  defaultVerdict: 'drop',
  isStateful: false,
  dropsFragments: true,
  unparsableVerdict: 'drop',
}
