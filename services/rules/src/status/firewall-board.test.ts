import { holdfast } from '@holdfast/proto'
import { expect, test } from 'vitest'
import { FirewallBoard, hourOf, type NodeFirewall } from './firewall-board.ts'

const { NodeReport, FirewallBackend } = holdfast.agent.v1
const version = Buffer.alloc(32, 1)

const report = (
  firewall: holdfast.agent.v1.FirewallReport.$Properties | null,
  more: holdfast.agent.v1.NodeReport.$Properties = {},
): Uint8Array =>
  NodeReport.encode({
    nodeId: 'n1',
    agentVersion: '1',
    sentAtUnixMs: 100,
    instanceId: 'a',
    firewall,
    ...more,
  }).finish()
const enforced: holdfast.agent.v1.FirewallReport.$Properties = {
  backend: FirewallBackend.FIREWALL_BACKEND_BPF,
  ruleSetSequence: 7,
  policyVersion: version,
  observedVersion: version,
  isEnforced: true,
  provenAtUnixMs: 99,
}

test('what a host enforces is kept, and each change of it is an acknowledgement', () => {
  const board = new FirewallBoard()
  board.take('n1', report(enforced), 1000)
  board.take('n1', report({ ...enforced, provenAtUnixMs: 120 }), 1010)
  board.take('n1', report(null), 1020)
  board.take('n1', report({ ...enforced, ruleSetSequence: 9 }), 1030)
  expect(board.node('n1')).toMatchObject({
    lastSeenUnixMs: 1030,
    firewall: { backend: 'bpf', ruleSetSequence: 9n, isEnforced: true, provenAtUnixMs: 99 },
  })
  const { nodes, acknowledgements } = board.takeDirty()
  expect(nodes).toHaveLength(1)
  expect(acknowledgements.map((a) => [a.reportedAtUnixMs, a.ruleSetSequence])).toEqual([
    [1000, 7n],
    [1030, 9n],
  ])
  expect(board.takeDirty().acknowledgements).toEqual([])
})

test('a claim whose proof is of something else is no proof', () => {
  const board = new FirewallBoard()
  board.take('n1', report({ ...enforced, observedVersion: Buffer.alloc(32, 2) }), 1)
  expect(board.node('n1')?.firewall?.isEnforced).toBe(false)
  board.take('n1', report({ ...enforced, backend: 77 as holdfast.agent.v1.FirewallBackend }), 2)
  expect(board.node('n1')?.firewall?.backend).toBe('none')
})

test('a host speaks for itself only, nonsense and older words are passed over', () => {
  const board = new FirewallBoard()
  board.take('n2', report(enforced), 1)
  board.take('n1', Buffer.from('nonsense'), 1)
  board.take('n1', new Uint8Array(), 1)
  expect([board.node('n1'), board.node('n2')]).toEqual([undefined, undefined])
  board.take('n1', report(enforced, { sentAtUnixMs: 200 }), 1)
  board.take('n1', report({ ...enforced, ruleSetSequence: 3 }, { sentAtUnixMs: 150 }), 2)
  expect(board.node('n1')?.firewall?.ruleSetSequence).toBe(7n)
  // A new start of the agent may have a clock that was set back.
  const restarted = report(
    { ...enforced, ruleSetSequence: 3 },
    { sentAtUnixMs: 5, instanceId: 'b' },
  )
  board.take('n1', restarted, 3)
  expect(board.node('n1')?.firewall?.ruleSetSequence).toBe(3n)
  const troubles = Array.from({ length: 500 }, () => ({ ruleId: 'r', reason: 'x'.repeat(5000) }))
  const wild = { ...enforced, ruleSetSequence: 2 ** 60, troubles, error: 'a\0b' }
  board.take('n1', report(wild, { instanceId: 'c' }), 4)
  const { firewall } = board.node('n1') as NodeFirewall // as: it has just been reported
  expect(firewall?.ruleSetSequence).toBe(0n)
  expect(firewall?.error).toBe('ab')
  expect(firewall?.troubles.get('r')).toHaveLength(1000)
})

test('time counts as watched between reports that follow each other while rules were enforced', () => {
  const board = new FirewallBoard()
  const start = 3_600_000
  board.take('n1', report(enforced), start)
  board.take('n1', report(null), start + 10_000)
  board.take('n1', report(null), start + 20_000)
  board.take('n1', report({ ...enforced, isEnforced: false }), start + 100_000) // a gap before it
  board.take('n1', report(enforced), start + 110_000) // not enforced in between
  board.take('n1', report(null), start + 120_000)
  const dirty = board.takeDirty()
  expect(dirty.coverage).toEqual([{ nodeId: 'n1', hourUnixMs: hourOf(start), countedMs: 30_000 }])
  board.returnDirty(dirty)
  board.take('n1', report(null), start + 121_000)
  expect(board.takeDirty().coverage[0]?.countedMs).toBe(31_000)
})
