import { DomainError, defineError, invalid } from '@holdfast/errors'
import type { InjectOptions } from 'fastify'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { aPeer, bearer, type FakeGateway, fakeGateway } from '../testing/fake-gateway.ts'

const Taken = defineError('test.taken', 'conflict', (d: { by: string }) => `taken by ${d.by}`)
const Busy = defineError(
  'test.busy',
  'exhausted',
  (d: { retryAfterSeconds: number }) => `wait ${d.retryAfterSeconds}`,
)
let failure: unknown

let gateway: FakeGateway
beforeAll(async () => {
  gateway = await fakeGateway({
    peers: {
      createPeer: async () => {
        throw failure
      },
      getPeer: async () => {
        throw failure
      },
    },
  })
})
beforeEach(() => {
  gateway.calls.length = 0
})

const peers = `/api/v1/interfaces/${aPeer.interfaceId}/peers`
async function problem(options: InjectOptions) {
  const answer = await gateway.app.inject({
    ...options,
    headers: { ...bearer(), ...options.headers },
  })
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(answer.headers['cache-control']).toBe('no-store')
  const { trace_id, ...rest } = answer.json()
  expect(trace_id).toBe(String(answer.headers['x-request-id']).replaceAll('-', ''))
  return { rest, answer }
}

const fields = (detail: string, ...errors: [string, string, string][]) => ({
  type: 'urn:holdfast:problem:invalid',
  title: 'Invalid request',
  status: 400,
  detail,
  code: 'invalid',
  instance: peers,
  errors: errors.map(([field, code, what]) => ({ field, code, detail: what })),
})
const long = 'x'.repeat(200)

// What the shape alone shows; what a value means is the services' to judge.
test.each([
  ['nothing', undefined, fields('name: is required', ['name', 'required', 'is required'])],
  ['an empty object', {}, fields('name: is required', ['name', 'required', 'is required'])],
  ['an array', [], fields('body: must be an object', ['body', 'type', 'must be an object'])],
  ['a text', '"x"', fields('body: must be an object', ['body', 'type', 'must be an object'])],
  [
    'a number for a name',
    { name: 7 },
    fields('name: must be a string', ['name', 'type', 'must be a string']),
  ],
  [
    'null for a name',
    { name: null },
    fields('name: must be a string', ['name', 'type', 'must be a string']),
  ],
  [
    'an empty name',
    { name: '' },
    fields('name: must not be empty', ['name', 'too_short', 'must not be empty']),
  ],
  [
    'a long name',
    { name: long },
    fields('name: must have at most 128 characters', [
      'name',
      'too_long',
      'must have at most 128 characters',
    ]),
  ],
  [
    'an unknown field',
    { name: 'a', colour: 'red' },
    fields('colour: is not a field we know', ['colour', 'unknown_field', 'is not a field we know']),
  ],
  [
    'a port that is a text',
    { name: 'a', keepalive_seconds: '25' },
    fields('keepalive_seconds: must be an integer', [
      'keepalive_seconds',
      'type',
      'must be an integer',
    ]),
  ],
  [
    'a fraction',
    { name: 'a', keepalive_seconds: 1.5 },
    fields('keepalive_seconds: must be an integer', [
      'keepalive_seconds',
      'type',
      'must be an integer',
    ]),
  ],
  [
    'too small',
    { name: 'a', keepalive_seconds: -1 },
    fields('keepalive_seconds: must be >= 0', ['keepalive_seconds', 'range', 'must be >= 0']),
  ],
  [
    'too large',
    { name: 'a', keepalive_seconds: 65_536 },
    fields('keepalive_seconds: must be <= 65535', [
      'keepalive_seconds',
      'range',
      'must be <= 65535',
    ]),
  ],
  [
    'one address that is a number',
    { name: 'a', addresses: ['10.0.0.1', 5] },
    fields('addresses[1]: must be a string', ['addresses[1]', 'type', 'must be a string']),
  ],
  [
    'too many addresses',
    { name: 'a', addresses: Array(65).fill('10.0.0.1') },
    fields('addresses: must have at most 64 entries', [
      'addresses',
      'too_many',
      'must have at most 64 entries',
    ]),
  ],
  [
    'a time nobody can read',
    { name: 'a', expires_at: 'tomorrow' },
    fields('expires_at: must be an RFC 3339 time, for example 2030-01-31T12:00:00Z', [
      'expires_at',
      'format',
      'must be an RFC 3339 time, for example 2030-01-31T12:00:00Z',
    ]),
  ],
  [
    'a truth that is a text',
    { name: 'a', is_enabled: 'yes' },
    fields('is_enabled: must be a boolean', ['is_enabled', 'type', 'must be a boolean']),
  ],
  [
    'everything at once',
    { name: 1, dns: 'x', extra: 1, mtu: 2, public_key: long },
    fields(
      '5 fields are invalid',
      ['extra', 'unknown_field', 'is not a field we know'],
      ['mtu', 'unknown_field', 'is not a field we know'],
      ['name', 'type', 'must be a string'],
      ['public_key', 'too_long', 'must have at most 44 characters'],
      ['dns', 'type', 'must be an array'],
    ),
  ],
])('%s is refused, naming every bad field', async (_, payload, expected) => {
  const isText = typeof payload === 'string'
  const { rest } = await problem({
    method: 'POST',
    url: peers,
    ...(payload === undefined ? {} : { payload }),
    ...(isText || payload === undefined ? { headers: { 'content-type': 'application/json' } } : {}),
  })
  expect(rest).toEqual(expected)
  expect(gateway.calls).toEqual([])
})

