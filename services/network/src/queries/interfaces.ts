import {
  gather,
  type InterfaceId,
  isUuid,
  type NodeId,
  type OrganizationId,
} from '@holdfast/domain'
import type {
  Cidr,
  DnsEntry,
  Endpoint,
  HostCidr,
  HostName,
  InterfaceName,
  WgKey,
} from '@holdfast/net'
import type { FirewallSettings } from '@holdfast/policy'
import {
  containing,
  keyset,
  type Page,
  type PageWish,
  type Postgres,
  type ReadScope,
  relation,
  type Sql,
  sql,
  toPage,
} from '@holdfast/postgres'
import { sealedFromBytes } from '../codecs/sealed.ts'
import type { Sealed } from '../domain/sealed.ts'
import type { InterfaceSettings } from '../domain/settings.ts'

export interface InterfaceView {
  readonly id: InterfaceId
  readonly organizationId: OrganizationId
  readonly nodeId: NodeId
  readonly nodeName: string
  readonly settings: InterfaceSettings
  readonly publicKey: WgKey
  readonly peerCount: number
  readonly createdAtUnixMs: number
  readonly updatedAtUnixMs: number
  readonly revision: bigint
  /** Of the last commit on the aggregate, peers included. */
  readonly sequence: bigint
}

/** What rendering needs on top. */
export interface InterfaceWithSecrets extends InterfaceView {
  readonly privateKey: Sealed
  /** The node's own; empty when nobody said. */
  readonly nodeEndpointHost: HostName | ''
}

interface InterfaceRow {
  readonly interface_id: InterfaceId
  readonly organization_id: OrganizationId
  readonly node_id: NodeId
  readonly node_name: string
  readonly node_endpoint_host: HostName | ''
  readonly name: InterfaceName
  readonly addresses: HostCidr[]
  readonly listen_port: number
  readonly mtu: number
  readonly dns: DnsEntry[]
  readonly endpoint: Endpoint | HostName | ''
  readonly client_allowed_ips: Cidr[]
  readonly is_enabled: boolean
  readonly extra_directives: string[]
  readonly address_quarantine_seconds: number
  readonly firewall: FirewallSettings
  readonly public_key: WgKey
  readonly private_key: Uint8Array
  readonly peer_count: number
  readonly created_at_unix_ms: bigint
  readonly updated_at_unix_ms: bigint
  readonly revision: bigint
  readonly sequence: bigint
}

/** Interfaces with their nodes, now or after a sequence. */
const selectedAt = (at: bigint | undefined): Sql => sql`
  select i.interface_id, i.organization_id, i.node_id, i.name, i.addresses, i.listen_port, i.mtu, i.dns,
    i.endpoint, i.client_allowed_ips, i.is_enabled, i.extra_directives, i.address_quarantine_seconds,
    i.firewall, i.public_key, i.private_key, c.peer_count, i.created_at_unix_ms, i.updated_at_unix_ms, i.revision,
    c.sequence, n.name as node_name, n.endpoint_host as node_endpoint_host
  from ${relation('network', 'interfaces', at)} i
    join ${relation('network', 'interface_counts', at)} c on c.interface_id = i.interface_id
    join ${relation('network', 'nodes', at)} n on n.node_id = i.node_id`

const toView = (row: InterfaceRow): InterfaceView => ({
  id: row.interface_id,
  organizationId: row.organization_id,
  nodeId: row.node_id,
  nodeName: row.node_name,
  settings: {
    name: row.name,
    addresses: row.addresses,
    listenPort: row.listen_port,
    mtu: row.mtu,
    dns: row.dns,
    endpoint: row.endpoint,
    clientAllowedIps: row.client_allowed_ips,
    isEnabled: row.is_enabled,
    extraDirectives: row.extra_directives,
    addressQuarantineSeconds: row.address_quarantine_seconds,
    firewall: row.firewall,
  },
  publicKey: row.public_key,
  peerCount: row.peer_count,
  createdAtUnixMs: Number(row.created_at_unix_ms),
  updatedAtUnixMs: Number(row.updated_at_unix_ms),
  revision: row.revision,
  sequence: row.sequence,
})

/** Interfaces of that id or name, on one node when it is given. At most 20. */
async function matchInterfaces(
  postgres: Postgres,
  scope: ReadScope,
  idOrName: string,
  nodeId: string | undefined,
): Promise<readonly InterfaceView[]> {
  const rows = await postgres.read(scope, (tx) =>
    tx.query<InterfaceRow>(sql`
      ${selectedAt(scope.at)}
      where ${isUuid(idOrName) ? sql`i.interface_id = ${idOrName}::uuid` : sql`i.name = ${idOrName}`}
        and ${nodeId === undefined ? sql`true` : sql`i.node_id = ${nodeId}::uuid`}
      order by i.name, i.interface_id limit 20`),
  )
  return rows.map(toView)
}

