import { holdfast } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import { beforeEach, expect, test } from 'vitest'
import { emptyDevice } from '../apply/fake-host.ts'
import { fold } from '../follow/fold.ts'
import { emptyNode } from '../follow/node-state.ts'
import type { InterfaceStatus } from '../reconcile/interface-reconciler.ts'
import type { ObservedPeer } from '../reconcile/observed.ts'
import type { SavedState } from '../state/saved-state.ts'
import { commit, facts, interfaceId, keyOf, nodeId, until } from '../testing/samples.ts'
import { type Reporter, reporter } from './reporter.ts'

const { NodeReport } = holdfast.agent.v1
const { log } = createTelemetry('node-agent', { level: 'silent' })

let reports: holdfast.agent.v1.NodeReport[] = []
let isConnected = true
let statuses: InterfaceStatus[] = []
let saving: Promise<void> = Promise.resolve()
let told: Reporter

beforeEach(() => {
  reports = []
  isConnected = true
  statuses = []
  saving = Promise.resolve()
  const state = emptyNode()
  fold(state, commit(4, [facts.created({ name: 'wg0' })]))
  // as: the reporter reads these two
  const saved = { state, settled: () => saving } as SavedState
  told = reporter({
    nodeId,
    agentVersion: '0.1.0',
    instanceId: 'instance',
    saved,
    statuses: () => statuses,
    firewall: () => undefined,
    send(report) {
      if (isConnected) reports.push(NodeReport.decode(report))
      return isConnected
    },
    now: () => 1_800_000_000_000,
    log,
  })
})

const peer = (name: string, more: Partial<ObservedPeer> = {}): [string, ObservedPeer] => [
  keyOf(name),
  {
    publicKey: keyOf(name),
    presharedKey: undefined,
    endpoint: undefined,
    allowedIps: [],
    latestHandshakeUnixMs: 0,
    rxBytes: 0,
    txBytes: 0,
    keepaliveSeconds: 0,
    ...more,
  },
]

const status = (
  peers: readonly [string, ObservedPeer][],
  more: Partial<InterfaceStatus> = {},
): InterfaceStatus => ({
  interfaceId,
  revision: 4n,
  isEnforced: true,
  error: '',
  driver: 'userspace',
  desiredHash: Buffer.alloc(32, 1),
  observedHash: Buffer.alloc(32, 1),
  driftRepaired: 0,
  observed: { ...emptyDevice('wg0', 4), peers: new Map(peers) },
  isGone: false,
  ...more,
})

async function passed(one: InterfaceStatus, expected: number): Promise<void> {
  statuses = [one]
  told.passed(one)
  await until(() => reports.length >= expected, `report ${expected}`)
  // Whoever sent one too many did so in the same turn.
  await new Promise((resolve) => setImmediate(resolve))
  expect(reports).toHaveLength(expected)
}

test('after an apply the report says what is enforced', async () => {
  await passed(status([]), 1)
  expect(reports[0]).toMatchObject({ nodeId, appliedSequence: 4, instanceId: 'instance' })
  expect(reports[0]?.interfaces?.[0]).toMatchObject({
    interfaceId,
    appliedSequence: 4,
    isEnforced: true,
    driver: 'userspace',
    error: '',
  })
})

test('a pass without news is no report, a handshake is one', async () => {
  await passed(status([peer('a')]), 1)
  await passed(status([peer('a', { rxBytes: 9 })]), 1)
  await passed(status([peer('a', { latestHandshakeUnixMs: 5_000, rxBytes: 9 }), peer('b')]), 2)
  const peers = reports[1]?.interfaces?.[0]?.peers
  expect(peers).toHaveLength(1)
  expect(peers?.[0]).toMatchObject({ latestHandshakeUnixMs: 5_000, rxBytes: 9 })
  expect(Buffer.from(peers?.[0]?.publicKey ?? []).toString('base64')).toBe(keyOf('a'))
})

test('every so often come the figures that changed, and no others', async () => {
  statuses = [status([peer('a', { rxBytes: 1 }), peer('b')])]
  await told.tell(true)
  expect(reports[0]?.interfaces?.[0]).toMatchObject({ isFull: true })
  expect(reports[0]?.interfaces?.[0]?.peers).toHaveLength(2)
  statuses = [status([peer('a', { rxBytes: 2 }), peer('b')])]
  await told.tell(false)
  expect(reports[1]?.interfaces?.[0]).toMatchObject({ isFull: false })
  expect(reports[1]?.interfaces?.[0]?.peers).toHaveLength(1)
})

test('5,000 peers come in pieces of bounded size', async () => {
  statuses = [
    status(Array.from({ length: 5_000 }, (_, number) => peer(`p${number}`, { rxBytes: number }))),
  ]
  await told.tell(true)
  expect(reports).toHaveLength(5)
  for (const report of reports) {
    expect(NodeReport.encode(report).finish().length).toBeLessThan(256 * 1024)
  }
})

test('what was not sent is told in full later', async () => {
  isConnected = false
  statuses = [status([peer('a', { rxBytes: 1 })])]
  await told.tell(true)
  isConnected = true
  await told.tell(false)
  expect(reports[0]?.interfaces?.[0]).toMatchObject({ isFull: true })
  expect(reports[0]?.interfaces?.[0]?.peers).toHaveLength(1)
})

test('a failure holds back the sequence of the node', async () => {
  await passed(status([], { isEnforced: false, error: 'no room', revision: 4n }), 1)
  expect(reports[0]?.appliedSequence).toBe(0)
  expect(reports[0]?.interfaces?.[0]).toMatchObject({ isEnforced: false, error: 'no room' })
  await passed(status([]), 2)
  expect(reports[1]?.appliedSequence).toBe(4)
})

test('a disk that refuses is said', async () => {
  saving = Promise.reject(new Error('no space'))
  saving.catch(() => {})
  await passed(status([]), 1)
  expect(reports[0]?.interfaces?.[0]?.error).toMatch(/cannot be saved: no space/)
})

test('a node without interfaces still gives a sign of life', async () => {
  await told.tell(false)
  expect(reports).toHaveLength(1)
  expect(reports[0]?.interfaces).toEqual([])
})
