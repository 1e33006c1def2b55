import { type Postgres, sql } from '@holdfast/postgres'

/**
 * The sequence after which the organization was as it was at that time: just before the first commit, of rules or
 * of network, that is younger. `last` when there is none.
 */
export async function sequenceAtTime(
  postgres: Postgres,
  organizationId: string,
  unixMs: number,
  last: bigint,
): Promise<bigint> {
  const later = sql`organization_id = ${organizationId}::uuid and time_unix_ms > ${unixMs}`
  const [row] = await postgres.query<{ sequence: bigint | null }>(sql`
    select min(sequence) as sequence from (
      select min(sequence) as sequence from rules.rule_commits where ${later}
      union all select min(sequence) from rules.node_versions where ${later}
      union all select min(sequence) from rules.interface_versions where ${later}
      union all select min(sequence) from rules.peer_versions where ${later}) first`)
  const sequence = row?.sequence ?? undefined
  return sequence === undefined ? last : sequence - 1n
}

/** The last commit up to a sequence that changed a rule of the organization; 0 when there was none. */
export async function lastRuleCommit(
  postgres: Postgres,
  organizationId: string,
  upTo: bigint,
): Promise<bigint> {
  const [row] = await postgres.query<{ sequence: bigint }>(sql`
    select sequence from rules.rule_commits
    where organization_id = ${organizationId}::uuid and sequence <= ${upTo}
    order by sequence desc limit 1`)
  return row?.sequence ?? 0n
}

/** Commits that changed rules of the organization after one sequence and up to another, oldest first. */
export async function ruleCommitsBetween(
  postgres: Postgres,
  organizationId: string,
  after: bigint,
  upTo: bigint,
  limit: number,
): Promise<readonly { readonly sequence: bigint; readonly timeUnixMs: number }[]> {
  const rows = await postgres.query<{ sequence: bigint; time_unix_ms: bigint }>(sql`
    select sequence, time_unix_ms from rules.rule_commits
    where organization_id = ${organizationId}::uuid and sequence > ${after} and sequence <= ${upTo}
    order by sequence limit ${limit}`)
  return rows.map((row) => ({ sequence: row.sequence, timeUnixMs: Number(row.time_unix_ms) }))
}
