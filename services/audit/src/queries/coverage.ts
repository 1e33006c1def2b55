import { type Postgres, type ReadScope, sql } from '@holdfast/postgres'
import type { Completeness } from '../domain/coverage.ts'
import type { FlowFilter } from './flow-filter.ts'
import { type Patience, within } from './flows.ts'

interface Row {
  readonly name: string | null
  readonly batches: bigint
  readonly lost_flows: bigint
  readonly lost_packets: bigint
  readonly missing_batches: bigint
  readonly malformed_batches: bigint
  readonly malformed_flows: bigint
  readonly shifted_batches: bigint
  readonly refused_flows: bigint
  readonly unread_batches: bigint
}

const slotMs = 600_000

/** What is known of how complete the flows of a time are; first of the stream, then node by node. */
export async function completeness(
  postgres: Postgres,
  scope: ReadScope,
  { fromUnixMs, toUnixMs, nodeId, organizationId }: FlowFilter,
  patience: Patience,
): Promise<{
  readonly keptSinceUnixMs: number | undefined
  readonly nodes: readonly Completeness[]
}> {
  const node = nodeId === '' ? sql`true` : sql`n.node_id = ${nodeId}::uuid`
  const organization =
    organizationId === '' ? sql`true` : sql`n.organization_id = ${organizationId}::uuid`
  const sums = sql.raw(
    `${[
      'batches',
      'lost_flows',
      'lost_packets',
      'missing_batches',
      'malformed_batches',
      'malformed_flows',
      'shifted_batches',
      'refused_flows',
      'unread_batches',
    ]
      .map((name) => `coalesce(sum(s.${name}), 0)::bigint as ${name}`)
      .join(', ')}`,
  )
  const slots = sql`s.slot > ${new Date(fromUnixMs - slotMs)} and s.slot < ${new Date(toUnixMs)}`
  return within(postgres, scope, patience, async (tx) => {
    const [oldest] = await tx.query<{ last_seen: Date }>(
      sql`select last_seen from audit.connection_logs order by last_seen limit 1`,
    )
    const stream = await tx.query<Row>(sql`
      select null as name, ${sums} from audit.flow_slots s
      where ${slots} and s.node_id = '00000000-0000-0000-0000-000000000000'`)
    const nodes = await tx.query<Row>(sql`
      select n.name, ${sums} from audit.nodes n
      left join audit.flow_slots s on s.node_id = n.node_id and ${slots}
      where ${node} and ${organization}
      group by n.node_id, n.name, n.is_deleted
      having not n.is_deleted or count(s.slot) > 0
      order by n.name, n.node_id limit 1000`)
    return {
      keptSinceUnixMs: oldest?.last_seen.getTime(),
      nodes: [...stream, ...nodes].map((row) => ({
        nodeName: row.name ?? undefined,
        batches: Number(row.batches),
        lostFlows: Number(row.lost_flows),
        lostPackets: Number(row.lost_packets),
        missingBatches: Number(row.missing_batches),
        malformedBatches: Number(row.malformed_batches),
        malformedFlows: Number(row.malformed_flows),
        shiftedBatches: Number(row.shifted_batches),
        refusedFlows: Number(row.refused_flows),
        unreadBatches: Number(row.unread_batches),
      })),
    }
  })
}
