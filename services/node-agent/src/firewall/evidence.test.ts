import type { HostFacts } from '@holdfast/policy'
import { holdfast } from '@holdfast/proto'
import { beforeEach, expect, test } from 'vitest'
import { fold } from '../follow/fold.ts'
import { emptyNode } from '../follow/node-state.ts'
import { nowhere } from '../follow/placement.ts'
import { commit, facts, interfaceId, nodeId, peerId } from '../testing/samples.ts'
import type { Flow } from './backend.ts'
import { type Evidence, evidence } from './evidence.ts'
import { hostFacts } from './facts.ts'
import { type FakeBackend, fakeBackend } from './fake-backend.ts'

const { FlowBatch, CounterReport } = holdfast.agent.v1
const uuid = (bytes: Uint8Array | null | undefined): string =>
  Buffer.from(bytes ?? []).toString('hex')
const plain = (id: string): string => id.replaceAll('-', '')

let backend: FakeBackend
let told: Evidence
let known: HostFacts

beforeEach(() => {
  const node = emptyNode()
  fold(
    node,
    commit(1, [
      facts.created({ name: 'wg0' }),
      facts.added(2, { addresses: ['10.9.0.2'], allowedIps: ['192.168.0.0/16'] }),
      facts.added(3, { addresses: ['192.168.7.1'] }),
      facts.added(4, { addresses: ['10.9.0.4'], isEnabled: false }),
      facts.added(5, { addresses: ['10.9.0.5'], expiresAtUnixMs: 5_000 }),
    ]),
  )
  const sources = {
    nodeId,
    node,
    placement: nowhere(),
    control: [],
    observedPort: () => undefined,
  }
  expect(hostFacts(sources, 1_000).nextExpiryUnixMs).toBe(5_000)
  known = hostFacts(sources, 5_000).facts
  backend = fakeBackend()
  told = evidence({
    backend,
    nodeId,
    instanceId: 'this start',
    flowsPerSecond: 5_000,
    facts: () => known,
    policy: () => ({ policy: { devices: [], views: [] }, version: new Uint8Array(32) }),
    now: () => 7,
  })
})

const flow = (more: Partial<Flow> = {}): Flow => ({
  ruleId: '01890000-0000-7000-a000-000000000001',
  verdict: 'limited',
  direction: 'ingress',
  source: new Uint8Array([192, 168, 7, 1]),
  destination: new Uint8Array([10, 9, 0, 1]),
  protocol: 17,
  sourcePort: 1,
  destinationPort: 2,
  packets: 3,
  bytes: 4,
  firstUnixMs: 5,
  lastUnixMs: 6,
  device: 'wg0',
  policyVersion: undefined,
  ...more,
})
const batches = () => told.flows().map(({ batch }) => FlowBatch.decode(batch))

test('only peers that are on the device have addresses', () => {
  expect(known.interfaces[0]?.peers.map(({ id }) => id)).toEqual([peerId(2), peerId(3)])
})

test('a flow says whose it is: the peer with the longest prefix around the remote address', () => {
  backend.drained = {
    flows: [
      flow(),
      flow({ direction: 'egress', destination: new Uint8Array([192, 168, 8, 1]) }),
      flow({ source: new Uint8Array([10, 9, 0, 4]), ruleId: '' }),
      flow({ device: 'eth0' }),
    ],
    lostFlows: 2,
    lostPackets: 20,
  }
  const [batch] = batches()
  const records = batch?.flows ?? []
  expect(records.map((each) => uuid(each.peerId))).toEqual([
    plain(peerId(3)),
    plain(peerId(2)),
    '',
    '',
  ])
  expect(records.map((each) => uuid(each.interfaceId))).toEqual([
    ...Array.from({ length: 3 }, () => plain(interfaceId)),
    '',
  ])
  expect(uuid(records[2]?.ruleId)).toBe('')
  expect(batch).toMatchObject({
    nodeId,
    instanceId: 'this start',
    number: 1,
    lostFlows: 2,
    lostPackets: 20,
  })
})

test('batches are numbered, bounded, of one policy each, and say what was not sent', () => {
  const version = new Uint8Array(32).fill(1)
  backend.drained = {
    flows: [...Array.from({ length: 2_500 }, () => flow()), flow({ policyVersion: version })],
    lostFlows: 0,
    lostPackets: 0,
  }
  const sent = batches()
  expect(sent.map(({ number, flows }) => [number, flows?.length])).toEqual([
    [1, 2_000],
    [2, 500],
    [3, 1],
  ])
  expect(uuid(sent[2]?.policyVersion)).toBe('01'.repeat(32))
  expect(batches()).toEqual([])
  told.unsent(5, 50)
  expect(batches()).toMatchObject([{ number: 4, flows: [], lostFlows: 5, lostPackets: 50 }])
})

test('counters tell totals of what changed', () => {
  const hits = (packets: number) => [
    { ruleId: peerId(1), direction: 'egress' as const, packets, bytes: packets, limitedPackets: 0 },
  ]
  expect(told.counters()).toEqual([])
  backend.hitCounts = hits(9)
  const [report] = told.counters().map((bytes) => CounterReport.decode(bytes))
  expect(report?.counters).toMatchObject([{ direction: 2, packets: 9, bytes: 9 }])
  expect(told.counters()).toEqual([])
})