test.each([
  [
    'broken JSON',
    '{"name": ',
    'application/json',
    400,
    'invalid',
    [{ field: 'body', code: 'malformed', detail: 'is not JSON' }],
  ],
  [
    'a poisoned prototype',
    '{"__proto__": {"a": 1}, "name": "a"}',
    'application/json',
    400,
    'invalid',
    [{ field: 'body', code: 'malformed', detail: 'is not JSON' }],
  ],
  [
    'a form',
    'name=a',
    'application/x-www-form-urlencoded',
    415,
    'gateway.unsupported_media_type',
    undefined,
  ],
  ['plain text', 'name', 'text/plain', 415, 'gateway.unsupported_media_type', undefined],
  [
    'more than a megabyte',
    `"${'x'.repeat(1024 * 1024)}"`,
    'application/json',
    413,
    'gateway.body_too_large',
    undefined,
  ],
])('%s', async (_, payload, type, status, code, errors) => {
  const { rest, answer } = await problem({
    method: 'POST',
    url: peers,
    payload,
    headers: { 'content-type': type },
  })
  expect(answer.statusCode).toBe(status)
  expect(rest.code).toBe(code)
  expect(rest.errors).toEqual(errors)
})

test('JSON is not what an import reads', async () => {
  const { rest } = await problem({ method: 'POST', url: '/api/v1/interfaces/import', payload: {} })
  expect(rest).toMatchObject({ status: 415, detail: 'Send the body as text/plain' })
})

test('an import may have eight megabytes and no more', async () => {
  const headers = { 'content-type': 'text/plain' }
  const url = '/api/v1/interfaces/import'
  const { rest } = await problem({
    method: 'POST',
    url,
    headers,
    payload: 'x'.repeat(8 * 1024 * 1024 + 1),
  })
  expect(rest).toMatchObject({ status: 413, code: 'gateway.body_too_large' })
})

test.each([
  ['limit=0', 'limit', 'range'],
  ['limit=1001', 'limit', 'range'],
  ['limit=ten', 'limit', 'type'],
  ['limit=1&limit=2', 'limit', 'type'],
  ['status=lost', 'status', 'one_of'],
  ['min_seq=-1', 'min_seq', 'pattern'],
  ['at=', 'at', 'too_short'],
  ['att=5', 'att', 'unknown_field'],
  ['cursor=', 'cursor', 'too_short'],
])('GET /peers?%s', async (query, field, code) => {
  const { rest } = await problem({ method: 'GET', url: `/api/v1/peers?${query}` })
  expect(rest).toMatchObject({ status: 400, errors: [{ field, code }] })
  expect(gateway.calls).toEqual([])
})

