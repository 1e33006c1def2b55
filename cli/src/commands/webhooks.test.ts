import { beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../exit.ts'
import { answers, holdfast, seen, signIn } from '../testing/harness.ts'

const webhook = {
  id: '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a10',
  organization_id: null,
  name: 'siem',
  url: 'https://hooks.example.org/holdfast',
  actions: ['network.peer'],
  filter: '',
  is_enabled: true,
  description: '',
  alerts_from: null,
  format: 'standard',
  suspended_because: null,
  pending: '3',
  dead: '1',
  last_success_at: null,
  last_failure: 'answered 500: oops',
}

beforeEach(signIn)

test('a webhook is created with what was named, and its secret shown', async () => {
  answers.set('POST /webhooks', () => ({ status: 201, body: { webhook, secret: 'whsec_AAAA' } }))
  const { out, exitCode } = await holdfast([
    ...['webhook', 'create', '--name', 'siem', '--endpoint', webhook.url, '--org', 'Acme'],
    ...['--action', 'network.peer,rules', '--action', 'auth.user', '--alerts-from', 'error'],
  ])
  expect(exitCode).toBe(0)
  expect(out).toContain('whsec_AAAA')
  expect(seen.at(-1)?.body).toEqual({
    name: 'siem',
    url: webhook.url,
    organization: 'Acme',
    actions: ['network.peer', 'rules', 'auth.user'],
    alerts_from: 'error',
  })
})

test('what is switched off is said so: all actions, no alerts, resumed', async () => {
  answers.set('PATCH /webhooks/siem', () => ({ status: 200, body: webhook }))
  const args = ['webhook', 'update', 'siem', '--no-action', '--no-alerts-from', '--enable']
  expect((await holdfast(args)).exitCode).toBe(0)
  expect(seen.at(-1)?.body).toEqual({ actions: [], alerts_from: null, is_enabled: true })
  expect((await holdfast(['webhook', 'update', 'siem'])).exitCode).toBe(exitCodes.usage)
})

test('lists say how queues stand, and what to do when there is none', async () => {
  answers.set('GET /webhooks', () => ({
    status: 200,
    body: { items: [webhook], next_cursor: null },
  }))
  expect((await holdfast(['webhook', 'list'])).out).toMatch(
    /siem +enabled +network\.peer +3 +1 +never/,
  )
  answers.set('GET /webhooks', () => ({ status: 200, body: { items: [], next_cursor: null } }))
  expect((await holdfast(['webhook', 'list'])).notes).toContain('holdfast webhook create')
  const empty = await holdfast(['webhook', 'list', '--json'])
  expect(JSON.parse(empty.out)).toEqual({ items: [], next_cursor: null })
})

test('a test that fails tells why', async () => {
  const attempt = {
    at: '2026-11-20T09:30:00.000Z',
    status: 500,
    duration_ms: 7,
    failure: 'answered 500',
  }
  answers.set('POST /webhooks/siem/test', () => ({ status: 200, body: attempt }))
  expect((await holdfast(['webhook', 'test', 'siem'])).out).toContain(
    'did not take it: answered 500',
  )
})

test('one message or all dead ones are replayed', async () => {
  answers.set('POST /webhooks/siem/replay', () => ({ status: 200, body: { count: 1 } }))
  await holdfast(['webhook', 'replay', 'siem', webhook.id])
  expect(seen.at(-1)?.body).toEqual({ delivery_id: webhook.id })
  expect((await holdfast(['webhook', 'replay', 'siem'])).out).toBe('1 will be sent again.')
  expect(seen.at(-1)?.body).toEqual({})
})
