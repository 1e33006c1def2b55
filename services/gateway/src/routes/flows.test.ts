import { holdfast } from '@holdfast/proto'
import { expect, test } from 'vitest'
import { acme, aPeer, bearer, fakeGateway } from '../testing/fake-gateway.ts'

const { Flow, ListFlowsResponse } = holdfast.audit.v1
const id = 'f0b5a1de-0000-7000-8000-0000000000ff'
const flow = new Flow({
  id,
  organizationId: acme,
  nodeId: id,
  peerId: aPeer.id,
  policyVersion: 'ab',
  nodeName: 'gw',
  peerName: 'laptop',
  record: {
    firstUnixMs: 1_790_000_000_000,
    lastUnixMs: 1_790_000_000_900,
    verdict: 4,
    direction: 2,
    source: Buffer.from([10, 10, 0, 2]),
    destination: Buffer.from('fd000000000000000000000000000001', 'hex'),
    protocol: 17,
    destinationPort: 53,
    packets: 9_007_199_254_740_991,
    bytes: 40,
    device: 'wg0',
  },
})

const gateway = () =>
  fakeGateway({
    flows: { listFlows: async () => new ListFlowsResponse({ flows: [flow], nextCursor: 'more' }) },
    peers: { getPeer: async () => new holdfast.network.v1.GetPeerResponse({ peer: aPeer }) },
    interfaces: {
      getInterface: async () =>
        new holdfast.network.v1.GetInterfaceResponse({ interface: { id: aPeer.interfaceId } }),
    },
    rules: {
      getRule: async () => new holdfast.rules.v1.GetRuleResponse({ rule: { id } }),
    },
  })

test('flows are printed in words, absent things as null', async () => {
  const { app } = await gateway()
  const answer = await app.inject({ url: '/api/v1/flows', headers: bearer() })
  expect(answer.json()).toEqual({
    items: [
      {
        id,
        organization_id: acme,
        node_id: id,
        node_name: 'gw',
        device: 'wg0',
        interface_id: null,
        peer_id: aPeer.id,
        peer_name: 'laptop',
        rule_id: null,
        rule_name: null,
        policy_version: 'ab',
        verdict: 'default_drop',
        direction: 'egress',
        protocol: 'udp',
        source: '10.10.0.2',
        source_port: null,
        destination: 'fd00::1',
        destination_port: 53,
        packets: '9007199254740991',
        bytes: '40',
        first_seen_at: '2026-09-21T14:13:20.000Z',
        last_seen_at: '2026-09-21T14:13:20.900Z',
      },
    ],
    next_cursor: 'more',
  })
  expect(answer.headers.link).toBe('</api/v1/flows?cursor=more>; rel="next"')
})

test('names become ids, and words what the service knows', async () => {
  const { app, calls } = await gateway()
  const query =
    'interface=wg0&peer=laptop&rule=block&verdict=limited&direction=egress&address=10.0.0.0/8&port=53' +
    '&from=2026-11-20T09:00:00Z&to=2026-11-20T10:00:00Z'
  const answer = await app.inject({ url: `/api/v1/flows?${query}`, headers: bearer() })
  expect(answer.statusCode).toBe(200)
  expect(calls.at(-1)?.request).toEqual({
    limit: 0,
    cursor: '',
    filter: {
      organizationId: '',
      nodeId: '',
      interfaceId: aPeer.interfaceId,
      peerId: aPeer.id,
      ruleId: id,
      verdict: 3,
      direction: 2,
      address: '10.0.0.0/8',
      source: '',
      destination: '',
      port: 53,
      fromUnixMs: Date.UTC(2026, 10, 20, 9),
      toUnixMs: Date.UTC(2026, 10, 20, 10),
    },
  })
  // A name is looked up where it was said to be.
  const peer = calls.find(({ method }) => method === 'peers.getPeer')
  expect(peer?.request).toEqual({ peer: 'laptop', interface: aPeer.interfaceId })
})

test('what is no filter is refused', async () => {
  const { app, calls } = await gateway()
  const answer = await app.inject({
    url: '/api/v1/flows?verdict=maybe&port=0&from=yesterday&colour=red',
    headers: bearer(),
  })
  expect(answer.statusCode).toBe(400)
  const fields = answer.json().errors.map(({ field }: { field: string }) => field)
  expect(fields.sort()).toEqual(['colour', 'from', 'port', 'verdict'])
  expect(calls).toEqual([])
})
