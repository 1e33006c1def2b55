import { expect, test } from 'vitest'
import type { AppOptions } from '../app.ts'
import { fakeGateway } from '../testing/fake-gateway.ts'

const system = (more: Partial<AppOptions['system']>): Partial<AppOptions> => ({
  system: {
    metricsTargets: [],
    metricsToken: undefined,
    isProduction: false,
    readiness: async () => ({ isReady: true, checks: {}, warnings: [] }),
    ...more,
  },
})

test('a gateway that is not ready says why', async () => {
  const checks = { auth: { ok: false, detail: 'auth cannot be reached; try again.' } }
  const { app } = await fakeGateway(
    {},
    system({ readiness: async () => ({ isReady: false, checks, warnings: ['evaluation'] }) }),
  )
  const answer = await app.inject('/api/v1/ready')
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBe('1')
  expect(answer.json()).toEqual({ status: 'not_ready', checks, warnings: ['evaluation'] })
})

test('requests are counted by route template, never by what stands in the path', async () => {
  const { app } = await fakeGateway()
  await app.inject('/api/v1/health')
  await app.inject('/api/v1/peers/somebody')
  await app.inject({ method: 'DELETE', url: '/secret-path' })
  const { body, headers } = await app.inject('/api/v1/metrics')
  expect(headers['content-type']).toMatch(/^text\/plain/)
  expect(body).toMatch(/_count\{.*method="GET",route="\/api\/v1\/health",status="200".*\} 1/)
  expect(body).toMatch(/route="\/api\/v1\/peers\/:id",status="401"/)
  expect(body).not.toContain('somebody')
  expect(body).not.toContain('secret-path')
})

test('a proxy on this host does not make its clients local', async () => {
  const { app } = await fakeGateway({}, system({ isProduction: true }))
  const headers = { 'x-forwarded-for': '203.0.113.7' }
  const answer = await app.inject({ url: '/api/v1/metrics', remoteAddress: '127.0.0.1', headers })
  expect(answer.statusCode).toBe(403)
})

test.each([
  ['evaluation, no token', {}, '203.0.113.7', undefined, 200],
  ['production, no token, from here', { isProduction: true }, '127.0.0.1', undefined, 200],
  ['production, no token, from here by IPv6', { isProduction: true }, '::1', undefined, 200],
  ['production, no token, from elsewhere', { isProduction: true }, '203.0.113.7', undefined, 403],
  ['a token set, none sent', { metricsToken: 'abc' }, '127.0.0.1', undefined, 403],
  ['a token set, a wrong one sent', { metricsToken: 'abc' }, '127.0.0.1', 'abd', 403],
  ['a token set and sent', { metricsToken: 'abc', isProduction: true }, '203.0.113.7', 'abc', 200],
])('metrics: %s', async (_, options, from, token, status) => {
  const { app } = await fakeGateway({}, system(options))
  const answer = await app.inject({
    url: '/api/v1/metrics',
    remoteAddress: from,
    ...(token ? { headers: { authorization: `Bearer ${token}` } } : {}),
  })
  expect(answer.statusCode).toBe(status)
})
