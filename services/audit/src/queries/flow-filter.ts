import { type Cidr, printIp, readNetwork } from '@holdfast/net'
import { type Sql, sql } from '@holdfast/postgres'
import type { Direction, Verdict } from '../domain/flow.ts'

/** Which flows; what is empty or undefined does not narrow. */
export interface FlowFilter {
  readonly organizationId: string
  readonly nodeId: string
  readonly interfaceId: string
  readonly peerId: string
  readonly ruleId: string
  readonly verdict: Verdict | undefined
  readonly direction: Direction | undefined
  /** On either side. */
  readonly address: Cidr | ''
  readonly source: Cidr | ''
  readonly destination: Cidr | ''
  /** On either side; zero is any. */
  readonly port: number
  /** By the time of the last packet, ms since 1970; `to` is not included. */
  readonly fromUnixMs: number
  readonly toUnixMs: number
}

/** The condition on `connection_logs`. The time stands as a plain range, so that other days are not even opened. */
export function matching(filter: FlowFilter): Sql {
  const { fromUnixMs, toUnixMs, address, source, destination, port } = filter
  const conditions = [
    sql`last_seen >= ${new Date(fromUnixMs)} and last_seen < ${new Date(toUnixMs)}`,
  ]
  const equal = (column: string, value: string | undefined, type: string) => {
    if (value === undefined || value === '') return
    conditions.push(sql`${sql.identifier(column)} = ${value}::${sql.raw(type)}`)
  }
  equal('organization_id', filter.organizationId, 'uuid')
  equal('node_id', filter.nodeId, 'uuid')
  equal('interface_id', filter.interfaceId, 'uuid')
  equal('peer_id', filter.peerId, 'uuid')
  equal('rule_id', filter.ruleId, 'uuid')
  equal('verdict', filter.verdict, 'text')
  equal('direction', filter.direction, 'text')
  if (address !== '') {
    conditions.push(sql`(${inside('source', address)} or ${inside('destination', address)})`)
  }
  if (source !== '') conditions.push(inside('source', source))
  if (destination !== '') conditions.push(inside('destination', destination))
  if (port > 0) conditions.push(sql`(source_port = ${port} or destination_port = ${port})`)
  return sql.join(conditions, sql` and `)
}

/** As a range: `<<=` may not look at rows before row-level security has, so it could use no index. */
function inside(column: string, cidr: Cidr): Sql {
  const name = sql.identifier(column)
  const { family, first, last } = readNetwork(cidr)
  const from = printIp({ family, value: first })
  if (first === last) return sql`${name} = ${from}::inet`
  const to = printIp({ family, value: last })
  return sql`${name} between ${from}::inet and ${to}::inet`
}
