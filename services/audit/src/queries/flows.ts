import { invalid } from '@holdfast/errors'
import {
  type Page,
  type PageWish,
  type Position,
  type Postgres,
  type Queryable,
  type ReadScope,
  type Sql,
  sql,
  toPage,
} from '@holdfast/postgres'
import { timeOfFlowId } from '../codecs/flow-id.ts'
import type { Direction, Verdict } from '../domain/flow.ts'
import { type FlowFilter, matching } from './flow-filter.ts'

/** A row of `connection_logs`. */
export interface FlowRow {
  readonly id: string
  readonly first_seen: Date
  readonly last_seen: Date
  readonly verdict: Verdict
  readonly direction: Direction
  readonly protocol: string
  readonly source: string
  readonly source_port: number | null
  readonly destination: string
  readonly destination_port: number | null
  readonly packets: bigint
  readonly bytes: bigint
  readonly rule_id: string | null
  readonly rule_name: string | null
  readonly policy_version: string | null
  readonly node_id: string
  readonly node_name: string
  readonly device: string
  readonly interface_id: string | null
  readonly peer_id: string | null
  readonly peer_name: string | null
  readonly organization_id: string
}

/** One look at flows: how long it may take, and who may end it. */
export interface Patience {
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

const columns = sql`id, first_seen, last_seen, verdict, direction, protocol, host(source) as source,
  source_port, host(destination) as destination, destination_port, packets, bytes, rule_id, rule_name,
  policy_version, node_id, node_name, device, interface_id, peer_id, peer_name, organization_id`

/** The statement behind `listFlows`: newest first, one row more than wanted. */
export function flowsStatement(filter: FlowFilter, { limit, after }: PageWish): Sql {
  const rest = after && beyond(after)
  return sql`
    select ${columns} from audit.connection_logs
    where ${matching(filter)} and ${rest ?? sql`true`}
    order by last_seen desc, id desc limit ${limit + 1}`
}

export async function listFlows(
  postgres: Postgres,
  scope: ReadScope,
  filter: FlowFilter,
  page: PageWish,
  patience: Patience,
): Promise<Page<FlowRow>> {
  const rows = await within(postgres, scope, patience, (tx) =>
    tx.query<FlowRow>(flowsStatement(filter, page)),
  )
  return toPage(rows, page, ({ last_seen, id }) => ({ key: String(last_seen.getTime()), id }))
}

/** A flow by its id, if the scope shows it. The id tells the time, so one partition is looked at. */
export async function findFlow(
  postgres: Postgres,
  scope: ReadScope,
  id: string,
  patience: Patience,
): Promise<FlowRow | undefined> {
  const lastSeen = new Date(timeOfFlowId(id))
  if (lastSeen.getTime() > maxTimeUnixMs) return undefined
  const [row] = await within(postgres, scope, patience, (tx) =>
    tx.query<FlowRow>(sql`
      select ${columns} from audit.connection_logs
      where last_seen = ${lastSeen} and id = ${id}::uuid limit 1`),
  )
  return row
}

/** Reads in a scope, no statement longer than the patience. */
export function within<T>(
  postgres: Postgres,
  scope: ReadScope,
  { timeoutMs, signal }: Patience,
  read: (tx: Queryable) => Promise<T>,
): Promise<T> {
  return postgres.read(
    scope,
    async (tx) => {
      await tx.execute(sql`select set_config('statement_timeout', ${String(timeoutMs)}, true)`)
      return read(tx)
    },
    { signal },
  )
}

/** The last moment we print: the end of the year 9999. */
const maxTimeUnixMs = 253_402_300_799_999

function beyond({ key, id }: Position): Sql {
  const time = Number(key)
  if (!/^\d{1,15}$/.test(key) || time > maxTimeUnixMs) {
    const detail = 'is not a cursor of this list: start again without one'
    throw invalid({ field: 'cursor', code: 'cursor_invalid', detail })
  }
  const lastSeen = new Date(time)
  // The first half says nothing new, and keeps later days closed.
  return sql`last_seen <= ${lastSeen} and (last_seen, id) < (${lastSeen}, ${id}::uuid)`
}
