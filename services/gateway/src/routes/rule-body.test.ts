import { holdfast } from '@holdfast/proto'
import { beforeEach, expect, test } from 'vitest'
import { bearer, type FakeGateway, fakeGateway } from '../testing/fake-gateway.ts'

const id = 'f0b5a1de-0000-7000-8000-0000000000ff'
const v1 = holdfast.rules.v1
const rule = new v1.Rule({
  id,
  revision: 3,
  settings: {
    name: 'web',
    action: v1.Action.ACTION_RATE_LIMIT,
    rate: { pps: 10, burst: 50, scope: v1.RateScope.RATE_SCOPE_SOURCE },
    destinationPorts: { from: 80, to: 443 },
  },
})
let gateway: FakeGateway
beforeEach(async () => {
  gateway = await fakeGateway({
    rules: {
      getRule: async () => new v1.GetRuleResponse({ rule }),
      createRule: async () => new v1.CreateRuleResponse({ rule }),
      updateRule: async () => new v1.UpdateRuleResponse({ rule }),
    },
    interfaces: {
      getInterface: async () =>
        new holdfast.network.v1.GetInterfaceResponse({ interface: { id, name: 'wg0' } }),
    },
  })
})

const send = async (method: 'POST' | 'PATCH', url: string, payload: object) => {
  const answer = await gateway.app.inject({
    method,
    url: `/api/v1${url}`,
    headers: { ...bearer(), 'holdfast-reason': encodeURIComponent('weil es so ist: ü') },
    payload,
  })
  return { answer, request: gateway.calls.at(-1)?.request as Record<string, unknown> }
}

test('what is not said has the defaults of the contract', async () => {
  const { request } = await send('POST', '/rules', { name: 'log-ssh', action: 'log' })
  expect(request['settings']).toEqual({
    name: 'log-ssh',
    action: v1.Action.ACTION_LOG,
    direction: v1.Direction.DIRECTION_INGRESS,
    protocol: v1.Protocol.PROTOCOL_ANY,
    source: '',
    destination: '',
    sourcePorts: null,
    destinationPorts: null,
    rate: null,
    priority: 100,
    isActive: true,
    continues: false,
    logs: false,
    target: { kind: v1.TargetKind.TARGET_KIND_EVERYTHING, id: '' },
    expiresAtUnixMs: 0,
    tags: [],
    description: '',
  })
})

test('one port is a range of one, and the name of a target becomes its id', async () => {
  const { request } = await send('POST', '/rules', {
    name: 'ssh',
    action: 'deny',
    protocol: 'tcp',
    dst_port_from: 22,
    target: { kind: 'interface', id: 'wg0' },
  })
  expect(request['settings']).toMatchObject({
    destinationPorts: { from: 22, to: 22 },
    target: { kind: v1.TargetKind.TARGET_KIND_INTERFACE, id },
  })
})

test('a change of a part completes it from what is there', async () => {
  const { request } = await send('PATCH', '/rules/web', { rate_pps: 20, dst_port_to: 8080 })
  expect(request['fields']).toEqual(['destination_ports', 'rate'])
  expect(request['settings']).toMatchObject({
    rate: { pps: 20, burst: 50, scope: v1.RateScope.RATE_SCOPE_SOURCE },
    destinationPorts: { from: 80, to: 8080 },
  })
})

test('null takes a range away', async () => {
  const { request } = await send('PATCH', '/rules/web', { dst_port_from: null })
  expect(request['fields']).toEqual(['destination_ports'])
  expect(request['settings']).toMatchObject({ destinationPorts: null })
})

test.each([
  [{ name: 'x', action: 'deny', dst_port_to: 5 }, 'dst_port_from'],
  [{ name: 'x', action: 'rate_limit', rate_burst: 5 }, 'rate_pps'],
  [{ name: 'x', action: 'deny', target: { kind: 'peer' } }, 'target.id'],
  [{ name: 'x', action: 'deny', target: { kind: 'everything', id: 'wg0' } }, 'target.id'],
])('%j names the field at fault', async (payload, field) => {
  const { answer } = await send('POST', '/rules', payload)
  expect(answer.statusCode).toBe(400)
  expect(answer.json()).toMatchObject({ errors: [{ field }] })
})
