import {
  type InterfaceId,
  isUuid,
  type NodeId,
  type OrganizationId,
  type PeerId,
} from '@holdfast/domain'
import type { Cidr, DnsEntry, Endpoint, IpAddress, WgKey } from '@holdfast/net'
import {
  containing,
  keyset,
  type Page,
  type PageWish,
  type Postgres,
  type ReadScope,
  relation,
  type Sql,
  sequenceOf,
  sql,
  startingWith,
  toPage,
} from '@holdfast/postgres'
import { sealedFromBytes } from '../codecs/sealed.ts'
import { nameKey } from '../domain/interface-state.ts'
import { connectedForMs, type PeerStatus } from '../domain/peer-status.ts'
import type { Sealed } from '../domain/sealed.ts'
import type { PeerSettings } from '../domain/settings.ts'

export interface PeerView {
  readonly id: PeerId
  readonly organizationId: OrganizationId
  readonly nodeId: NodeId
  readonly interfaceId: InterfaceId
  readonly interfaceName: string
  readonly settings: PeerSettings
  readonly publicKey: WgKey
  readonly hasPrivateKey: boolean
  readonly hasPresharedKey: boolean
  readonly createdAtUnixMs: number
  readonly updatedAtUnixMs: number
  readonly revision: bigint
  /** Of the last commit that changed it. */
  readonly sequence: bigint
}

/** What rendering needs on top. */
export interface PeerWithSecrets extends PeerView {
  readonly privateKey: Sealed | undefined
  readonly presharedKey: Sealed | undefined
}

interface PeerRow {
  readonly peer_id: PeerId
  readonly organization_id: OrganizationId
  readonly node_id: NodeId
  readonly interface_id: InterfaceId
  readonly interface_name: string
  readonly name: string
  readonly addresses: IpAddress[]
  readonly allowed_ips: Cidr[]
  readonly client_allowed_ips: Cidr[]
  readonly endpoint: Endpoint | ''
  readonly keepalive_seconds: number
  readonly is_enabled: boolean
  readonly expires_at_unix_ms: bigint
  readonly dns: DnsEntry[]
  readonly description: string
  readonly public_key: WgKey
  readonly has_private_key: boolean
  readonly has_preshared_key: boolean
  readonly created_at_unix_ms: bigint
  readonly updated_at_unix_ms: bigint
  readonly created_sequence: bigint
  readonly revision: bigint
  readonly sequence: bigint
}

const columns = sql`
  p.peer_id, p.organization_id, p.node_id, p.interface_id, p.name, p.addresses, p.allowed_ips,
  p.client_allowed_ips, p.endpoint, p.keepalive_seconds, p.is_enabled, p.expires_at_unix_ms, p.dns,
  p.description, p.public_key, p.private_key is not null as has_private_key,
  p.preshared_key is not null as has_preshared_key, p.created_at_unix_ms, p.updated_at_unix_ms,
  p.created_sequence, p.revision, p.sequence, i.name as interface_name`
const tablesAt = (at: bigint | undefined): Sql => sql`
  ${relation('network', 'peers', at)} p
  join ${relation('network', 'interfaces', at)} i on i.interface_id = p.interface_id`

const toView = (row: PeerRow): PeerView => ({
  id: row.peer_id,
  organizationId: row.organization_id,
  nodeId: row.node_id,
  interfaceId: row.interface_id,
  interfaceName: row.interface_name,
  settings: {
    name: row.name,
    addresses: row.addresses,
    allowedIps: row.allowed_ips,
    clientAllowedIps: row.client_allowed_ips,
    endpoint: row.endpoint,
    keepaliveSeconds: row.keepalive_seconds,
    isEnabled: row.is_enabled,
    expiresAtUnixMs: Number(row.expires_at_unix_ms),
    dns: row.dns,
    description: row.description,
  },
  publicKey: row.public_key,
  hasPrivateKey: row.has_private_key,
  hasPresharedKey: row.has_preshared_key,
  createdAtUnixMs: Number(row.created_at_unix_ms),
  updatedAtUnixMs: Number(row.updated_at_unix_ms),
  revision: row.revision,
  sequence: row.sequence,
})

/** Peers of that id, or of that name regardless of case, on one interface when it is given. At most 20. */
export async function matchPeers(
  postgres: Postgres,
  scope: ReadScope,
  idOrName: string,
  interfaceId: string | undefined,
): Promise<readonly PeerView[]> {
  const rows = await postgres.read(scope, (tx) =>
    tx.query<PeerRow>(sql`
      select ${columns} from ${tablesAt(scope.at)}
      where ${isUuid(idOrName) ? sql`p.peer_id = ${idOrName}::uuid` : sql`p.name_key = ${nameKey(idOrName)}`}
        and ${interfaceId === undefined ? sql`true` : sql`p.interface_id = ${interfaceId}::uuid`}
      order by p.name_key, p.peer_id limit 20`),
  )
  const exact = rows.filter(({ name }) => name === idOrName)
  return (exact.length > 0 ? exact : rows).map(toView)
}

type Secrets = {
  readonly private_key: Uint8Array | null
  readonly preshared_key: Uint8Array | null
}

