import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, Refused } from './api.ts'
import { type Cli, signedInCli } from './cli.ts'
import { enrollSilentNode } from './enroll.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'

// The whole product goes back to a point, and forth again, over HTTP and the command line; and one commit is taken back.

interface Restore {
  readonly id: string
  readonly status: string
  readonly counts: { readonly create: number; readonly update: number; readonly delete: number }
  readonly blocked: readonly { readonly kind: string; readonly reason: string }[]
  readonly rollback_sequence: string | null
  readonly failure_code: string
  readonly failure_detail: string
  readonly undone_by: string | null
}
interface Plan {
  readonly id: string
  readonly status: string
  readonly counts: Record<'create' | 'update' | 'delete' | 'blocked', number>
  readonly hosts: readonly { readonly name: string }[]
  readonly warnings: readonly { readonly code: string }[]
  readonly changes: readonly {
    readonly kind: string
    readonly name: string
    readonly change: string
    readonly reason: string
  }[]
}

let suite: Suite
let api: Api
let cli: Cli
let wg: string

beforeAll(async () => {
  suite = await startSuite({ env: { HOLDFAST_EGRESS_ALLOW: '127.0.0.0/8' } })
  api = await suite.admin()
  cli = await signedInCli(suite)
  const node = await enrollSilentNode(api, 'gw')
  const wish = { name: 'wg0', node_id: node, addresses: ['10.9.0.1/24'] }
  wg = (await api.post<{ id: string }>('/interfaces', wish)).id
})
afterAll(async () => {
  await suite?.stop()
  await suite?.remove()
})

const sequenceOf = async (method: string, path: string, body?: unknown): Promise<string> => {
  const { headers } = await api.call(method, path, body)
  const sequence = headers.get('holdfast-sequence')
  if (!sequence) throw new Error(`${method} ${path} stored nothing`)
  return sequence
}
const idOf = async (path: string, body: unknown): Promise<string> =>
  (await api.post<{ id: string }>(path, body)).id

/** What follows from when, or how often, something was written, and what hosts say. */
const passing = new Set([
  ...['revision', 'created_at', 'updated_at', 'order', 'sequence', 'last_seen_at', 'hits'],
  ...['counters', 'status', 'enforcement', 'latest_handshake_at', 'pending'],
  ...['last_failure', 'last_success_at'],
])
function lasting(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lasting)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !passing.has(key))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, lasting(one)]),
  )
}

/** Everything people see of what they configured, by content, as of everything there is. */
async function state(): Promise<{ readonly hash: string; readonly text: string }> {
  const { head_sequence: head } = await api.get<{ head_sequence: string }>('/restores/points/1')
  const lists = await Promise.all(
    ['/peers', '/interfaces', '/rules', '/users', '/webhooks', '/sites'].map(async (path) => {
      const items = await api.all<{ id: string }>(`${path}?min_seq=${head}`)
      return [path, [...items].sort((a, b) => (a.id < b.id ? -1 : 1)).map(lasting)]
    }),
  )
  const text = JSON.stringify(lists, null, 1)
  return { hash: createHash('sha256').update(text).digest('hex'), text }
}

async function over(id: string): Promise<Restore> {
  return await until(`restore ${id} is over`, async () => {
    const found = await api.get<Restore>(`/restores/${id}`)
    return found.status === 'completed' || found.status === 'failed' ? found : undefined
  })
}

