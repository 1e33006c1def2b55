import { holdfast } from '@holdfast/proto'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { aPeer, bearer, type FakeGateway, fakeGateway } from '../testing/fake-gateway.ts'
import { canonicalJson } from './canonical-json.ts'

const { network } = { network: holdfast.network.v1 }
let gateway: FakeGateway
beforeAll(async () => {
  gateway = await fakeGateway({
    peers: {
      createPeer: async (_request, options) => {
        options?.onSequence?.(1042n)
        return new network.CreatePeerResponse({ peer: aPeer })
      },
      updatePeer: async () => new network.UpdatePeerResponse({ peer: aPeer }),
      getPeer: async () => new network.GetPeerResponse({ peer: aPeer }),
      listPeers: async () => new network.ListPeersResponse({ peers: [aPeer], nextCursor: 'a b/c' }),
    },
    interfaces: {
      getInterface: async () =>
        new network.GetInterfaceResponse({ interface: { id: aPeer.interfaceId, name: 'wg0' } }),
    },
    auth: {
      login: async () => new holdfast.auth.v1.LoginResponse({ tokens: { accessToken: 'a' } }),
    },
  })
})
beforeEach(() => {
  gateway.calls.length = 0
})

const on = aPeer.interfaceId
async function create(
  payload: object,
  headers: Record<string, string> = {},
  path = `/interfaces/${on}/peers`,
) {
  const answer = await gateway.app.inject({
    method: 'POST',
    url: `/api/v1${path}`,
    headers: { ...bearer(), ...headers },
    payload,
  })
  return { answer, options: gateway.calls.at(-1)?.options }
}

test('a write answers the object, its address, its tag and its sequence', async () => {
  const { answer } = await create({ name: 'laptop' })
  expect(answer.statusCode).toBe(201)
  expect(answer.headers).toMatchObject({
    location: `/api/v1/peers/${aPeer.id}`,
    etag: '"7"',
    'holdfast-sequence': '1042',
    'cache-control': 'no-store',
  })
  expect(answer.json()).toEqual({
    id: aPeer.id,
    organization_id: aPeer.organizationId,
    node_id: aPeer.nodeId,
    interface_id: aPeer.interfaceId,
    interface_name: 'wg0',
    name: 'laptop',
    public_key: aPeer.publicKey,
    addresses: ['10.10.0.2'],
    allowed_ips: [],
    client_allowed_ips: [],
    endpoint: '',
    keepalive_seconds: 25,
    dns: [],
    is_enabled: true,
    expires_at: null,
    has_preshared_key: false,
    has_private_key: false,
    description: '',
    created_at: '2026-09-21T14:13:20.000Z',
    updated_at: '2026-09-21T14:13:20.000Z',
    status: 'new',
    latest_handshake_at: null,
    rx_bytes: '9007199254740991',
    tx_bytes: '0',
    observed_endpoint: '',
    enforcement: 'pending',
    revision: '7',
  })
})

test('one key is one command, whatever the order of the fields', async () => {
  const key = { 'idempotency-key': 'laptop-1' }
  const first = (await create({ name: 'a', description: 'b' }, key)).options
  const again = (await create({ description: 'b', name: 'a' }, key)).options
  expect(first).toMatchObject({ isKeyed: true, commandId: again?.commandId })
  expect(first?.requestHash).toHaveLength(32)
  expect(again?.requestHash).toEqual(first?.requestHash)
})

test('another body, path, person or key is another request', async () => {
  const key = { 'idempotency-key': 'laptop-1' }
  const first = (await create({ name: 'a' }, key)).options
  const body = (await create({ name: 'b' }, key)).options
  expect(body?.commandId).toBe(first?.commandId)
  expect(body?.requestHash).not.toEqual(first?.requestHash)
  const path = (await create({ name: 'a', interface_id: on }, key, '/peers')).options
  expect(path?.commandId).toBe(first?.commandId)
  expect(path?.requestHash).not.toEqual(first?.requestHash)
  const other = (await create({ name: 'a' }, { 'idempotency-key': 'laptop-2' })).options
  expect(other?.commandId).not.toBe(first?.commandId)
  const person = (await create({ name: 'a' }, { ...key, ...bearer({ sub: 'somebody-else' }) }))
    .options
  expect(person?.commandId).not.toBe(first?.commandId)
})

test('without a key every request is a command of its own', async () => {
  const first = (await create({ name: 'a' })).options
  const second = (await create({ name: 'a' })).options
  expect(first?.isKeyed).toBeUndefined()
  expect(first?.requestHash).toBeUndefined()
  expect(second?.commandId).not.toBe(first?.commandId)
})

