import { isUuid } from '@holdfast/domain'
import { type PgType, type Postgres, type Row, type Sql, sql, unnest } from '@holdfast/postgres'
import { firewallBytes, firewallFromBytes } from './firewall-report.ts'
import type { StatusBoard } from './status-board.ts'

// The board's memory beyond a restart: operational tables, written in bulk now and then.

interface PeerStatusRow {
  node_id: string
  interface_id: string
  public_key: string
  latest_handshake_unix_ms: bigint
  rx_bytes: bigint
  tx_bytes: bigint
  endpoint: string
}

/** Fills the board with what was written down. */
export async function loadStatus(postgres: Postgres, board: StatusBoard): Promise<void> {
  const nodes = await postgres.query<{
    node_id: string
    last_seen_unix_ms: bigint
    agent_version: string
    applied_sequence: bigint
    instance_id: string
    firewall: Uint8Array | null
  }>(sql`select * from network.node_status`)
  for (const row of nodes) {
    board.putNode(row.node_id, {
      lastSeenUnixMs: Number(row.last_seen_unix_ms),
      agentVersion: row.agent_version,
      appliedSequence: Number(row.applied_sequence),
      instanceId: row.instance_id,
      firewall: row.firewall ? firewallFromBytes(row.firewall) : undefined,
    })
  }
  const interfaces = await postgres.query<{
    node_id: string
    interface_id: string
    applied_sequence: bigint
    is_enforced: boolean
    error: string
    driver: string
    drift_repaired: bigint
    reported_at_unix_ms: bigint
  }>(sql`select * from network.interface_status`)
  for (const row of interfaces) {
    board.putInterface(row.node_id, row.interface_id, {
      appliedSequence: Number(row.applied_sequence),
      isEnforced: row.is_enforced,
      error: row.error,
      driver: row.driver,
      driftRepaired: Number(row.drift_repaired),
      reportedAtUnixMs: Number(row.reported_at_unix_ms),
    })
  }
  const peers = await postgres.query<PeerStatusRow>(sql`select * from network.peer_status`)
  for (const row of peers) {
    board.restorePeer(
      { nodeId: row.node_id, interfaceId: row.interface_id, publicKey: row.public_key },
      {
        latestHandshakeUnixMs: Number(row.latest_handshake_unix_ms),
        rxBytes: Number(row.rx_bytes),
        txBytes: Number(row.tx_bytes),
        endpoint: row.endpoint,
      },
    )
  }
}

/** Writes down what changed since the last time. What cannot be written stays to be written. */
export async function saveStatus(postgres: Postgres, board: StatusBoard): Promise<void> {
  const dirty = board.takeDirty()
  // Ids come from hosts: only what is one may meet a uuid column.
  const nodes = dirty.nodes.map(([node_id, figures]) => ({
    node_id,
    last_seen_unix_ms: figures.lastSeenUnixMs,
    agent_version: figures.agentVersion,
    applied_sequence: figures.appliedSequence,
    instance_id: figures.instanceId,
    firewall: figures.firewall && firewallBytes(figures.firewall),
  }))
  const interfaces = dirty.interfaces
    .map(([key, figures]) => ({
      ...idsOf(key),
      applied_sequence: figures.appliedSequence,
      is_enforced: figures.isEnforced,
      error: figures.error,
      driver: figures.driver,
      drift_repaired: figures.driftRepaired,
      reported_at_unix_ms: figures.reportedAtUnixMs,
    }))
    .filter(({ interface_id }) => isUuid(interface_id))
  const peers = dirty.peers
    .map(([key, figures]) => ({
      ...idsOf(key),
      public_key: publicKeyOf(key),
      latest_handshake_unix_ms: figures.latestHandshakeUnixMs,
      rx_bytes: figures.rxBytes,
      tx_bytes: figures.txBytes,
      endpoint: figures.endpoint,
    }))
    .filter(({ interface_id }) => isUuid(interface_id))
  if (nodes.length + interfaces.length + peers.length === 0) return
  try {
    await postgres.tx(async (tx) => {
      if (nodes.length > 0) {
        await tx.execute(sql`
          ${into('node_status', nodeColumns, nodes)}
          on conflict (node_id) do update set
            last_seen_unix_ms = excluded.last_seen_unix_ms,
            agent_version = excluded.agent_version,
            applied_sequence = excluded.applied_sequence,
            instance_id = excluded.instance_id, firewall = excluded.firewall`)
      }
      if (interfaces.length > 0) {
        await tx.execute(sql`
          ${into('interface_status', interfaceColumns, interfaces)}
          on conflict (node_id, interface_id) do update set
            applied_sequence = excluded.applied_sequence, is_enforced = excluded.is_enforced,
            error = excluded.error, driver = excluded.driver,
            drift_repaired = excluded.drift_repaired,
            reported_at_unix_ms = excluded.reported_at_unix_ms`)
      }
      if (peers.length > 0) {
        await tx.execute(sql`
          ${into('peer_status', peerColumns, peers)}
          on conflict (interface_id, public_key, node_id) do update set
            latest_handshake_unix_ms = excluded.latest_handshake_unix_ms,
            rx_bytes = excluded.rx_bytes, tx_bytes = excluded.tx_bytes,
            endpoint = excluded.endpoint`)
      }
    })
  } catch (error) {
    board.returnDirty(dirty)
    throw error
  }
}

/** Forgets peers that are gone, or have another key by now. */
export async function pruneStatus(postgres: Postgres, board: StatusBoard): Promise<void> {
  const gone = await postgres.query<PeerStatusRow>(sql`
    delete from network.peer_status s
    where not exists (
      select from network.peers p
      where p.interface_id = s.interface_id and p.public_key = s.public_key)
    returning *`)
  for (const row of gone) {
    board.forgetPeer({
      nodeId: row.node_id,
      interfaceId: row.interface_id,
      publicKey: row.public_key,
    })
  }
}

/** `<node>/<interface>` or `<node>/<interface>/<public key>`; a key may contain slashes. */
function idsOf(key: string) {
  const [node_id = '', interface_id = ''] = key.split('/', 2)
  return { node_id, interface_id }
}
const publicKeyOf = (key: string): string => key.split('/').slice(2).join('/')

const into = (
  table: string,
  columns: Readonly<Record<string, PgType>>,
  rows: readonly Row[],
): Sql => {
  const names = Object.keys(columns)
  const target = sql.join(names.map((name) => sql.identifier(name)))
  return sql`insert into ${sql.identifier('network', table)} (${target})
    select ${target} from ${unnest(columns, rows)} as u`
}

const nodeColumns = {
  node_id: 'uuid',
  last_seen_unix_ms: 'bigint',
  agent_version: 'text',
  applied_sequence: 'bigint',
  instance_id: 'text',
  firewall: 'bytea',
} as const
const interfaceColumns = {
  node_id: 'uuid',
  interface_id: 'uuid',
  applied_sequence: 'bigint',
  is_enforced: 'boolean',
  error: 'text',
  driver: 'text',
  drift_repaired: 'bigint',
  reported_at_unix_ms: 'bigint',
} as const
const peerColumns = {
  node_id: 'uuid',
  interface_id: 'uuid',
  public_key: 'text',
  latest_handshake_unix_ms: 'bigint',
  rx_bytes: 'bigint',
  tx_bytes: 'bigint',
  endpoint: 'text',
} as const