const withSecrets = (row: PeerRow & Secrets): PeerWithSecrets => ({
  ...toView(row),
  privateKey: row.private_key ? sealedFromBytes(row.private_key) : undefined,
  presharedKey: row.preshared_key ? sealedFromBytes(row.preshared_key) : undefined,
})

/** Whatever organization they are of: the caller of this has asked for permission already. */
export async function peersWithSecrets(
  postgres: Postgres,
  which: { readonly peerIds: readonly string[] } | { readonly interfaceId: string },
  at?: bigint,
): Promise<readonly PeerWithSecrets[]> {
  const condition =
    'peerIds' in which
      ? sql`p.peer_id = any (${which.peerIds}::uuid[])`
      : sql`p.interface_id = ${which.interfaceId}::uuid`
  const rows = await postgres.query<PeerRow & Secrets>(sql`
    select ${columns}, p.private_key, p.preshared_key from ${tablesAt(at)}
    where ${condition} order by p.created_sequence, p.peer_id`)
  return rows.map(withSecrets)
}

/** What a command does not know of the peer it changed. */
export async function peerTimes(
  postgres: Postgres,
  id: string,
): Promise<{ readonly createdAtUnixMs: number; readonly updatedAtUnixMs: number } | undefined> {
  const [row] = await postgres.query<{
    created_at_unix_ms: bigint
    updated_at_unix_ms: bigint
  }>(sql`
    select created_at_unix_ms, updated_at_unix_ms from network.peers where peer_id = ${id}::uuid`)
  if (!row) return undefined
  return {
    createdAtUnixMs: Number(row.created_at_unix_ms),
    updatedAtUnixMs: Number(row.updated_at_unix_ms),
  }
}

export interface PeerFilter {
  readonly organizationId: string
  readonly interfaceId: string
  /** Part of the name, an address, or the start of a public key. */
  readonly query: string
  readonly status: PeerStatus | undefined
  /** ms since 1970; what `status` is judged by. */
  readonly now: number
}

/** Oldest first. A status filter goes by `peer_status`, so write what is pending there first. */
export async function listPeers(
  postgres: Postgres,
  scope: ReadScope,
  page: PageWish,
  filter: PeerFilter,
): Promise<Page<PeerView>> {
  const { organizationId, interfaceId } = filter
  const { where, tail } = keyset(page, sql`p.created_sequence`, sql`p.peer_id`, sequenceOf)
  // The page is cut before anything is joined to it. Otherwise the planner, which cannot know how few rows the
  // reader's scope leaves out, reads and sorts the whole table.
  const rows = await postgres.read(scope, (tx) =>
    tx.query<PeerRow>(sql`
      with p as materialized (
        select p.* from ${relation('network', 'peers', scope.at)} p ${needsHandshake(filter.status) ? handshakeJoin : sql.empty}
        where ${where}
          and ${organizationId === '' ? sql`true` : sql`p.organization_id = ${organizationId}::uuid`}
          and ${interfaceId === '' ? sql`true` : sql`p.interface_id = ${interfaceId}::uuid`}
          and ${filter.query === '' ? sql`true` : matching(filter.query)}
          and ${filter.status === undefined ? sql`true` : hasStatus(filter.status, filter.now)}
        ${tail})
      select ${columns} from p join ${relation('network', 'interfaces', scope.at)} i on i.interface_id = p.interface_id
      order by p.created_sequence, p.peer_id`),
  )
  const { rows: shown, nextCursor } = toPage(rows, page, (row) => ({
    key: row.created_sequence.toString(),
    id: row.peer_id,
  }))
  return { rows: shown.map(toView), nextCursor }
}

const matching = (query: string): Sql => sql`(
  p.name_key like ${containing(nameKey(query))}
  or ${query.toLowerCase()} = any(p.addresses)
  or p.public_key like ${startingWith(query)})`

const ofPeer = sql`s.interface_id = p.interface_id and s.public_key = p.public_key
  and s.node_id = p.node_id`
const handshakeJoin = sql`join network.peer_status s on ${ofPeer}`
/** Peers that ever shook hands are looked for from the side of the handshakes. */
const needsHandshake = (status: PeerStatus | undefined): boolean =>
  status === 'connected' || status === 'disconnected'

/** The same judgement as `peerStatus` in the domain. */
function hasStatus(status: PeerStatus, now: number): Sql {
  const isExpired = sql`(p.expires_at_unix_ms > 0 and p.expires_at_unix_ms <= ${now}::bigint)`
  const isOn = sql`(p.is_enabled and not ${isExpired})`
  const handshake = sql`s.latest_handshake_unix_ms`
  switch (status) {
    case 'disabled':
      return sql`not p.is_enabled`
    case 'expired':
      return sql`p.is_enabled and ${isExpired}`
    case 'new':
      return sql`${isOn} and not exists (
        select from network.peer_status s where ${ofPeer} and ${handshake} > 0)`
    case 'connected':
      return sql`${isOn} and ${handshake} > ${now - connectedForMs}::bigint`
    case 'disconnected':
      return sql`${isOn} and ${handshake} between 1 and ${now - connectedForMs}::bigint`
  }
}
