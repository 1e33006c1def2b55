import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Api } from './api.ts'
import { enrollSilentNode } from './enroll.ts'
import { dropReadModels, projectionsOf } from './read-models.ts'
import { type Suite, startSuite } from './suite.ts'

let suite: Suite
let api: Api

beforeAll(async () => {
  suite = await startSuite()
  api = await suite.admin()
})
afterAll(() => suite?.remove())

test('read models dropped with their whole database come back equal, by content hash', async () => {
  const node = await enrollSilentNode(api, 'replayed')
  const made: string[] = []
  for (const [n, cidr] of ['10.90.0.1/24', '10.91.0.1/24'].entries()) {
    const { id } = await api.post<{ id: string }>('/interfaces', {
      name: `wg${n}`,
      node_id: node,
      addresses: [cidr],
      listen_port: 51_900 + n,
    })
    made.push(id)
  }
  for (let n = 0; n < 60; n += 1) {
    const peer = await api.post<{ id: string }>(`/interfaces/${made[n % 2]}/peers`, {
      name: `peer-${n}`,
    })
    if (n % 3 === 0)
      await api.call('PATCH', `/peers/${peer.id}`, { name: `renamed-${n}`, keepalive_seconds: n })
    if (n % 5 === 0) await api.remove(`/peers/${peer.id}`)
    if (n % 7 === 0 && n % 5 !== 0) await api.post(`/peers/${peer.id}/rotate-psk`)
  }
  await api.post('/sites', { name: 'attic' })
  await api.post('/users', { username: 'vera', email: 'vera@example.org', bindings: [] })
  const doomed = await api.post<{ id: string }>('/organizations', { name: 'doomed' })
  await api.remove(`/organizations/${doomed.id}`)

  const before = await projectionsOf(suite)
  const peers = await api.all('/peers')
  const users = await api.all('/users')
  expect(before.length).toBeGreaterThan(5)
  await suite.stop()
  dropReadModels(suite)
  await suite.start()

  const again = await suite.admin()
  expect(await again.all('/peers')).toEqual(peers)
  expect(await again.all('/users')).toEqual(users)
  expect(await projectionsOf(suite)).toEqual(before)
})