test('back to a point and forth again, then one commit by itself', async () => {
  const { items } = await api.get<{ items: { id: string }[] }>('/organizations')
  const organization = items[0]?.id
  // What is there at the point.
  const peer = await idOf(`/interfaces/${wg}/peers`, { name: 'laptop', keepalive_seconds: 25 })
  const gone = await idOf(`/interfaces/${wg}/peers`, { name: 'phone' })
  const rule = await idOf('/rules', { name: 'ssh', action: 'allow', protocol: 'tcp', priority: 10 })
  const { webhook } = await api.post<{ webhook: { id: string } }>('/webhooks', {
    name: 'siem',
    url: 'http://127.0.0.1:9/hook',
    actions: [],
  })
  const user = await idOf('/users', {
    ...{ username: 'bob', email: 'bob@example.org', password: 'a password nobody guesses' },
    bindings: [{ role: 'viewer', organization_id: organization }],
  })
  const point = await sequenceOf('POST', '/sites', { name: 'berlin' })
  const before = await state()

  // And a lot after it.
  await api.call('PATCH', `/peers/${peer}`, { name: 'laptop-2', keepalive_seconds: 0 })
  await api.remove(`/peers/${gone}`)
  await idOf(`/interfaces/${wg}/peers`, { name: 'intruder' })
  await api.call('PATCH', `/rules/${rule}`, { action: 'deny' })
  await idOf('/rules', { name: 'mute', action: 'deny', protocol: 'icmp', priority: 20 })
  await api.remove(`/webhooks/${webhook.id}`)
  await api.call('PATCH', `/users/${user}`, { is_disabled: true })
  await idOf('/sites', { name: 'paris' })
  const after = await state()
  expect(after.hash).not.toBe(before.hash)

  // Looked at, over the command line.
  const points = await cli.json<{ items: readonly { label: string }[] }>(
    'restore',
    'list',
    '-q',
    'intruder',
  )
  expect(points.items.map(({ label }) => label)).toEqual([expect.stringContaining('intruder')])
  expect(await cli.text('restore', 'inspect', point)).toContain('berlin')
  const proof = await cli.json<{ is_good: boolean }>('restore', 'verify', point)
  expect(proof.is_good).toBe(true)
  const plan = await cli.json<Plan>('restore', 'plan', '--to-seq', point)
  expect(plan.counts).toMatchObject({ blocked: 0 })
  expect(plan.hosts.map(({ name }) => name)).toEqual(['gw'])
  const changes = plan.changes.map(({ kind, name, change }) => `${change} ${kind} ${name}`)
  expect(changes).toEqual(
    expect.arrayContaining([
      'create peer phone',
      'delete peer intruder',
      expect.stringMatching(/^update peer laptop/),
      'update rule ssh',
      'delete rule mute',
      'create webhook siem',
      'delete site paris',
    ]),
  )
  expect((await state()).hash).toBe(after.hash)

  // Carried out.
  const restored = await cli.json<Restore>('restore', 'apply', plan.id, '--yes')
  expect(restored).toMatchObject({ status: 'completed', blocked: [] })
  expect((await state()).text).toBe(before.text)
  // Nothing is left to do.
  const again = await cli.json<Plan>('restore', 'plan', '--to-seq', point)
  expect(again.counts).toEqual({ create: 0, update: 0, delete: 0, blocked: 0 })

  // And back, in one call; what was shown as gone is there again.
  const undo = await api.post<Restore>(`/restores/${restored.id}/undo`, {})
  expect(await over(undo.id)).toMatchObject({ status: 'completed', blocked: [] })
  expect((await state()).text).toBe(after.text)
  await until('the first says what undid it', async () => {
    const first = await api.get<Restore>(`/restores/${restored.id}`)
    return first.undone_by === undo.id
  })
  // The plan of before is of another history by now.
  await api.call('PATCH', `/peers/${peer}`, { keepalive_seconds: 15 })
  const refused = await api
    .post('/restores', { plan_id: again.id })
    .catch((error: unknown) => error)
  expect((refused as Refused).problem.code).toBe('restore.plan_stale')

  // One commit, the later ones kept: bob's rename goes, the keepalive of later stays.
  const rename = await sequenceOf('PATCH', `/peers/${peer}`, { name: 'renamed' })
  await api.call('PATCH', `/peers/${peer}`, { keepalive_seconds: 30 })
  expect(await cli.text('undo', rename, '--dry-run')).toContain('laptop-2')
  await cli.text('undo', rename, '--yes')
  expect(await api.get(`/peers/${peer}?min_seq=${await headOf()}`)).toMatchObject({
    name: 'laptop-2',
    keepalive_seconds: 30,
  })

  // A conflict, named field by field, and nothing changed.
  const first = await sequenceOf('PATCH', `/peers/${peer}`, { keepalive_seconds: 40, name: 'x1' })
  const second = await sequenceOf('PATCH', `/peers/${peer}`, { keepalive_seconds: 50 })
  const dry = await api.post<{
    changes: unknown[]
    conflicts: {
      field: string
      before: unknown
      made: unknown
      now: unknown
      by_sequence: string
    }[]
  }>('/undo', { sequence: first, dry_run: true })
  expect(dry.conflicts).toEqual([
    expect.objectContaining({
      field: expect.stringContaining('keepalive'),
      ...{ before: 30, made: 40, now: 50, by_sequence: second },
    }),
  ])
  const conflict = await api.post('/undo', { sequence: first }).catch((error: unknown) => error)
  expect(conflict).toBeInstanceOf(Refused)
  expect((conflict as Refused).problem).toMatchObject({
    code: 'restore.undo_conflict',
    errors: [{ field: expect.stringContaining('keepalive'), code: 'changed_since' }],
  })
  expect(await api.get(`/peers/${peer}`)).toMatchObject({ name: 'x1', keepalive_seconds: 50 })
}, 60_000)

const headOf = async (): Promise<string> =>
  (await api.get<{ head_sequence: string }>('/restores/points/1')).head_sequence
