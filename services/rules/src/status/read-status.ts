import { type Postgres, sql } from '@holdfast/postgres'
import type { Acknowledgement } from './firewall-board.ts'

/** Sums over the nodes of an organization, agents' restarts included. */
export interface RuleTotals {
  readonly ingressPackets: number
  readonly ingressBytes: number
  readonly egressPackets: number
  readonly egressBytes: number
  readonly limitedPackets: number
  /** ms since 1970; 0 for never. */
  readonly lastHitUnixMs: number
}

export const noHits: RuleTotals = {
  ingressPackets: 0,
  ingressBytes: 0,
  egressPackets: 0,
  egressBytes: 0,
  limitedPackets: 0,
  lastHitUnixMs: 0,
}

/** Of these rules; those that were never hit are not in it. */
export async function readTotals(
  postgres: Postgres,
  organizationId: string,
  ruleIds: readonly string[],
): Promise<ReadonlyMap<string, RuleTotals>> {
  const rows = await postgres.query<{
    rule_id: string
    ingress_packets: number
    ingress_bytes: number
    egress_packets: number
    egress_bytes: number
    limited: number
    hit_at_unix_ms: number
  }>(sql`
    select rule_id,
      coalesce(sum(packets) filter (where direction = 'ingress'), 0)::float8 as ingress_packets,
      coalesce(sum(bytes) filter (where direction = 'ingress'), 0)::float8 as ingress_bytes,
      coalesce(sum(packets) filter (where direction = 'egress'), 0)::float8 as egress_packets,
      coalesce(sum(bytes) filter (where direction = 'egress'), 0)::float8 as egress_bytes,
      sum(limited)::float8 as limited, max(hit_at_unix_ms)::float8 as hit_at_unix_ms
    from rules.rule_counters
    where organization_id = ${organizationId}::uuid and rule_id = any (${ruleIds}::uuid[])
    group by rule_id`)
  return new Map(
    rows.map((row) => [
      row.rule_id,
      {
        ingressPackets: row.ingress_packets,
        ingressBytes: row.ingress_bytes,
        egressPackets: row.egress_packets,
        egressBytes: row.egress_bytes,
        limitedPackets: row.limited,
        lastHitUnixMs: row.hit_at_unix_ms,
      },
    ]),
  )
}

/** The newest a node gave before that time, ms since 1970. */
export async function readAcknowledgement(
  postgres: Postgres,
  nodeId: string,
  beforeUnixMs: number,
): Promise<Acknowledgement | undefined> {
  const [row] = await postgres.query<{
    node_id: string
    reported_at_unix_ms: bigint
    rule_set_sequence: bigint
    policy_version: string
    proven_at_unix_ms: bigint
    is_enforced: boolean
    error: string
  }>(sql`
    select node_id, reported_at_unix_ms, rule_set_sequence, policy_version, proven_at_unix_ms,
      is_enforced, error
    from rules.acknowledgements
    where node_id = ${nodeId}::uuid and reported_at_unix_ms < ${beforeUnixMs}
    order by reported_at_unix_ms desc, id desc limit 1`)
  return (
    row && {
      nodeId: row.node_id,
      reportedAtUnixMs: Number(row.reported_at_unix_ms),
      ruleSetSequence: row.rule_set_sequence,
      policyVersion: row.policy_version,
      provenAtUnixMs: Number(row.proven_at_unix_ms),
      isEnforced: row.is_enforced,
      error: row.error,
    }
  )
}

/** When each rule was last hit within the history kept by the hour; rules not in it were not. */
export async function readLastHits(
  postgres: Postgres,
  organizationId: string,
): Promise<ReadonlyMap<string, number>> {
  const rows = await postgres.query<{ rule_id: string; hour_unix_ms: bigint }>(sql`
    select rule_id, max(hour_unix_ms) as hour_unix_ms from rules.rule_hits
    where organization_id = ${organizationId}::uuid group by rule_id`)
  return new Map(rows.map((row) => [row.rule_id, Number(row.hour_unix_ms)]))
}

/** Hits of a rule by the hour, oldest first. */
export async function readHits(
  postgres: Postgres,
  organizationId: string,
  ruleId: string,
  fromUnixMs: number,
): Promise<readonly { readonly hourUnixMs: number; readonly packets: number }[]> {
  const rows = await postgres.query<{ hour_unix_ms: bigint; packets: bigint }>(sql`
    select hour_unix_ms, packets from rules.rule_hits
    where organization_id = ${organizationId}::uuid and rule_id = ${ruleId}::uuid
      and hour_unix_ms >= ${fromUnixMs} order by hour_unix_ms`)
  return rows.map((row) => ({ hourUnixMs: Number(row.hour_unix_ms), packets: Number(row.packets) }))
}

/** How long each of these nodes was counting since then, in ms. Nodes that never did are not in it. */
export async function readCoverage(
  postgres: Postgres,
  nodeIds: readonly string[],
  fromUnixMs: number,
): Promise<ReadonlyMap<string, number>> {
  const rows = await postgres.query<{ node_id: string; counted_ms: number }>(sql`
    select node_id, sum(counted_ms)::float8 as counted_ms from rules.node_coverage
    where node_id = any (${nodeIds}::uuid[]) and hour_unix_ms >= ${fromUnixMs} group by node_id`)
  return new Map(rows.map((row) => [row.node_id, row.counted_ms]))
}
