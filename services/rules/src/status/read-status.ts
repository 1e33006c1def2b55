import { type Postgres, type Sql, sql } from '@holdfast/postgres'
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

interface AcknowledgementRow {
  readonly node_id: string
  readonly reported_at_unix_ms: bigint
  readonly rule_set_sequence: bigint
  readonly policy_version: string
  readonly proven_at_unix_ms: bigint
  readonly is_enforced: boolean
  readonly error: string
}

/** The newest of a node's acknowledgements that meet a condition. */
async function newest(
  postgres: Postgres,
  nodeId: string,
  condition: Sql,
): Promise<Acknowledgement | undefined> {
  const [row] = await postgres.query<AcknowledgementRow>(sql`
    select node_id, reported_at_unix_ms, rule_set_sequence, policy_version, proven_at_unix_ms,
      is_enforced, error
    from rules.acknowledgements
    where node_id = ${nodeId}::uuid and ${condition}
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

/** The newest a node gave before that time, ms since 1970. */
export const readAcknowledgement = (postgres: Postgres, nodeId: string, beforeUnixMs: number) =>
  newest(postgres, nodeId, sql`reported_at_unix_ms < ${beforeUnixMs}`)

/**
 * Under which acknowledgement a node judged by a policy at a time. It may have told of it a moment later: a policy
 * is in force before it is proved.
 */
export async function acknowledgementOfVersion(
  postgres: Postgres,
  nodeId: string,
  policyVersion: string,
  atUnixMs: number,
): Promise<Acknowledgement | undefined> {
  if (policyVersion === '') return undefined
  const isIt = sql`policy_version = ${policyVersion}`
  const before = sql`${isIt} and reported_at_unix_ms <= ${atUnixMs + provedWithinMs}`
  return await newest(postgres, nodeId, before)
}

const provedWithinMs = 60_000

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

/** How long each of these nodes was counting, by UTC day, in ms. Nodes that never did are not in it. */
export async function readCoverage(
  postgres: Postgres,
  nodeIds: readonly string[],
  fromUnixMs: number,
): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
  const rows = await postgres.query<{ node_id: string; day: bigint; counted_ms: number }>(sql`
    select node_id, hour_unix_ms / 86400000 as day, sum(counted_ms)::float8 as counted_ms
    from rules.node_coverage
    where node_id = any (${nodeIds}::uuid[]) and hour_unix_ms >= ${fromUnixMs}
    group by node_id, day`)
  const found = new Map<string, Map<number, number>>()
  for (const row of rows) {
    const days = found.get(row.node_id) ?? new Map<number, number>()
    found.set(row.node_id, days.set(Number(row.day), row.counted_ms))
  }
  return found
}
