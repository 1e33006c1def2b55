import { defineError } from '@holdfast/errors'
import type { AccessAttempt } from '@holdfast/event-log'
import { expect, test } from 'vitest'
import { bearer, fakeGateway, session, someone } from '../testing/fake-gateway.ts'

const InvalidCredentials = defineError('auth.invalid_credentials', 'unauthenticated', () => 'No.')
const NotForYou = defineError('access.denied', 'forbidden', () => 'Not for you.')

async function watched() {
  const told: AccessAttempt[] = []
  const { app } = await fakeGateway(
    {
      auth: {
        login: async () => {
          throw InvalidCredentials({})
        },
      },
      peers: {
        getPeer: async () => {
          throw NotForYou({})
        },
      },
    },
    { access: { record: (attempt) => told.push(attempt) } },
  )
  return { app, told }
}

test('who is turned away without a token is told, by network and route', async () => {
  const { app, told } = await watched()
  await app.inject({ url: '/api/v1/peers/laptop', remoteAddress: '2001:db8::7' })
  expect(told).toEqual([
    {
      action: 'denied',
      result: 'failure',
      code: 'access.not_signed_in',
      target: 'GET /api/v1/peers/:id',
      source: '2001:db8::/64',
    },
  ])
})

test('who may not is told by name, once a service has taken the token', async () => {
  const { app, told } = await watched()
  await app.inject({ url: '/api/v1/peers/laptop', headers: bearer(), remoteAddress: '192.0.2.7' })
  expect(told).toMatchObject([
    { code: 'access.denied', userId: someone, sessionId: session, source: '192.0.2.7' },
  ])
})

test('a sign-in that failed is for auth to tell', async () => {
  const { app, told } = await watched()
  const payload = { username: 'ada', password: 'wrong' }
  await app.inject({ method: 'POST', url: '/api/v1/auth/login', payload })
  expect(told).toEqual([])
  // What never came as far as auth is not.
  await app.inject({ method: 'POST', url: '/api/v1/auth/password', payload: {} })
  expect(told).toMatchObject([
    { code: 'access.not_signed_in', target: 'POST /api/v1/auth/password' },
  ])
})

test('what is not there, or answered, is no refusal', async () => {
  const { app, told } = await watched()
  await app.inject({ url: '/api/v1/nowhere' })
  await app.inject({ url: '/api/v1/health' })
  expect(told).toEqual([])
})
