import { holdfast } from '@holdfast/proto'
import type { FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { aPeer, bearer, fakeGateway, someone } from '../testing/fake-gateway.ts'
import { overload } from './pressure.ts'

const fakes = {
  peers: { getPeer: async () => new holdfast.network.v1.GetPeerResponse({ peer: aPeer }) },
  auth: { login: async () => new holdfast.auth.v1.LoginResponse({ tokens: { accessToken: 'a' } }) },
}
const off = { perPrincipal: 0, perAddress: 0, signIn: 0 }
const read = (
  app: FastifyInstance,
  headers: Record<string, string> = bearer(),
  from = '203.0.113.7',
) => app.inject({ url: '/api/v1/peers/laptop', headers, remoteAddress: from })
const signIn = (app: FastifyInstance, from = '203.0.113.7') =>
  app.inject({
    method: 'POST',
    url: '/api/v1/auth/login',
    payload: { username: 'ada', password: 'p' },
    remoteAddress: from,
  })

test('sign-ins of one address are counted strictly', async () => {
  const { app } = await fakeGateway(fakes, { limits: { ...off, signIn: 2 } })
  const first = await signIn(app)
  expect(first.headers).toMatchObject({ 'ratelimit-limit': '2', 'ratelimit-remaining': '1' })
  await signIn(app)
  const third = await signIn(app)
  expect(third.statusCode).toBe(429)
  expect(third.json().code).toBe('gateway.too_many_requests')
  expect(third.headers['retry-after']).toBe(third.headers['ratelimit-reset'])
  expect((await signIn(app, '203.0.113.8')).statusCode).toBe(200)
})

test('a token counts for its user only once a service has taken it', async () => {
  const { app } = await fakeGateway(fakes, { limits: { ...off, perAddress: 2, perPrincipal: 3 } })
  const headers = bearer()
  // The first is nobody's yet, so it counts for the address; the rest count for the user.
  const limits = []
  for (let i = 0; i < 4; i += 1) limits.push((await read(app, headers)).headers['ratelimit-limit'])
  expect(limits).toEqual(['2', '3', '3', '3'])
  expect((await read(app, headers)).statusCode).toBe(429)
})

test('made-up tokens do not escape the limit of their address', async () => {
  const { app } = await fakeGateway(
    {
      peers: {
        getPeer: async () => {
          throw new Error('refused')
        },
      },
    },
    { limits: { ...off, perAddress: 2, perPrincipal: 1000 } },
  )
  const statuses = []
  for (let i = 0; i < 4; i += 1)
    statuses.push((await read(app, bearer({ sub: `u${i}` }))).statusCode)
  expect(statuses).toEqual([500, 500, 429, 429])
})

test('one IPv6 host is one client, whatever address of its network it uses', async () => {
  const { app } = await fakeGateway(fakes, { limits: { ...off, signIn: 1 } })
  expect((await signIn(app, '2001:db8:1:2::1')).statusCode).toBe(200)
  expect((await signIn(app, '2001:db8:1:2:ffff::9')).statusCode).toBe(429)
  expect((await signIn(app, '2001:db8:1:3::1')).statusCode).toBe(200)
})

test('X-Forwarded-For is believed from a trusted proxy only', async () => {
  const seen: unknown[] = []
  const login = async (request: object) => {
    seen.push(Reflect.get(request, 'clientAddress'))
    return new holdfast.auth.v1.LoginResponse({ tokens: { accessToken: 'a' } })
  }
  const send = async (trustedProxies: string[]) => {
    const { app } = await fakeGateway({ auth: { login } }, { trustedProxies })
    await app.inject({
      method: 'POST',
      url: '/api/v1/auth/login',
      headers: { 'x-forwarded-for': '198.51.100.1' },
      payload: { email: 'a@b', password: 'p' },
      remoteAddress: '10.0.0.1',
    })
  }
  await send([])
  await send(['192.168.0.0/16'])
  await send(['10.0.0.0/8'])
  expect(seen).toEqual(['10.0.0.1', '10.0.0.1', '198.51.100.1'])
})

test('overload is answered at once, except to probes', async () => {
  let isBusy = false
  const { app, calls } = await fakeGateway(fakes, { isOverloaded: () => isBusy })
  expect((await read(app)).statusCode).toBe(200)
  isBusy = true
  const refused = await read(app)
  expect(refused.statusCode).toBe(503)
  expect(refused.json().code).toBe('gateway.under_pressure')
  expect(refused.headers['retry-after']).toBe('1')
  expect(calls).toHaveLength(1)
  expect((await app.inject('/api/v1/health')).statusCode).toBe(200)
})

test('one long pause is no overload', () => {
  const judge = overload()
  expect([10, 3000, 10, 600, 600, 600, 10].map(judge)).toEqual([
    false,
    false,
    false,
    false,
    true,
    true,
    false,
  ])
})

test('probes are not counted', async () => {
  const { app } = await fakeGateway(fakes, {
    limits: { perPrincipal: 1, perAddress: 1, signIn: 1 },
  })
  for (let i = 0; i < 3; i += 1) {
    expect((await app.inject('/api/v1/health')).statusCode).toBe(200)
  }
})

test('every answer carries the headers that keep it data', async () => {
  const { app } = await fakeGateway(fakes)
  for (const url of ['/api/v1/health', '/api/v1/peers/laptop', '/nowhere']) {
    const { headers } = await app.inject({ url, headers: bearer() })
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    expect(headers['access-control-allow-origin']).toBeUndefined()
    expect(headers['x-powered-by']).toBeUndefined()
    expect(headers.server).toBeUndefined()
  }
})

test('a preflight gets no permission', async () => {
  const { app } = await fakeGateway(fakes)
  const answer = await app.inject({
    method: 'OPTIONS',
    url: '/api/v1/peers',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
  })
  expect(answer.statusCode).toBe(405)
  expect(answer.headers['access-control-allow-origin']).toBeUndefined()
})

test('who asks is not believed: a token that is no JWT goes to the services as it is', async () => {
  const { app, calls } = await fakeGateway(fakes)
  await read(app, { authorization: 'Bearer abc' })
  expect(calls[0]?.options.accessToken).toBe('abc')
  expect((await read(app, { authorization: 'Basic abc' })).statusCode).toBe(401)
  expect(someone).not.toBe('abc')
})
