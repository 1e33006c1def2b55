import { isUuid } from '@holdfast/domain'
import { type PgType, type Postgres, type Row, type Sql, sql, unnest } from '@holdfast/postgres'
import type { CounterBoard } from './counter-board.ts'
import { backends, type FirewallBoard, type FirewallFigures } from './firewall-board.ts'

// The boards' memory beyond a restart: operational tables, written in bulk now and then.

/** How long hits are known by the hour, and how long what nodes acknowledged. */
export const hitHistoryDays = 100
export const acknowledgementDays = 400
const dayMs = 86_400_000

/** Fills the board with what was written down. */
export async function loadFirewalls(postgres: Postgres, board: FirewallBoard): Promise<void> {
  const rows = await postgres.query<{
    node_id: string
    last_seen_unix_ms: bigint
    agent_version: string
    backend: string | null
    rule_set_sequence: bigint
    policy_version: string
    is_enforced: boolean
    proven_at_unix_ms: bigint
    error: string
    troubles: readonly (readonly [string, string])[]
    pending_apply_id: string
    reverted_apply_id: string
  }>(sql`select * from rules.node_firewalls`)
  for (const row of rows) {
    const firewall: FirewallFigures | undefined =
      row.backend === null
        ? undefined
        : {
            backend: backends.find((known) => known === row.backend) ?? 'none',
            ruleSetSequence: row.rule_set_sequence,
            policyVersion: row.policy_version,
            isEnforced: row.is_enforced,
            provenAtUnixMs: Number(row.proven_at_unix_ms),
            error: row.error,
            troubles: new Map(row.troubles),
            pendingApplyId: row.pending_apply_id,
            revertedApplyId: row.reverted_apply_id,
          }
    const { agent_version: agentVersion } = row
    board.put(row.node_id, {
      lastSeenUnixMs: Number(row.last_seen_unix_ms),
      agentVersion,
      firewall,
    })
  }
}

/** Writes down what hosts said since the last time. What cannot be written stays to be written. */
export async function saveFirewalls(postgres: Postgres, board: FirewallBoard): Promise<void> {
  const dirty = board.takeDirty()
  const nodes = dirty.nodes.map(([node_id, { lastSeenUnixMs, agentVersion, firewall }]) => ({
    node_id,
    last_seen_unix_ms: lastSeenUnixMs,
    agent_version: agentVersion,
    backend: firewall?.backend,
    rule_set_sequence: firewall?.ruleSetSequence ?? 0n,
    policy_version: firewall?.policyVersion ?? '',
    is_enforced: firewall?.isEnforced ?? false,
    proven_at_unix_ms: firewall?.provenAtUnixMs ?? 0,
    error: firewall?.error ?? '',
    troubles: [...(firewall?.troubles ?? [])],
    pending_apply_id: firewall?.pendingApplyId ?? '',
    reverted_apply_id: firewall?.revertedApplyId ?? '',
  }))
  const acknowledgements = dirty.acknowledgements.map((one) => ({
    node_id: one.nodeId,
    reported_at_unix_ms: one.reportedAtUnixMs,
    rule_set_sequence: one.ruleSetSequence,
    policy_version: one.policyVersion,
    proven_at_unix_ms: one.provenAtUnixMs,
    is_enforced: one.isEnforced,
    error: one.error,
  }))
  const coverage = dirty.coverage.map((one) => ({
    node_id: one.nodeId,
    hour_unix_ms: one.hourUnixMs,
    counted_ms: one.countedMs,
  }))
  if (nodes.length + acknowledgements.length + coverage.length === 0) return
  try {
    await postgres.tx(async (tx) => {
      if (nodes.length > 0) {
        await tx.execute(sql`
          ${into('node_firewalls', nodeColumns, nodes)}
          on conflict (node_id) do update set ${taken(nodeColumns, ['node_id'])}`)
      }
      if (acknowledgements.length > 0) {
        await tx.execute(into('acknowledgements', acknowledgementColumns, acknowledgements))
      }
      if (coverage.length > 0) {
        await tx.execute(sql`
          ${into('node_coverage', coverageColumns, coverage)}
          on conflict (node_id, hour_unix_ms) do update set
            counted_ms = least(3600000, node_coverage.counted_ms + excluded.counted_ms)`)
      }
    })
  } catch (error) {
    board.returnDirty(dirty)
    throw error
  }
}

/**
 * Adds what was counted to the totals and to the hour. One statement: what a counter grew by follows from what
 * stood there before (see `PendingCount`). Counts of a node that no organization has are dropped.
 */
