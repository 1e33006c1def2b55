import { randomUUID } from 'node:crypto'
import { newId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import { type Sql, sql } from '@holdfast/postgres'
import type { holdfast } from '@holdfast/proto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dayMs } from './domain/partitions.ts'
import type { FlowFilter } from './queries/flow-filter.ts'
import { flowsStatement } from './queries/flows.ts'
import { summariesStatement } from './queries/summaries.ts'
import { aBatch, aRecord, idBytes } from './testing/batches.ts'
import { person, type Suite, startSuite } from './testing/suite.ts'

let suite: Suite
const acme = newId<string>()
const other = newId<string>()

beforeAll(async () => {
  suite = await startSuite()
})
afterAll(() => suite.close())

type FlowMessage = holdfast.audit.v1.Flow.$Properties

/** Flows of a node, newest first, as somebody sees them. */
async function listed(
  filter: holdfast.audit.v1.FlowFilter.$Properties,
  caller = person('VIEWER', acme),
): Promise<readonly FlowMessage[]> {
  const { flows } = await suite.flows.listFlows({ filter, limit: 1000 }, caller)
  return flows ?? []
}

/** Summed up over all times. */
async function counted(nodeId: string, count: string): Promise<number> {
  const [row] = await suite.postgres.query<{ sum: bigint }>(sql`
    select coalesce(sum(${sql.identifier(count)}), 0)::bigint as sum
    from audit.flow_slots where node_id = ${nodeId}::uuid`)
  return Number(row?.sum)
}

test('a flow is stored with the names of its moment and is found by its id', async () => {
  const nodeId = await suite.facts.enroll(acme, 'gw')
  const peerId = await suite.facts.addPeer(acme, nodeId, 'laptop')
  const ruleId = await suite.facts.createRule(acme, 'log-ssh')
  const record = aRecord({ ruleId: idBytes(ruleId), peerId: idBytes(peerId), verdict: 1 })
  suite.send(nodeId, aBatch(nodeId, 1, { flows: [record] }))
  await suite.stored()
  const [flow, ...more] = await listed({ nodeId })
  expect(more).toEqual([])
  expect(flow).toMatchObject({
    organizationId: acme,
    nodeId,
    ruleId,
    peerId,
    interfaceId: '',
    nodeName: 'gw',
    peerName: 'laptop',
    ruleName: 'log-ssh',
    policyVersion: 'ab'.repeat(32),
  })
  const { device, packets, bytes, sourcePort, destinationPort, protocol, verdict } =
    flow?.record ?? {}
  expect({ device, packets, bytes, sourcePort, destinationPort, protocol, verdict }).toEqual({
    device: 'wg0',
    packets: 12,
    bytes: 3400,
    sourcePort: 40_000,
    destinationPort: 443,
    protocol: 6,
    verdict: 1,
  })
  expect(flow?.record).toMatchObject({
    firstUnixMs: record.firstUnixMs,
    lastUnixMs: record.lastUnixMs,
  })
  const found = await suite.flows.getFlow({ id: flow?.id ?? '' }, person('VIEWER', acme))
  expect(found.flow).toEqual(flow)
})

test('nobody sees the flows of an organization that is not theirs', async () => {
  const nodeId = await suite.facts.enroll(other, 'elsewhere')
  suite.send(nodeId, aBatch(nodeId, 1))
  await suite.stored()
  expect(await listed({ nodeId })).toEqual([])
  const [flow] = await listed({ nodeId }, person('VIEWER', other))
  const id = flow?.id ?? ''
  expect(id).not.toBe('')
  await expect(suite.flows.getFlow({ id }, person('VIEWER', acme))).rejects.toThrow('there is no')
  const asked = suite.flows.listFlows({ filter: { organizationId: other } }, person('VIEWER', acme))
  await expect(asked).rejects.toThrow('access.not_visible')
  const summed = await suite.flows.summarizeFlows({}, person('VIEWER', acme))
  expect(summed.flows?.some((one) => one.flow?.nodeId === nodeId)).toBe(false)
  expect(summed.coverage?.join()).not.toContain('elsewhere')
})

test('a host cannot read names of others by naming their ids', async () => {
  const nodeId = await suite.facts.enroll(acme, 'curious')
  const elsewhere = await suite.facts.enroll(other, 'elsewhere-2')
  const peerId = await suite.facts.addPeer(other, elsewhere, 'secret-peer')
  const ruleId = await suite.facts.createRule(other, 'secret-rule')
  const record = aRecord({ ruleId: idBytes(ruleId), peerId: idBytes(peerId) })
  suite.send(nodeId, aBatch(nodeId, 1, { flows: [record] }))
  await suite.stored()
  expect(await listed({ nodeId })).toMatchObject([{ ruleName: '', peerName: '' }])
})

test('a batch counts once, however often it is sent, and gaps are told until they close', async () => {
  const nodeId = await suite.facts.enroll(acme, 'gapful')
  suite.send(nodeId, aBatch(nodeId, 1), aBatch(nodeId, 4), aBatch(nodeId, 4), aBatch(nodeId, 1))
  await suite.stored()
  expect(await listed({ nodeId })).toHaveLength(2)
  expect(await counted(nodeId, 'missing_batches')).toBe(2)
  await suite.restart()
  suite.send(nodeId, aBatch(nodeId, 3), aBatch(nodeId, 3), aBatch(nodeId, 4), aBatch(nodeId, 5))
  await suite.stored()
  expect(await listed({ nodeId })).toHaveLength(4)
  expect(await counted(nodeId, 'missing_batches')).toBe(1)
  const { coverage } = await suite.flows.summarizeFlows({ filter: { nodeId } })
  expect(coverage).toContain('1 report of gapful did not arrive')
})

test('nonsense is counted and what comes after it is stored', async () => {
  const nodeId = await suite.facts.enroll(acme, 'hostile')
  const stranger = newId<string>()
  suite.send(
    nodeId,
    Buffer.from('not a batch at all'),
    aBatch(stranger, 1),
    aBatch(nodeId, 0),
    aBatch(nodeId, 1, { instanceId: 'two words' }),
    aBatch(nodeId, 1, { lostFlows: Number.MAX_SAFE_INTEGER }),
    aBatch(nodeId, 1, { policyVersion: Buffer.from('short') }),
    aBatch(nodeId, 2, {
      flows: [
        aRecord({ device: 'wg0; drop table' }),
        aRecord({ source: Buffer.from([1, 2, 3]) }),
        aRecord({ lastUnixMs: 1 }),
        aRecord({ verdict: 99 as holdfast.agent.v1.FlowVerdict }),
        aRecord({ packets: 0 }),
        aRecord(),
      ],
      lostFlows: 7,
      lostPackets: 70,
    }),
  )
  suite.send(stranger, aBatch(stranger, 1))
  await suite.stored()
  expect(await listed({ nodeId })).toHaveLength(1)
  expect(await counted(nodeId, 'malformed_batches')).toBe(6)
  expect(await counted(nodeId, 'malformed_flows')).toBe(5)
  expect(await counted(stranger, 'malformed_batches')).toBe(1)
  const { coverage } = await suite.flows.summarizeFlows({ filter: { nodeId } })
  expect(coverage).toContain('hostile had no room for 7 flows (70 packets)')
  expect(coverage).toContain('6 reports and 5 flows of hostile made no sense')
})

test('the times of a host whose clock is off are moved to ours, and that is told', async () => {
  const nodeId = await suite.facts.enroll(acme, 'adrift')
  const off = Date.now() - 400 * dayMs
  const flows = [aRecord({ firstUnixMs: off - 500, lastUnixMs: off })]
  suite.send(nodeId, aBatch(nodeId, 1, { sentAtUnixMs: off, flows }))
  await suite.stored()
  const [flow] = await listed({ nodeId })
  const { firstUnixMs = 0, lastUnixMs = 0 } = flow?.record ?? {}
  expect(Number(lastUnixMs) - Number(firstUnixMs)).toBe(500)
  const { coverage } = await suite.flows.summarizeFlows({ filter: { nodeId } })
  expect(coverage).toContain(
    'the clock of adrift was off: the times of 1 report were moved to ours',
  )
})

test('filters find what they say, and pages meet without overlap', async () => {
  const nodeId = await suite.facts.enroll(acme, 'many')
  const peerId = await suite.facts.addPeer(acme, nodeId, 'desk')
  const now = Date.now()
  const flows = Array.from({ length: 100 }, (_, i) =>
    aRecord({
      // Ten share a moment.
      lastUnixMs: now - Math.floor(i / 10),
      firstUnixMs: now - 1000,
      source:
        i % 2 === 0
          ? Buffer.from([10, 20, 0, i])
          : Buffer.from(`fd00${'0'.repeat(26)}${i.toString(16).padStart(2, '0')}`, 'hex'),
      destination:
        i % 2 === 0 ? Buffer.from([198, 51, 100, 1]) : Buffer.from(`fd01${'0'.repeat(28)}`, 'hex'),
      direction: i < 30 ? 1 : 2,
      verdict: i < 10 ? 4 : 1,
      destinationPort: i,
      ...(i < 5 ? { peerId: idBytes(peerId) } : {}),
    }),
  )
  suite.send(nodeId, aBatch(nodeId, 1, { flows }))
  await suite.stored()
  const caller = person('VIEWER', acme)
  const seen: FlowMessage[] = []
  let cursor = ''
  do {
    const page = await suite.flows.listFlows({ filter: { nodeId }, limit: 7, cursor }, caller)
    seen.push(...(page.flows ?? []))
    cursor = page.nextCursor ?? ''
  } while (cursor !== '')
  expect(new Set(seen.map(({ id }) => id)).size).toBe(100)
  const times = seen.map(({ record }) => Number(record?.lastUnixMs))
  expect(times).toEqual([...times].sort((a, b) => b - a))

  const found = async (filter: holdfast.audit.v1.FlowFilter.$Properties) =>
    (await listed({ nodeId, ...filter })).length
  expect(await found({ peerId })).toBe(5)
  expect(await found({ verdict: 4 })).toBe(10)
  expect(await found({ direction: 2 })).toBe(70)
  expect(await found({ address: '10.20.0.0/28' })).toBe(8)
  expect(await found({ address: '198.51.100.1/32' })).toBe(50)
  expect(await found({ address: 'fd00::/16' })).toBe(50)
  expect(await found({ source: '198.51.100.1/32' })).toBe(0)
  expect(await found({ destination: 'fd01::/64', port: 7 })).toBe(1)
  expect(await found({ port: 40_000 })).toBe(100)
  expect(await found({ toUnixMs: now - 8 })).toBe(10)
  expect(await found({ fromUnixMs: now - 2 })).toBe(30)
})

test('summaries add up records that differ in nothing else', async () => {
  const nodeId = await suite.facts.enroll(acme, 'summed')
  const batch = (number: number) =>
    aBatch(nodeId, number, { flows: [aRecord(), aRecord({ destinationPort: 22, packets: 1 })] })
  suite.send(nodeId, batch(1), batch(2), batch(3))
  await suite.stored()
  const { flows } = await suite.flows.summarizeFlows({ filter: { nodeId } })
  expect(flows).toHaveLength(2)
  expect(flows?.[0]).toMatchObject({ records: 3, flow: { nodeId, record: { packets: 36 } } })
  expect(flows?.[1]).toMatchObject({ records: 3, flow: { record: { packets: 3 } } })
  const cut = await suite.flows.summarizeFlows({ filter: { nodeId }, limit: 1 })
  expect(cut.flows).toHaveLength(1)
  expect(cut.coverage?.at(-1)).toContain('left out')
})

test('bad questions are refused field by field', async () => {
  const filter = { nodeId: 'x', address: '10.0.0.1/8', port: 70_000, fromUnixMs: 2, toUnixMs: 1 }
  const error = await suite.flows.listFlows({ filter }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(DomainError)
  expect(JSON.stringify(error instanceof DomainError && error.fields)).toMatch(
    /from.*node_id.*address.*port/,
  )
  const long = { fromUnixMs: 1, toUnixMs: 40 * dayMs }
  await expect(suite.flows.listFlows({ filter: long })).rejects.toThrow()
  await expect(suite.flows.listFlows({ cursor: 'bm9wZQ' })).rejects.toThrow()
  await expect(suite.flows.getFlow({ id: randomUUID() })).rejects.toThrow('there is no flow')
  await expect(suite.flows.getFlow({ id: 'x'.repeat(100) })).rejects.toThrow('there is no flow')
})

/** Partitions a plan would open. */
async function opened(statement: Sql): Promise<readonly string[]> {
  const rows = await suite.postgres.query<{ 'QUERY PLAN': string }>(sql`explain ${statement}`)
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
  return [...new Set(plan.match(/connection_logs_\d{8}(_\d\d)?/g) ?? [])]
}

test('a question opens only the days it is about', async () => {
  for (let day = 2; day < 12; day++) {
    const from = new Date(Math.floor(Date.now() / dayMs) * dayMs - day * dayMs)
    const to = new Date(from.getTime() + dayMs)
    const name = `connection_logs_${from.toISOString().slice(0, 10).replaceAll('-', '')}`
    await suite.postgres.tx((tx) =>
      tx.script(`create table if not exists audit.${name} partition of audit.connection_logs
        for values from ('${from.toISOString()}') to ('${to.toISOString()}')`),
    )
  }
  const noon = Math.floor(Date.now() / dayMs) * dayMs - 5 * dayMs + dayMs / 2
  const filter: FlowFilter = {
    organizationId: '',
    nodeId: '',
    interfaceId: '',
    peerId: '',
    ruleId: '',
    verdict: undefined,
    direction: undefined,
    address: '',
    source: '',
    destination: '',
    port: 0,
    fromUnixMs: noon,
    toUnixMs: noon + 3_600_000,
  }
  const page = { limit: 50, after: undefined }
  const day = new Date(noon).toISOString().slice(0, 10).replaceAll('-', '')
  expect(await opened(flowsStatement(filter, page))).toEqual([`connection_logs_${day}`])
  expect(await opened(summariesStatement(filter, 100))).toEqual([`connection_logs_${day}`])
  const wide = { ...filter, fromUnixMs: noon - 2 * dayMs, toUnixMs: noon + 2 * dayMs }
  expect(await opened(flowsStatement(wide, page))).toHaveLength(5)
  // A page further back does not open the days that were shown already.
  const after = { key: String(noon - dayMs), id: randomUUID() }
  expect(await opened(flowsStatement(wide, { limit: 50, after }))).toHaveLength(2)
})