test.each(['', 'with blank', 'ümlaut', 'x'.repeat(256)])('the key "%s" is refused', async (key) => {
  const { answer } = await create({ name: 'a' }, { 'idempotency-key': key })
  expect(answer.statusCode).toBe(400)
  expect(answer.json().errors).toEqual([
    {
      field: 'Idempotency-Key',
      code: 'malformed',
      detail: 'must be 1 to 255 visible ASCII characters',
    },
  ])
  expect(gateway.calls).toEqual([])
})

test('a sign-in has no key: its answer is a secret', async () => {
  await gateway.app.inject({
    method: 'POST',
    url: '/api/v1/auth/login',
    headers: { 'idempotency-key': 'k' },
    payload: { username: 'ada', password: 'p' },
  })
  expect(gateway.calls[0]?.options.isKeyed).toBeUndefined()
})

const patch = (headers: Record<string, string>) =>
  gateway.app.inject({
    method: 'PATCH',
    url: `/api/v1/peers/${aPeer.id}`,
    headers: { ...bearer(), ...headers },
    payload: { name: 'phone' },
  })

test.each([
  [{}, undefined],
  [{ 'if-match': '*' }, undefined],
  [{ 'if-match': '"7"' }, 7n],
  [{ 'if-match': '"999999999999999999"' }, 999999999999999999n],
])('%j expects revision %s', async (headers, revision) => {
  expect((await patch(headers)).statusCode).toBe(200)
  expect(gateway.calls[0]?.options.expectedRevision).toBe(revision)
})

test.each(['7', 'W/"7"', '"7", "8"', '"x"', '""', '"-1"', '"07"'])(
  'If-Match: %s is refused',
  async (value) => {
    const answer = await patch({ 'if-match': value })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors).toMatchObject([{ field: 'If-Match', code: 'malformed' }])
    expect(gateway.calls).toEqual([])
  },
)

test('what does not exist yet has no state to expect', async () => {
  const { answer } = await create({ name: 'a' }, { 'if-match': '"7"' })
  expect(answer.json().errors).toMatchObject([{ field: 'If-Match', code: 'unknown_field' }])
})

test.each([
  ['"7"', 304],
  ['W/"7"', 304],
  ['"6", "7"', 304],
  ['*', 304],
  ['"6"', 200],
  ['garbage', 200],
])('If-None-Match: %s answers %i', async (value, status) => {
  const answer = await gateway.app.inject({
    url: `/api/v1/peers/${aPeer.id}`,
    headers: { ...bearer(), 'if-none-match': value },
  })
  expect(answer.statusCode).toBe(status)
  expect(answer.headers.etag).toBe('"7"')
  if (status === 304) expect(answer.body).toBe('')
})

test('a read waits for the sequence it names', async () => {
  await gateway.app.inject({ url: '/api/v1/peers?min_seq=1042', headers: bearer() })
  expect(gateway.calls[0]?.options.minSequence).toBe(1042n)
})

test('a page says where the next one is, keeping the filters', async () => {
  const answer = await gateway.app.inject({
    url: '/api/v1/peers?interface=wg0&limit=1&q=a%26b&cursor=old',
    headers: bearer(),
  })
  expect(answer.json()).toMatchObject({ items: [{ id: aPeer.id }], next_cursor: 'a b/c' })
  expect(answer.headers.link).toBe(
    '</api/v1/peers?interface=wg0&limit=1&q=a%26b&cursor=a+b%2Fc>; rel="next"',
  )
  expect(gateway.calls.map(({ method }) => method)).toEqual([
    'interfaces.getInterface',
    'peers.listPeers',
  ])
  expect(gateway.calls[1]?.request).toMatchObject({
    interfaceId: on,
    limit: 1,
    cursor: 'old',
    query: 'a&b',
    status: 0,
  })
})

test('an id is used as it is, a name is looked up', async () => {
  await create({ name: 'a' })
  expect(gateway.calls.map(({ method }) => method)).toEqual(['peers.createPeer'])
  await create({ name: 'a' }, {}, '/interfaces/wg0/peers')
  expect(gateway.calls.map(({ method }) => method)).toEqual([
    'peers.createPeer',
    'interfaces.getInterface',
    'peers.createPeer',
  ])
  expect(gateway.calls[2]?.request).toMatchObject({ interfaceId: on })
})

test('every call carries the token, the correlation id and a deadline', async () => {
  const { answer, options } = await create({ name: 'a' })
  expect(options).toMatchObject({
    correlationId: answer.headers['x-request-id'],
    timeoutMs: 30_000,
  })
  expect(options?.accessToken).toMatch(/^ey/)
})

test('JSON with the same content has one text', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true, u: undefined })).toBe(
    '{"a":true,"b":[1,{"c":"x","d":null}]}',
  )
})
