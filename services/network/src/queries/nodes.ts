import { isUuid, type NodeId, type OrganizationId } from '@holdfast/domain'
import type { HostName } from '@holdfast/net'
import {
  containing,
  keyset,
  type Page,
  type PageWish,
  type Postgres,
  type ReadScope,
  relation,
  sql,
  toPage,
} from '@holdfast/postgres'
import { nameKey } from '../domain/interface-state.ts'
import type { NodeSettings, Uplink } from '../domain/node.ts'

export interface NodeView {
  readonly id: NodeId
  readonly organizationId: OrganizationId
  readonly settings: NodeSettings
  readonly hostname: string
  readonly platform: string
  readonly createdAtUnixMs: number
  readonly revision: bigint
}

interface NodeRow {
  readonly node_id: NodeId
  readonly organization_id: OrganizationId
  readonly site_id: string
  readonly name: string
  readonly name_key: string
  readonly endpoint_host: HostName | ''
  readonly uplinks: readonly Uplink[]
  readonly hostname: string
  readonly platform: string
  readonly created_at_unix_ms: bigint
  readonly revision: bigint
}

const columns = sql`node_id, organization_id, site_id, name, name_key, endpoint_host, uplinks,
  hostname, platform, created_at_unix_ms, revision`

const toView = (row: NodeRow): NodeView => ({
  id: row.node_id,
  organizationId: row.organization_id,
  settings: {
    name: row.name,
    siteId: row.site_id,
    endpointHost: row.endpoint_host,
    uplinks: row.uplinks,
  },
  hostname: row.hostname,
  platform: row.platform,
  createdAtUnixMs: Number(row.created_at_unix_ms),
  revision: row.revision,
})

/** Nodes of that id, or of that name regardless of case; the exact spelling wins. At most 20. */
export async function matchNodes(
  postgres: Postgres,
  scope: ReadScope,
  idOrName: string,
): Promise<readonly NodeView[]> {
  const rows = await postgres.read(scope, (tx) =>
    tx.query<NodeRow>(sql`
      select ${columns} from ${relation('network', 'nodes', scope.at)} n
      where ${isUuid(idOrName) ? sql`node_id = ${idOrName}::uuid` : sql`name_key = ${nameKey(idOrName)}`}
      order by name_key, node_id limit 20`),
  )
  const exact = rows.filter(({ name }) => name === idOrName)
  return (exact.length > 0 ? exact : rows).map(toView)
}

/** The nodes the scope shows, first enrolled first. At most 20. */
export async function oldestNodes(
  postgres: Postgres,
  scope: ReadScope,
): Promise<readonly NodeView[]> {
  const rows = await postgres.read(scope, (tx) =>
    tx.query<NodeRow>(
      sql`select ${columns} from ${relation('network', 'nodes', scope.at)} n
        order by created_sequence, node_id limit 20`,
    ),
  )
  return rows.map(toView)
}

/** Nodes of one organization that have one of these names, regardless of case. */
export async function nodesNamed(
  postgres: Postgres,
  organizationId: string,
  names: readonly string[],
): Promise<readonly NodeView[]> {
  const keys = [...new Set(names.map(nameKey))]
  const rows = await postgres.read({ organizations: [organizationId] }, (tx) =>
    tx.query<NodeRow>(sql`
      select ${columns} from network.nodes
      where organization_id = ${organizationId}::uuid and name_key = any (${keys}::text[])
      order by created_sequence, node_id`),
  )
  return rows.map(toView)
}

/** Nodes of one organization by their ids. */
export async function nodesById(
  postgres: Postgres,
  organizationId: string,
  ids: readonly string[],
  at?: bigint,
): Promise<ReadonlyMap<string, NodeView>> {
  const rows = await postgres.read({ organizations: [organizationId] }, (tx) =>
    tx.query<NodeRow>(sql`
      select ${columns} from ${relation('network', 'nodes', at)} n
      where organization_id = ${organizationId}::uuid and node_id = any (${[...new Set(ids)]}::uuid[])`),
  )
  return new Map(rows.map((row) => [row.node_id, toView(row)]))
}

export interface NodeFilter {
  readonly organizationId: string
  readonly query: string
}

export async function listNodes(
  postgres: Postgres,
  scope: ReadScope,
  page: PageWish,
  { organizationId, query }: NodeFilter,
): Promise<Page<NodeView>> {
  const { where, tail } = keyset(page, sql`name_key`, sql`node_id`)
  const rows = await postgres.read(scope, (tx) =>
    tx.query<NodeRow>(sql`
      select ${columns} from ${relation('network', 'nodes', scope.at)} n
      where ${where}
        and ${organizationId === '' ? sql`true` : sql`organization_id = ${organizationId}::uuid`}
        and ${query === '' ? sql`true` : sql`name_key like ${containing(nameKey(query))}`}
      ${tail}`),
  )
  const { rows: shown, nextCursor } = toPage(rows, page, (row) => ({
    key: row.name_key,
    id: row.node_id,
  }))
  return { rows: shown.map(toView), nextCursor }
}
