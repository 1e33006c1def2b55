import { holdfast } from '@holdfast/proto'
import { expect, test } from 'vitest'
import type { Host } from '../topology/host.ts'
import { defaultFirewall } from '../topology/network-events.ts'
import { type EnforcedRule, enforcementOf, enforcementUpTo } from './enforcement.ts'
import { FirewallBoard, onlineForMs } from './firewall-board.ts'

const now = 1_000_000
const version = Buffer.alloc(32, 1)

const host = (nodeId: string): Host => ({
  organizationId: 'o1',
  name: `gw-${nodeId}`,
  facts: {
    nodeId,
    siteId: '',
    interfaces: [
      { id: `i-${nodeId}`, device: 'wg0', listenPort: 1, firewall: defaultFirewall, peers: [] },
    ],
    uplinks: [],
    control: [],
  },
  interfaceNames: new Map([[`i-${nodeId}`, 'wg0']]),
  peers: new Map(),
})
const hosts = [host('n1'), host('n2')]
const rule: EnforcedRule = {
  id: 'r1',
  settings: { target: { kind: 'everything' }, isActive: true, expiresAtUnixMs: 0 },
  changedSequence: 10n,
}

function boardOf(
  reports: Readonly<Record<string, holdfast.agent.v1.FirewallReport.$Properties | null>>,
  at = now,
): FirewallBoard {
  const board = new FirewallBoard()
  for (const [nodeId, firewall] of Object.entries(reports)) {
    const data = holdfast.agent.v1.NodeReport.encode({
      nodeId,
      agentVersion: '0.1',
      firewall: firewall && {
        backend: holdfast.agent.v1.FirewallBackend.FIREWALL_BACKEND_BPF,
        policyVersion: version,
        observedVersion: version,
        isEnforced: true,
        ruleSetSequence: 10,
        ...firewall,
      },
    }).finish()
    board.take(nodeId, data, at)
  }
  return board
}

test('a rule is enforced where its last change was proved, and the rest says why not', () => {
  expect(enforcementOf(rule, hosts, boardOf({ n1: {}, n2: {} }), now)).toEqual({
    nodes: 2,
    enforced: 2,
    troubles: [],
  })
  const reasons = (...args: Parameters<typeof boardOf>) =>
    enforcementOf(rule, hosts, boardOf(...args), now).troubles.map(
      ({ nodeName, reason }) => `${nodeName}: ${reason}`,
    )
  expect(reasons({ n1: {}, n2: { ruleSetSequence: 9 } })).toEqual([
    'gw-n2: has the rules as of 9, not yet of 10',
  ])
  expect(reasons({ n1: {} })).toEqual(['gw-n2: the node has not reported yet'])
  expect(reasons({ n1: {}, n2: null })).toEqual([
    'gw-n2: its agent (0.1) has not spoken of a firewall',
  ])
  expect(reasons({ n1: {}, n2: { backend: 1, error: 'kernel 4.4 is too old' } })).toEqual([
    'gw-n2: kernel 4.4 is too old',
  ])
  expect(reasons({ n1: {}, n2: { isEnforced: false, error: 'the verifier refused' } })).toEqual([
    'gw-n2: the verifier refused',
  ])
})

test('a complete list of troubles clears the other rules, an error clears none', () => {
  const troubles = [{ ruleId: 'r2', reason: 'no such device' }]
  const of = (id: string, more: object) =>
    enforcementOf(
      { ...rule, id },
      [host('n1')],
      boardOf({ n1: { isEnforced: false, ...more } }),
      now,
    )
  expect(of('r1', { troubles })).toMatchObject({ enforced: 1 })
  expect(of('r2', { troubles }).troubles[0]?.reason).toBe('no such device')
  expect(of('r1', { troubles, error: 'not loaded' }).troubles[0]?.reason).toBe('not loaded')
  expect(of('r1', {}).enforced).toBe(0)
})

test('a silent host is not believed to enforce still', () => {
  const board = boardOf({ n1: {}, n2: {} }, now - onlineForMs - 1)
  const { enforced, troubles } = enforcementOf(rule, hosts, board, now)
  expect(enforced).toBe(0)
  expect(troubles[0]?.reason).toBe('silent since 1970-01-01T00:16:04.999Z; it enforced this then')
})

test('a rule that is off, over or of no device holds nowhere', () => {
  const board = boardOf({ n1: {}, n2: {} })
  const { settings } = rule
  const nodes = (more: object) =>
    enforcementOf({ ...rule, settings: { ...settings, ...more } }, hosts, board, now).nodes
  expect(nodes({ isActive: false })).toBe(0)
  expect(nodes({ expiresAtUnixMs: now })).toBe(0)
  expect(nodes({ target: { kind: 'uplinks', id: 'n1' } })).toBe(0)
  expect(nodes({ target: { kind: 'interface', id: 'i-n2' } })).toBe(1)
})

test('the set as a whole is enforced where all up to a commit is', () => {
  const troubles = [{ ruleId: 'r2', reason: 'no such device' }]
  const board = boardOf({ n1: {}, n2: { isEnforced: false, troubles } })
  expect(enforcementUpTo(10n, hosts, board, now)).toEqual({
    nodes: 2,
    enforced: 1,
    troubles: [
      { nodeId: 'n2', nodeName: 'gw-n2', reason: '1 rule(s) are not enforced, r2: no such device' },
    ],
  })
  expect(enforcementUpTo(11n, hosts, board, now).enforced).toBe(0)
})
