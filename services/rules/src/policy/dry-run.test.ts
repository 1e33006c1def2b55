import { holdfast } from '@holdfast/proto'
import { expect, test } from 'vitest'
import { cidr, nodeIdOf, ruleIdOf, settingsOf } from '../domain/fixtures.ts'
import { host, peerIdOf } from '../testing/host-fixtures.ts'
import { dryRun, packetOfFlow, spanOf } from './dry-run.ts'
import type { Situation } from './situation.ts'

const { FlowDirection, FlowVerdict } = holdfast.agent.v1
const rule = (n: number, more: Parameters<typeof settingsOf>[1]) => ({
  id: ruleIdOf(n),
  settings: settingsOf(n, more),
  order: n,
})
const set = (...rules: ReturnType<typeof rule>[]) => ({ rules, isLockoutAllowed: true })
const before: Situation = {
  ruleSet: set(rule(1, { source: cidr('192.0.2.0/24') })),
  tests: [],
  hosts: [host(1, { hasUplink: true }), host(2)],
  atUnixMs: 1000,
}

const flow = (
  source: string,
  records: number,
  more: holdfast.agent.v1.FlowRecord.$Properties = {},
): holdfast.audit.v1.FlowSummary.$Properties => ({
  records,
  flow: {
    nodeId: nodeIdOf(1),
    peerId: peerIdOf(1),
    record: {
      device: 'wg1',
      direction: FlowDirection.FLOW_DIRECTION_INGRESS,
      source: Buffer.from(source.split('.').map(Number)),
      destination: Buffer.from([10, 10, 0, 5]),
      protocol: 6,
      sourcePort: 40_000,
      destinationPort: 5432,
      packets: 7,
      lastUnixMs: 900,
      ...more,
    },
  },
})

test('a change tells which recorded flows it would drop, and which it would let in', () => {
  const after = set(rule(2, { destinationPorts: { from: 5432, to: 5432 }, protocol: 'tcp' }))
  const flows = [
    flow('10.20.1.2', 3),
    flow('10.20.1.3', 5),
    flow('192.0.2.9', 2, { destinationPort: 80 }),
    flow('10.20.1.2', 4, { destinationPort: 443 }),
  ]
  const answer = dryRun(before, after, flows, ['flows are kept since 1 May'])
  expect(answer).toMatchObject({ flows: 14, newlyDroppedFlows: 8, newlyPassedFlows: 2 })
  expect(answer.changed?.map(({ flows: count, ruleName }) => [count, ruleName])).toEqual([
    [5, 'rule-2'],
    [3, 'rule-2'],
    [2, ''],
  ])
  expect(answer.changed?.[1]).toMatchObject({
    packet: {
      source: '10.20.1.2',
      destination: '10.10.0.5',
      protocol: 'tcp',
      destinationPort: 5432,
    },
    interfaceName: 'wg1 on gw-1',
    peerName: 'laptop-1',
    before: FlowVerdict.FLOW_VERDICT_PASS,
    after: FlowVerdict.FLOW_VERDICT_DROP,
    lastUnixMs: 900,
  })
  expect(answer.coverage?.[0]).toBe('flows are kept since 1 May')
})

test('what could not be judged is said', () => {
  const flows = [
    flow('10.20.1.2', 3, { device: 'wg9' }),
    flow('10.20.1.2', 1, { source: new Uint8Array(3) }),
  ]
  const after = set(rule(3, { action: 'rate_limit', rate: { pps: 1, burst: 1, scope: 'rule' } }))
  const { flows: judged, coverage } = dryRun({ ...before, ruleSet: after }, after, flows, [])
  expect(judged).toBe(0)
  expect(coverage).toContainEqual(expect.stringContaining('4 flow(s) were left out'))
  expect(coverage).toContain('rate limits count as not exceeded')
})

test('a flow is a packet again', () => {
  const found = packetOfFlow({
    source: Buffer.from('fd000000000000000000000000000001', 'hex'),
    destination: Buffer.from('fd000000000000000000000000000002', 'hex'),
    protocol: 58,
    direction: FlowDirection.FLOW_DIRECTION_EGRESS,
  })
  expect(found).toMatchObject({ direction: 'egress', packet: { family: 6, ports: undefined } })
  expect(packetOfFlow(null)).toBeUndefined()
})

test('the time looked at is bounded, and the last week unless said otherwise', () => {
  const dayMs = 86_400_000
  const now = 100 * dayMs
  expect(spanOf({ fromUnixMs: 0, toUnixMs: 0 }, now)).toEqual({
    fromUnixMs: now - 7 * dayMs,
    toUnixMs: now,
  })
  expect(() => spanOf({ fromUnixMs: now, toUnixMs: now }, now)).toThrow('from: must be before to')
  expect(() => spanOf({ fromUnixMs: dayMs, toUnixMs: now }, now)).toThrow('31 days')
})