test('a known path with another method says which are possible', async () => {
  const { rest, answer } = await problem({ method: 'PUT', url: '/api/v1/peers/laptop' })
  expect(rest).toEqual({
    type: 'urn:holdfast:problem:gateway.method_not_allowed',
    title: 'Method not allowed',
    status: 405,
    detail: 'PUT is not possible here: use DELETE, GET, HEAD, PATCH',
    code: 'gateway.method_not_allowed',
    instance: '/api/v1/peers/laptop',
  })
  expect(answer.headers.allow).toBe('DELETE, GET, HEAD, PATCH')
})

test.each(['/', '/api', '/api/v1/nothing', '/api/v1/peers/a/b/c'])(
  'nothing answers at %s',
  async (url) => {
    const { rest } = await problem({ method: 'GET', url, headers: { authorization: '' } })
    expect(rest).toMatchObject({ status: 404, code: 'gateway.route_not_found', instance: url })
  },
)

test('a path that cannot be decoded', async () => {
  const answer = await gateway.app.inject({ method: 'GET', url: '/api/v1/peers/%E0%A4%A' })
  expect(answer.statusCode).toBe(400)
  expect(answer.headers['x-content-type-options']).toBe('nosniff')
  expect(answer.json()).toMatchObject({
    code: 'invalid',
    errors: [{ field: 'path', code: 'malformed' }],
  })
})

test('what a service says goes through with its fields', async () => {
  failure = invalid({ field: 'addresses[0]', code: 'cidr_invalid', detail: 'is no address' })
  const { rest } = await problem({ method: 'POST', url: peers, payload: { name: 'a' } })
  expect(rest).toEqual(
    fields('addresses[0]: is no address', ['addresses[0]', 'cidr_invalid', 'is no address']),
  )
})

test.each([
  [Taken({ by: 'phone' }), 409, 'test.taken', 'taken by phone', {}],
  [new DomainError('stale', 'stale', 'moved on'), 412, 'stale', 'moved on', {}],
  [new DomainError('key', 'key_reused', 'used'), 422, 'key', 'used', {}],
  [Busy({ retryAfterSeconds: 9 }), 429, 'test.busy', 'wait 9', { 'retry-after': '9' }],
  [new DomainError('x', 'exhausted', 'full'), 429, 'x', 'full', { 'retry-after': '5' }],
  [new DomainError('down', 'unavailable', 'down'), 503, 'down', 'down', { 'retry-after': '1' }],
  [
    new DomainError('t', 'unauthenticated', 'no'),
    401,
    't',
    'no',
    { 'www-authenticate': 'Bearer realm="holdfast", error="invalid_token"' },
  ],
  [
    new Error('secret of ours'),
    500,
    'internal',
    'Something went wrong on our side; the log has the details.',
    {},
  ],
  [
    new DomainError('db', 'internal', 'secret'),
    500,
    'internal',
    'Something went wrong on our side; the log has the details.',
    {},
  ],
])('%s', async (error, status, code, detail, headers) => {
  failure = error
  const { rest, answer } = await problem({ method: 'GET', url: '/api/v1/peers/laptop' })
  expect(rest).toMatchObject({ status, code, detail, instance: '/api/v1/peers/laptop' })
  expect(answer.headers).toMatchObject(headers)
  expect(answer.body).not.toContain('secret')
})

test('without a token, who asks learns how to sign in', async () => {
  const answer = await gateway.app.inject('/api/v1/peers')
  expect(answer.statusCode).toBe(401)
  expect(answer.headers['www-authenticate']).toBe('Bearer realm="holdfast"')
  expect(answer.json().code).toBe('access.not_signed_in')
})

test('an API key is told that keys come later', async () => {
  const answer = await gateway.app.inject({
    url: '/api/v1/peers',
    headers: { 'x-api-key': 'hf_k_1' },
  })
  expect(answer.statusCode).toBe(401)
  expect(answer.json().code).toBe('gateway.api_keys_unsupported')
  expect(answer.body).not.toContain('hf_k_1')
})
