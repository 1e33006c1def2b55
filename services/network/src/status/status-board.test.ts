import { wgKeyBytes } from '@holdfast/net'
import { holdfast } from '@holdfast/proto'
import { expect, test } from 'vitest'
import { keyOf } from '../domain/fixtures.ts'
import { firewallBytes, firewallFromBytes } from './firewall-report.ts'
import { StatusBoard } from './status-board.ts'

const { NodeReport } = holdfast.agent.v1
const nodeId = 'n1'
const interfaceId = 'i1'

const report = (more: holdfast.agent.v1.NodeReport.$Properties = {}): Uint8Array =>
  NodeReport.encode({
    nodeId,
    agentVersion: '1',
    sentAtUnixMs: 100,
    appliedSequence: 7,
    instanceId: 'a',
    interfaces: [
      {
        interfaceId,
        appliedSequence: 7,
        isEnforced: true,
        driver: 'kernel',
        peers: [
          {
            publicKey: wgKeyBytes(keyOf(1)),
            latestHandshakeUnixMs: 90,
            rxBytes: 1,
            txBytes: 2,
            endpoint: '192.0.2.1:1',
          },
        ],
      },
    ],
    ...more,
  }).finish()
const key = { nodeId, interfaceId, publicKey: keyOf(1) }

test('the last word of a host is kept, and what changed is named once', () => {
  const board = new StatusBoard()
  board.take(nodeId, report(), 1000)
  expect(board.node(nodeId)).toEqual({
    lastSeenUnixMs: 1000,
    agentVersion: '1',
    appliedSequence: 7,
    instanceId: 'a',
  })
  expect(board.interface(nodeId, interfaceId)).toMatchObject({ isEnforced: true, driver: 'kernel' })
  expect(board.peer(key)).toMatchObject({
    latestHandshakeUnixMs: 90,
    rxBytes: 1,
    endpoint: '192.0.2.1:1',
  })
  const dirty = board.takeDirty()
  expect([dirty.nodes.length, dirty.interfaces.length, dirty.peers.length]).toEqual([1, 1, 1])
  expect(board.takeDirty().peers).toEqual([])
  board.returnDirty(dirty)
  expect(board.takeDirty().peers).toHaveLength(1)
})

test('a host speaks for itself only', () => {
  const board = new StatusBoard()
  board.take('n2', report(), 1000)
  expect(board.peer(key)).toBeUndefined()
  board.take('n2', report({ nodeId: 'n2' }), 1000)
  expect(board.peer(key)).toBeUndefined()
  expect(board.interface(nodeId, interfaceId)).toBeUndefined()
})

test('an older report of the same agent changes nothing, one of a new start does', () => {
  const board = new StatusBoard()
  board.take(nodeId, report({ sentAtUnixMs: 200 }), 1000)
  board.take(nodeId, report({ sentAtUnixMs: 150, agentVersion: 'old' }), 1001)
  expect(board.node(nodeId)?.agentVersion).toBe('1')
  board.take(nodeId, report({ sentAtUnixMs: 50, agentVersion: '2', instanceId: 'b' }), 1002)
  expect(board.node(nodeId)?.agentVersion).toBe('2')
})

test('a handshake that happened is not forgotten when the kernel is set up again', () => {
  const board = new StatusBoard()
  board.take(nodeId, report(), 1000)
  const peers = [
    { publicKey: wgKeyBytes(keyOf(1)), latestHandshakeUnixMs: 0, rxBytes: 0, txBytes: 0 },
  ]
  board.take(nodeId, report({ interfaces: [{ interfaceId, peers }] }), 1001)
  expect(board.peer(key)).toMatchObject({
    latestHandshakeUnixMs: 90,
    rxBytes: 0,
    endpoint: '192.0.2.1:1',
  })
})

test('what is said of the firewall holds until something else is said, or another agent says nothing', () => {
  const board = new StatusBoard()
  const firewall = {
    backend: 2,
    isEnforced: true,
    policyVersion: new Uint8Array(32).fill(7),
    capabilities: [{ name: 'bpf', isAvailable: true }],
  }
  board.take(nodeId, report({ firewall }), 1)
  board.take(nodeId, report({ sentAtUnixMs: 200 }), 2)
  expect(board.node(nodeId)?.firewall).toMatchObject({ backend: 2, isEnforced: true })
  board.take(nodeId, report({ sentAtUnixMs: 300, firewall: { error: 'no' } }), 3)
  expect(board.node(nodeId)?.firewall).toMatchObject({ backend: 0, isEnforced: false, error: 'no' })
  expect(board.node(nodeId)?.firewall?.capabilities).toEqual([])

  const [[, figures] = []] = board.takeDirty().nodes
  const restarted = new StatusBoard()
  if (figures) restarted.putNode(nodeId, figures)
  restarted.take(nodeId, report({ sentAtUnixMs: 400 }), 4)
  expect(restarted.node(nodeId)?.firewall?.error).toBe('no')
  restarted.take(nodeId, report({ instanceId: 'b' }), 5)
  expect(restarted.node(nodeId)?.firewall).toBeUndefined()
})

test('a host cannot say too much about its firewall', () => {
  const board = new StatusBoard()
  const firewall = {
    backend: 9,
    error: `\0${'x'.repeat(5000)}`,
    provenAtUnixMs: 2 ** 60,
    policyVersion: new Uint8Array(31),
    devices: Array.from({ length: 500 }, () => ({ device: 'eth0', unparsablePackets: 2 ** 60 })),
    troubles: Array.from({ length: 500 }, () => ({ ruleId: 'r', reason: 'no' })),
    capabilities: Array.from({ length: 500 }, () => ({ name: 'bpf' })),
  }
  board.take(nodeId, report({ firewall }), 1)
  const taken = board.node(nodeId)?.firewall
  expect(taken).toMatchObject({ backend: 0, provenAtUnixMs: 0, policyVersion: new Uint8Array() })
  expect(taken?.error).toBe('x'.repeat(1000))
  expect(taken?.devices?.[0]?.unparsablePackets).toBe(0)
  const counts = [taken?.devices, taken?.troubles, taken?.capabilities].map((list) => list?.length)
  expect(counts).toEqual([128, 100, 128])
  expect(firewallFromBytes(firewallBytes(taken ?? {}))).toEqual(taken)
})

test('nonsense is passed over', () => {
  const board = new StatusBoard()
  board.take(nodeId, Buffer.from('nonsense'), 1)
  board.take(nodeId, new Uint8Array(), 1)
  expect(board.node(nodeId)).toBeUndefined()
  const peers = [
    { publicKey: new Uint8Array(31), rxBytes: 1 },
    { publicKey: wgKeyBytes(keyOf(2)), rxBytes: 2 ** 60, latestHandshakeUnixMs: 2 ** 60 },
  ]
  board.take(nodeId, report({ interfaces: [{ interfaceId, error: 'x'.repeat(5000), peers }] }), 1)
  expect(board.takeDirty().peers).toHaveLength(1)
  expect(board.peer({ ...key, publicKey: keyOf(2) })).toMatchObject({
    rxBytes: 0,
    latestHandshakeUnixMs: 0,
  })
  expect(board.interface(nodeId, interfaceId)?.error).toHaveLength(1000)
})
