import { type Postgres, type ReadScope, type Sql, sql } from '@holdfast/postgres'
import { type FlowFilter, matching } from './flow-filter.ts'
import { type FlowRow, type Patience, within } from './flows.ts'

/** Records that differ in nothing but time, packets and bytes. */
export interface SummaryRow
  extends Omit<FlowRow, 'id' | 'policy_version' | 'rule_name' | 'peer_name' | 'node_name'> {
  readonly records: bigint
}

/** The statement behind `summarizeFlows`: those with the most packets first, one more than wanted. */
export const summariesStatement = (filter: FlowFilter, limit: number): Sql => sql`
  select min(first_seen) as first_seen, max(last_seen) as last_seen, verdict, direction, protocol,
    host(source) as source, source_port, host(destination) as destination, destination_port,
    sum(packets)::bigint as packets, sum(bytes)::bigint as bytes, rule_id, node_id, device,
    interface_id, peer_id, organization_id, count(*) as records
  from audit.connection_logs
  where ${matching(filter)}
  group by organization_id, node_id, device, interface_id, peer_id, rule_id, direction, verdict,
    protocol, source, source_port, destination, destination_port
  order by sum(packets) desc, node_id, source, source_port, destination, destination_port
  limit ${limit + 1}`

export const summarizeFlows = (
  postgres: Postgres,
  scope: ReadScope,
  filter: FlowFilter,
  limit: number,
  patience: Patience,
): Promise<readonly SummaryRow[]> =>
  within(postgres, scope, patience, (tx) => tx.query<SummaryRow>(summariesStatement(filter, limit)))
