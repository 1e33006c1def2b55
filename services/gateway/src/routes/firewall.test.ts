import { holdfast } from '@holdfast/proto'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { acme, bearer, type FakeGateway, fakeGateway } from '../testing/fake-gateway.ts'

const network = holdfast.network.v1
const id = 'f0b5a1de-0000-7000-8000-0000000000ff'
const drop = 2

let gateway: FakeGateway
beforeAll(async () => {
  const wg0 = new network.Interface({
    id,
    name: 'wg0',
    firewall: { defaultVerdict: drop, isStateful: true, unparsableVerdict: drop },
  })
  const node = new network.Node({
    id,
    organizationId: acme,
    name: 'gw',
    uplinks: [{ device: 'eth0', firewall: { defaultVerdict: 1, unparsableVerdict: drop } }],
    firewall: {
      backend: 2,
      policyVersion: new Uint8Array(32).fill(0xab),
      provenAtUnixMs: 1_790_000_000_000,
      devices: [{ device: 'eth0', ingressHook: 'xdp', error: 'no egress', unparsablePackets: 7 }],
      troubles: [{ ruleId: id, reason: 'the verifier refused it' }],
      capabilities: [{ name: 'tcx', reason: 'needs Linux 6.6' }],
    },
  })
  gateway = await fakeGateway({
    interfaces: {
      createInterface: async () => new network.CreateInterfaceResponse({ interface: wg0 }),
      updateInterface: async () => new network.UpdateInterfaceResponse({ interface: wg0 }),
    },
    nodes: {
      getNode: async () => new network.GetNodeResponse({ node }),
      updateNode: async () => new network.UpdateNodeResponse({ node }),
    },
  })
})
beforeEach(() => {
  gateway.calls.length = 0
})

async function send(method: 'GET' | 'POST' | 'PATCH', path: string, payload?: object) {
  const answer = await gateway.app.inject({
    method,
    url: `/api/v1${path}`,
    headers: bearer(),
    ...(payload ? { payload } : {}),
  })
  return { answer, request: gateway.calls.at(-1)?.request }
}

test('an interface is made with its firewall, and shows it', async () => {
  const body = { name: 'wg0', addresses: ['10.1.0.1/24'], firewall: { default_verdict: 'drop' } }
  const { answer, request } = await send('POST', '/interfaces', body)
  expect(request).toMatchObject({ firewall: { defaultVerdict: drop, unparsableVerdict: 0 } })
  expect(answer.json()).toMatchObject({
    firewall: {
      default_verdict: 'drop',
      stateful: true,
      drop_fragments: false,
      unparsable_verdict: 'drop',
    },
  })
})

test('a change of the firewall says only what changes', async () => {
  const { request } = await send('PATCH', `/interfaces/${id}`, { firewall: { stateful: false } })
  expect(request).toMatchObject({
    mtu: null,
    firewall: {
      defaultVerdict: 0,
      isStateful: false,
      dropsFragments: null,
      unparsableVerdict: 0,
    },
  })
  expect((await send('PATCH', `/interfaces/${id}`, { mtu: 1400 })).request).toMatchObject({
    firewall: null,
  })
})

test('uplinks are replaced all at once, or stay', async () => {
  const uplinks = [{ device: 'eth0', default_verdict: 'drop' }, { device: 'eth1' }]
  expect((await send('PATCH', `/nodes/${id}`, { uplinks })).request).toMatchObject({
    uplinks: {
      uplinks: [
        { device: 'eth0', firewall: { defaultVerdict: drop } },
        { device: 'eth1', firewall: { defaultVerdict: 0 } },
      ],
    },
  })
  expect((await send('PATCH', `/nodes/${id}`, { uplinks: [] })).request).toMatchObject({
    uplinks: { uplinks: [] },
  })
  expect((await send('PATCH', `/nodes/${id}`, { name: 'gw' })).request).toMatchObject({
    uplinks: null,
  })
})

test.each([
  ['/interfaces/x', { firewall: { default_verdict: 'maybe' } }, 'firewall.default_verdict'],
  ['/interfaces/x', { firewall: { drop: true } }, 'firewall.drop'],
  ['/interfaces/x', { firewall: { stateful: 'yes' } }, 'firewall.stateful'],
  ['/interfaces/x', { firewall: null }, 'firewall'],
  ['/nodes/x', { uplinks: [{ device: 'eth0', stateful: 1 }] }, 'uplinks[0].stateful'],
  ['/nodes/x', { uplinks: [{ default_verdict: 'drop' }] }, 'uplinks[0].device'],
  ['/nodes/x', { uplinks: 'eth0' }, 'uplinks'],
])('%s refuses %o by field', async (path, body, field) => {
  const { answer, request } = await send('PATCH', path, body)
  expect(answer.statusCode).toBe(400)
  expect(answer.json<{ errors: { field: string }[] }>().errors.map((one) => one.field)).toEqual([
    field,
  ])
  expect(request).toBeUndefined()
})

test('a node shows what its host says of enforcing', async () => {
  const { answer } = await send('GET', `/nodes/${id}`)
  expect(answer.json()).toMatchObject({
    uplinks: [{ device: 'eth0', default_verdict: 'pass', stateful: false }],
    firewall: {
      backend: 'bpf',
      is_enforced: false,
      policy_version: 'ab'.repeat(32),
      observed_version: '',
      proven_at: '2026-09-21T14:13:20.000Z',
      devices: [
        {
          device: 'eth0',
          interface_id: null,
          ingress_hook: 'xdp',
          egress_hook: '',
          error: 'no egress',
          unparsable_packets: '7',
        },
      ],
      troubles: [{ rule_id: id, reason: 'the verifier refused it' }],
      capabilities: [{ name: 'tcx', is_available: false, reason: 'needs Linux 6.6' }],
      pending_until: null,
    },
  })
})