export interface InterfaceWish {
  readonly scope: ReadScope
  readonly idOrName: string
  readonly nodeId: string | undefined
}

/** `matchInterfaces`, asked once for all who want the same at the same time. */
export const interfaceMatcher = (
  postgres: Postgres,
): ((wish: InterfaceWish) => Promise<readonly InterfaceView[]>) =>
  gather(async (wishes) => {
    const matches = new Map<string, Promise<readonly InterfaceView[]>>()
    return await Promise.all(
      wishes.map(({ scope, idOrName, nodeId }) => {
        const key = JSON.stringify([scope.organizations, `${scope.at}`, idOrName, nodeId])
        const found = matches.get(key) ?? matchInterfaces(postgres, scope, idOrName, nodeId)
        matches.set(key, found)
        return found
      }),
    )
  })

/** Whatever organization they are of: the caller of this has asked for permission already. */
export async function interfacesWithSecrets(
  postgres: Postgres,
  ids: readonly string[],
  at?: bigint,
): Promise<readonly InterfaceWithSecrets[]> {
  const rows = await postgres.query<InterfaceRow>(
    sql`${selectedAt(at)} where i.interface_id = any (${ids}::uuid[])`,
  )
  return rows.map((row) => ({
    ...toView(row),
    privateKey: sealedFromBytes(row.private_key),
    nodeEndpointHost: row.node_endpoint_host,
  }))
}

/** One of them. */
export async function interfaceWithSecrets(
  postgres: Postgres,
  id: string,
  at?: bigint,
): Promise<InterfaceWithSecrets | undefined> {
  const [found] = await interfacesWithSecrets(postgres, [id], at)
  return found
}

/** What a command does not know of the interface it changed. */
export async function interfaceTimes(
  postgres: Postgres,
  id: string,
): Promise<{ readonly createdAtUnixMs: number; readonly updatedAtUnixMs: number } | undefined> {
  const [row] = await postgres.query<{
    created_at_unix_ms: bigint
    updated_at_unix_ms: bigint
  }>(sql`
    select created_at_unix_ms, updated_at_unix_ms from network.interfaces
    where interface_id = ${id}::uuid`)
  if (!row) return undefined
  return {
    createdAtUnixMs: Number(row.created_at_unix_ms),
    updatedAtUnixMs: Number(row.updated_at_unix_ms),
  }
}

/** Where interfaces of these nodes are, those of one of these names. */
export async function interfacesNamed(
  postgres: Postgres,
  organizationId: string,
  nodeIds: readonly string[],
  names: readonly string[],
): Promise<readonly Pick<InterfaceView, 'id' | 'nodeId' | 'settings'>[]> {
  const rows = await postgres.read({ organizations: [organizationId] }, (tx) =>
    tx.query<InterfaceRow>(sql`
      ${selectedAt(undefined)}
      where i.organization_id = ${organizationId}::uuid
        and i.node_id = any (${[...new Set(nodeIds)]}::uuid[]) and i.name = any (${[...new Set(names)]}::text[])`),
  )
  return rows.map(toView)
}

export interface InterfaceFilter {
  readonly organizationId: string
  readonly nodeId: string
  readonly query: string
}

export async function listInterfaces(
  postgres: Postgres,
  scope: ReadScope,
  page: PageWish,
  { organizationId, nodeId, query }: InterfaceFilter,
): Promise<Page<InterfaceView>> {
  const { where, tail } = keyset(page, sql`i.name`, sql`i.interface_id`)
  const rows = await postgres.read(scope, (tx) =>
    tx.query<InterfaceRow>(sql`
      ${selectedAt(scope.at)}
      where ${where}
        and ${organizationId === '' ? sql`true` : sql`i.organization_id = ${organizationId}::uuid`}
        and ${nodeId === '' ? sql`true` : sql`i.node_id = ${nodeId}::uuid`}
        and ${query === '' ? sql`true` : sql`i.name like ${containing(query.toLowerCase())}`}
      ${tail}`),
  )
  const { rows: shown, nextCursor } = toPage(rows, page, (row) => ({
    key: row.name,
    id: row.interface_id,
  }))
  return { rows: shown.map(toView), nextCursor }
}