export async function saveCounters(postgres: Postgres, board: CounterBoard): Promise<void> {
  const pending = board.takePending()
  // Ids come from hosts: only what is one may meet a uuid column.
  const rows = pending
    .filter(({ ruleId }) => isUuid(ruleId))
    .map((one) => ({
      node_id: one.nodeId,
      rule_id: one.ruleId,
      direction: one.direction,
      open_instance_id: one.openInstanceId,
      open_first_packets: one.openFirstPackets,
      open_packets: one.open.packets,
      open_bytes: one.open.bytes,
      open_limited: one.open.limited,
      later_packets: one.later.packets,
      later_bytes: one.later.bytes,
      later_limited: one.later.limited,
      instance_id: one.instanceId,
      seen_packets: one.last.packets,
      seen_bytes: one.last.bytes,
      seen_limited: one.last.limited,
      hit_at_unix_ms: one.hitAtUnixMs,
    }))
  if (rows.length === 0) return
  const nodeIds = [...new Set(rows.map((row) => row.node_id))]
  try {
    await postgres.execute(sql`
      with homes as (
        select distinct on (node_id) node_id, organization_id from rules.node_versions
        where node_id = any (${nodeIds}::uuid[])
          and organization_id is not null
        order by node_id, sequence desc),
      grown as materialized (
        select u.*, homes.organization_id,
          later_packets + ${growth('packets')} as packets,
          later_bytes + ${growth('bytes')} as bytes,
          later_limited + ${growth('limited')} as limited
        from ${unnest(countColumns, rows)} as u
        join homes using (node_id)
        left join rules.rule_counters c using (node_id, rule_id, direction)),
      counted as (
        insert into rules.rule_counters (node_id, rule_id, direction, organization_id, instance_id,
          seen_packets, seen_bytes, seen_limited, packets, bytes, limited, hit_at_unix_ms)
        select node_id, rule_id, direction, organization_id, instance_id,
          seen_packets, seen_bytes, seen_limited, packets, bytes, limited,
          case when packets > 0 then hit_at_unix_ms else 0 end
        from grown
        on conflict (node_id, rule_id, direction) do update set
          organization_id = excluded.organization_id, instance_id = excluded.instance_id,
          seen_packets = excluded.seen_packets, seen_bytes = excluded.seen_bytes,
          seen_limited = excluded.seen_limited,
          packets = rule_counters.packets + excluded.packets,
          bytes = rule_counters.bytes + excluded.bytes,
          limited = rule_counters.limited + excluded.limited,
          hit_at_unix_ms = greatest(rule_counters.hit_at_unix_ms, excluded.hit_at_unix_ms))
      insert into rules.rule_hits (organization_id, rule_id, hour_unix_ms, packets, bytes, limited)
      select organization_id, rule_id, hit_at_unix_ms / 3600000 * 3600000 as hour_unix_ms,
        sum(packets), sum(bytes), sum(limited)
      from grown where packets > 0 group by organization_id, rule_id, hour_unix_ms
      on conflict (organization_id, rule_id, hour_unix_ms) do update set
        packets = rule_hits.packets + excluded.packets,
        bytes = rule_hits.bytes + excluded.bytes,
        limited = rule_hits.limited + excluded.limited`)
  } catch (error) {
    board.returnPending(pending)
    throw error
  }
}

/** The first run goes on from what was seen, or began anew and counts from nothing. */
const growth = (figure: 'packets' | 'bytes' | 'limited'): Sql => {
  const open = sql.identifier('u', `open_${figure}`)
  const seen = sql.identifier('c', `seen_${figure}`)
  return sql`case when c.instance_id = u.open_instance_id and u.open_first_packets >= c.seen_packets
    then greatest(0, ${open} - ${seen}) else ${open} end`
}

/** Forgets what is too old to be asked about; of acknowledgements each node keeps its last. */
export async function pruneStatus(postgres: Postgres, now: number): Promise<void> {
  const before = (days: number): number => now - days * dayMs
  const hits = before(hitHistoryDays)
  await postgres.execute(sql`delete from rules.rule_hits where hour_unix_ms < ${hits}`)
  await postgres.execute(sql`delete from rules.node_coverage where hour_unix_ms < ${hits}`)
  await postgres.execute(sql`
    delete from rules.acknowledgements a where reported_at_unix_ms < ${before(acknowledgementDays)}
      and exists (select from rules.acknowledgements b
        where b.node_id = a.node_id and b.reported_at_unix_ms > a.reported_at_unix_ms)`)
}

const into = (
  table: string,
  columns: Readonly<Record<string, PgType>>,
  rows: readonly Row[],
): Sql => {
  const names = Object.keys(columns)
  const target = sql.join(names.map((name) => sql.identifier(name)))
  return sql`insert into ${sql.identifier('rules', table)} (${target})
    select ${target} from ${unnest(columns, rows)} as u`
}

/** Every column but the key, as the row that came says. */
const taken = (columns: Readonly<Record<string, PgType>>, key: readonly string[]): Sql =>
  sql.join(
    Object.keys(columns)
      .filter((name) => !key.includes(name))
      .map((name) => sql`${sql.identifier(name)} = ${sql.identifier('excluded', name)}`),
  )

const nodeColumns = {
  node_id: 'uuid',
  last_seen_unix_ms: 'bigint',
  agent_version: 'text',
  backend: 'text',
  rule_set_sequence: 'bigint',
  policy_version: 'text',
  is_enforced: 'boolean',
  proven_at_unix_ms: 'bigint',
  error: 'text',
  troubles: 'jsonb',
  pending_apply_id: 'text',
  reverted_apply_id: 'text',
} as const
const acknowledgementColumns = {
  node_id: 'uuid',
  reported_at_unix_ms: 'bigint',
  rule_set_sequence: 'bigint',
  policy_version: 'text',
  proven_at_unix_ms: 'bigint',
  is_enforced: 'boolean',
  error: 'text',
} as const
const coverageColumns = {
  node_id: 'uuid',
  hour_unix_ms: 'bigint',
  counted_ms: 'bigint',
} as const
const countColumns = {
  node_id: 'uuid',
  rule_id: 'uuid',
  direction: 'text',
  open_instance_id: 'text',
  open_first_packets: 'bigint',
  open_packets: 'bigint',
  open_bytes: 'bigint',
  open_limited: 'bigint',
  later_packets: 'bigint',
  later_bytes: 'bigint',
  later_limited: 'bigint',
  instance_id: 'text',
  seen_packets: 'bigint',
  seen_bytes: 'bigint',
  seen_limited: 'bigint',
  hit_at_unix_ms: 'bigint',
} as const
