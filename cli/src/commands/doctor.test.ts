import { beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../exit.ts'
import type { NodeFirewall, NodeObject } from '../model.ts'
import { answers, holdfast, signIn } from '../testing/harness.ts'
import { firewallChecks } from './firewall-checks.ts'

const now = Date.parse('2026-11-20T09:30:00.000Z')
const firewall: NodeFirewall = {
  backend: 'bpf',
  is_enforced: true,
  error: '',
  policy_version: 'ab'.repeat(32),
  proven_at: '2026-11-20T09:29:30.000Z',
  devices: [{ device: 'wg0', ingress_hook: 'tcx', egress_hook: 'tcx', error: '' }],
  troubles: [],
  capabilities: [
    { name: 'bpf', is_available: true, reason: '', minimum_kernel: '5.17', without: 'nftables' },
  ],
  pending_apply_id: '',
  pending_until: null,
  reverted_apply_id: '',
  rules: 12,
  drift_repaired: 0,
}
const node = (more: Partial<NodeFirewall> | null = {}): NodeObject => ({
  id: '01920000-0000-7000-8000-000000000003',
  name: 'gw',
  hostname: 'gw',
  platform: 'linux x64',
  endpoint_host: '',
  is_online: true,
  last_seen_at: '2026-11-20T09:29:59.000Z',
  agent_version: '0.1.0',
  applied_sequence: '7',
  uplinks: [],
  firewall: more === null ? null : { ...firewall, ...more },
})
const seenAs = (more: Partial<NodeFirewall> | null) =>
  firewallChecks(node(more), now).map((check) => `${check.state} ${check.name}: ${check.detail}`)

test('a host that proves what it enforces is well, and says with what', () => {
  expect(seenAs({})).toEqual([
    'ok firewall on gw: enforced: 12 rules by bpf, policy abababababab, read back 30 s ago',
    'ok gw can: bpf',
  ])
})

test('what a host cannot do is said with the reason, the kernel it needs and what follows', () => {
  const tcx = {
    name: 'tcx',
    is_available: false,
    reason: 'the kernel is 6.1',
    minimum_kernel: '6.6',
    without: 'classifiers are attached at clsact',
  }
  expect(seenAs({ capabilities: [tcx] }).at(-1)).toBe(
    'warning gw cannot tcx (Linux 6.6 and newer): the kernel is 6.1; without: classifiers are attached at clsact',
  )
})

test('what is not enforced is a failure, rule by rule and device by device', () => {
  const failed = seenAs({
    is_enforced: false,
    error: 'the verifier refused the program',
    devices: [{ device: 'eth0', ingress_hook: '', egress_hook: 'tc', error: 'no such device' }],
    troubles: [{ rule_id: 'r1', reason: 'needs XDP' }],
  })
  expect(failed.slice(0, 3)).toEqual([
    'failed firewall on gw: not enforced by bpf: the verifier refused the program',
    'failed firewall on gw, eth0: no such device',
    'failed firewall on gw, rule r1: needs XDP',
  ])
})

test.each<[string, Partial<NodeFirewall> | null]>([
  ['never spoken of', null],
  ['enforced by nothing', { is_enforced: false, backend: 'none' }],
  ['proven too long ago', { proven_at: '2026-11-20T09:26:00.000Z' }],
  ['never proven', { proven_at: null }],
])('a firewall %s is a failure', (_, more) => {
  expect(seenAs(more)[0]).toMatch(/^failed firewall on gw: /)
})

test('a host without rules is well, but says beforehand that it could not enforce any', () => {
  const none = { policy_version: '', proven_at: null, rules: 0 }
  expect(seenAs(none)[0]).toBe('ok firewall on gw: nothing to enforce yet')
  expect(seenAs({ ...none, backend: 'none', error: 'no BPF' })[0]).toBe(
    'warning firewall on gw: nothing to enforce, and it could not: no BPF',
  )
})

test('a change that waits for confirmation is a warning', () => {
  const until = '2026-11-20T09:31:00.000Z'
  expect(seenAs({ pending_apply_id: 'a', pending_until: until })[1]).toContain(until)
})

const list = (...items: object[]) => ({ status: 200, body: { items, next_cursor: null } })
beforeEach(async () => {
  await signIn()
  answers.set('GET /health', () => ({ status: 200, body: { status: 'ok' } }))
  answers.set('GET /auth/me', () => ({ status: 200, body: { user: { username: 'ada' } } }))
  answers.set('GET /operator/log', () => ({ status: 403, body: { code: 'access.denied' } }))
  answers.set('GET /interfaces', () => list())
  const checks = { auth: { ok: true }, network: { ok: true }, rules: { ok: true } }
  answers.set('GET /ready', () => ({ status: 200, body: { status: 'ready', checks } }))
})
const fresh = () => ({ proven_at: new Date().toISOString() })

test('doctor ends with 0 when everything is enforced', async () => {
  answers.set('GET /nodes', () => list(node(fresh())))
  const { exitCode, out } = await holdfast(['doctor'])
  expect(exitCode).toBe(exitCodes.ok)
  expect(out).toContain('firewall on gw: enforced')
  expect(out).toMatch(/rules: ready/)
})

test('doctor ends with 1 when a rule, an interface or a service is not well', async () => {
  answers.set('GET /nodes', () => list(node({ ...fresh(), is_enforced: false, error: 'no' })))
  expect((await holdfast(['doctor'])).exitCode).toBe(exitCodes.failed)

  answers.set('GET /nodes', () => list(node(fresh())))
  const enforcement = { state: 'pending', error: '', driver: '' }
  answers.set('GET /interfaces', () => list({ name: 'wg0', node_name: 'gw', enforcement }))
  const { exitCode, out } = await holdfast(['doctor', '--json'])
  expect(exitCode).toBe(exitCodes.failed)
  expect(JSON.parse(out)).toMatchObject({ healthy: false })

  answers.set('GET /interfaces', () => list())
  const checks = { rules: { ok: false, detail: 'cannot be reached' } }
  answers.set('GET /ready', () => ({ status: 503, body: { status: 'not_ready', checks } }))
  expect((await holdfast(['doctor'])).exitCode).toBe(exitCodes.failed)
})

test('what a host says cannot move the cursor', async () => {
  answers.set('GET /nodes', () =>
    list(node({ ...fresh(), is_enforced: false, error: '\u001b[2Jx' })),
  )
  expect((await holdfast(['doctor'])).out).not.toContain('\u001b[2J')
})

test('who is no operator hears of log and archive no more than whether changes are taken', async () => {
  answers.set('GET /nodes', () => list())
  const { exitCode, out } = await holdfast(['doctor'])
  expect(exitCode).toBe(exitCodes.ok)
  expect(out).not.toContain('archive')
  answers.set('GET /operator/log', () => ({
    status: 503,
    body: { code: 'rpc.unavailable', detail: 'backup cannot be reached' },
  }))
  const without = await holdfast(['doctor'])
  expect(without.exitCode).toBe(exitCodes.failed)
  expect(without.out).toContain('archive: backup cannot be reached')
})

const model = (name: string, more: object = {}) => ({
  service: 'network',
  name,
  state: 'equal',
  sequence: '1200000',
  goal: '1200000',
  seconds: 12.4,
  difference: null,
  error: '',
  ...more,
})
const compared = (state: string, ...items: object[]) => ({
  status: 200,
  body: {
    state,
    started_at: '2026-11-20T09:30:00.000Z',
    finished_at: state === 'running' ? null : '2026-11-20T09:30:41.000Z',
    items,
    silent: [],
  },
})
const path = '/operator/read-models/check'

test('doctor --deep waits for the comparison and says what it comes to', async () => {
  answers.set('GET /nodes', () => list(node(fresh())))
  answers.set(`POST ${path}`, () => ({ status: 202, body: {} }))
  let asked = 0
  answers.set(`GET ${path}`, () =>
    asked++ === 0
      ? compared('running', model('network.peers', { state: 'running', sequence: '1000' }))
      : compared('equal', model('network.peers'), model('network.nodes')),
  )
  const { exitCode, out, notes } = await holdfast(['doctor', '--deep'])
  expect(exitCode).toBe(exitCodes.ok)
  expect(out).toContain('read model network.peers: equal to a replay of 1,200,000 commits, 12 s')
  expect(out).toContain('2 read models, all equal to a replay of 1,200,000 commits, 41 s')
  expect(notes).toContain('0 of 1 read models compared; at network.peers 1,000 of 1,200,000')
})

test('doctor --deep ends with 1 and names the first row that differs', async () => {
  answers.set('GET /nodes', () => list(node(fresh())))
  answers.set(`POST ${path}`, () => ({ status: 202, body: {} }))
  const difference = {
    table: 'peers',
    key: { peer_id: 'p1' },
    kind: 'changed',
    columns: ['name'],
    rows: '3',
  }
  answers.set(`GET ${path}`, () =>
    compared(
      'different',
      model('network.peers', { state: 'different', difference }),
      model('network.nodes'),
    ),
  )
  const { exitCode, out } = await holdfast(['doctor', '--deep'])
  expect(exitCode).toBe(exitCodes.failed)
  expect(out).toContain('table peers, peer_id=p1: differs in name; the first of 3 rows')
  expect(out).toContain('2 read models: 1 differ from a replay')
  const json = await holdfast(['doctor', '--deep', '--json'])
  expect(json.exitCode).toBe(exitCodes.failed)
  expect(JSON.parse(json.out)).toMatchObject({
    healthy: false,
    read_models: { state: 'different', items: [{ difference }, {}] },
  })

  // Whoever may not, hears so.
  answers.set(`POST ${path}`, () => ({
    status: 403,
    body: { title: 'Forbidden', detail: 'You may not.', code: 'access.denied' },
  }))
  const refused = await holdfast(['doctor', '--deep'])
  expect(refused.exitCode).toBe(exitCodes.failed)
  expect(refused.out).toContain('You may not.')
})
