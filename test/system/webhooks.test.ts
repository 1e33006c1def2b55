import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Api } from './api.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'

// The real notify, started and started again by the supervisor, and killed while an endpoint is answering.

let suite: Suite
let api: Api
let server: Server
let url: string
const requests: { readonly id: string; readonly name: string; readonly signature: string }[] = []
const taken = new Set<string>()

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { data } = JSON.parse(Buffer.concat(chunks).toString()) as {
        data: { fields?: { name?: string } }
      }
      const name = data.fields?.name ?? ''
      requests.push({
        id: String(request.headers['webhook-id']),
        name,
        signature: String(request.headers['webhook-signature']),
      })
      // Slow enough for a kill to find a delivery under way.
      setTimeout(() => {
        taken.add(name)
        response.writeHead(204).end()
      }, 100)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  suite = await startSuite({
    env: { HOLDFAST_EGRESS_ALLOW: '127.0.0.0/8', HOLDFAST_NOTIFY_WEBHOOK_TIMEOUT: '2s' },
  })
  api = await suite.admin()
})
afterAll(async () => {
  server?.closeAllConnections()
  server?.close()
  await suite?.stop()
  await suite?.remove()
})

test('notify killed in the middle of deliveries: all arrive, in order, with the same ids', async () => {
  const { id: organization } = await api.post<{ id: string }>('/organizations', { name: 'Hooked' })
  const settings = { url, actions: ['auth.site'] }
  const ours = await api.post<{ secret: string }>('/webhooks', {
    ...settings,
    name: 'ours',
    organization_id: organization,
  })
  expect(ours.secret).toMatch(/^whsec_/)
  // Of the whole instance: its secret is sealed with the instance's key.
  const { webhook } = await api.post<{ webhook: { id: string } }>('/webhooks', {
    ...settings,
    name: 'everything',
    actions: ['auth.user'],
  })
  expect(await api.post(`/webhooks/${webhook.id}/test`)).toMatchObject({ status: 204, failure: '' })
  requests.length = 0

  const names = Array.from({ length: 60 }, (_, i) => `site-${i}`)
  for (const name of names) await api.post('/sites', { name, organization_id: organization })
  for (const arrived of [5, 25]) {
    await until(`${arrived} requests`, () => requests.length >= arrived, { timeoutMs: 60_000 })
    const pid = suite.pid('notify')
    if (pid === undefined) throw new Error('notify is not running')
    process.kill(pid, 'SIGKILL')
  }
  await until('all of them', () => names.every((name) => taken.has(name)), { timeoutMs: 120_000 })

  const order = requests.map(({ name }) => names.indexOf(name))
  for (const [i, place] of order.entries()) expect([0, 1]).toContain(place - (order[i - 1] ?? -1))
  expect(new Set(requests.map(({ id, name }) => `${id} ${name}`)).size).toBe(names.length)
  expect(requests.length - names.length).toBeLessThanOrEqual(2)
  expect(requests.every(({ signature }) => /^v1,[A-Za-z0-9+/]{43}=$/.test(signature))).toBe(true)
})
