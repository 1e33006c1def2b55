import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../exit.ts'
import { answers, directory, holdfast, seen, signIn } from '../testing/harness.ts'
import { psqlEnvironment } from './flow-psql.ts'

const flow = {
  id: '019a4c3e-6b5a-8c1e-9f6b-3f0f5d1c2a10',
  last_seen_at: '2026-11-20T09:30:00.000Z',
  verdict: 'drop',
  direction: 'ingress',
  protocol: 'tcp',
  source: '198.51.100.7',
  source_port: 51_000,
  destination: 'fd00::2',
  destination_port: 22,
  packets: '12',
  bytes: '2048',
  node_name: 'gw',
  device: 'wg0',
  peer_name: 'laptop',
  rule_name: 'block-scanner',
}
const query = () => new URL(seen.at(-1)?.path ?? '', 'http://x').searchParams

beforeEach(async () => {
  await signIn()
  answers.set('GET /flows', () => ({ status: 200, body: { items: [flow], next_cursor: null } }))
})

test('flows are listed with both ends, and every filter is handed on', async () => {
  const { out, exitCode } = await holdfast([
    ...['flow', 'list', '--peer', 'laptop', '--rule', 'block-scanner', '--verdict', 'drop'],
    ...['--port', '22', '--address', '198.51.100.0/24', '--from', '2026-11-20T09:00:00Z'],
  ])
  expect(exitCode).toBe(0)
  expect(out).toContain('198.51.100.7:51000 → [fd00::2]:22')
  expect(out).toContain('block-scanner')
  expect(out).toContain('wg0 on gw')
  expect(Object.fromEntries(query())).toEqual({
    limit: '100',
    peer: 'laptop',
    rule: 'block-scanner',
    verdict: 'drop',
    port: '22',
    address: '198.51.100.0/24',
    from: '2026-11-20T09:00:00.000Z',
  })
})

test('a span is back from now', async () => {
  const before = Date.now()
  await holdfast(['flow', 'list', '--from', '2h'])
  const from = Date.parse(query().get('from') ?? '')
  expect(from).toBeGreaterThanOrEqual(before - 7_200_000)
  expect(from).toBeLessThanOrEqual(Date.now() - 7_200_000)
})

test('following shows each flow once, oldest first', async () => {
  const later = {
    ...flow,
    id: flow.id.replace('10', '11'),
    last_seen_at: '2026-11-20T09:30:01.000Z',
  }
  const pages = [[flow], [later, flow]]
  answers.set('GET /flows', () => ({
    status: 200,
    body: { items: pages.shift() ?? [], next_cursor: null },
  }))
  const { out } = await holdfast([
    'flow',
    'list',
    '--follow',
    '--limit',
    '2',
    '--json',
    '--from',
    flow.last_seen_at,
  ])
  expect(out.split('\n').map((text) => JSON.parse(text).id)).toEqual([flow.id, later.id])
})

test('a summary says what is missing', async () => {
  const { id: _, ...rest } = flow
  const body = { items: [{ ...rest, records: '3' }], coverage: ['gw had no room for 3 flows'] }
  answers.set('GET /flows/summary', () => ({ status: 200, body }))
  const { out } = await holdfast(['flow', 'summary'])
  expect(out).toContain('gw had no room for 3 flows')
})

test('psql is told where to go without its command line telling everybody', async () => {
  const url = 'postgres://holdfast_reader:p%2Fw@localhost:5432/holdfast?host=%2Frun%2Fpg'
  const run = join(directory, 'run')
  mkdirSync(run)
  const server = createServer((socket) => {
    socket.on('data', (data) => {
      expect(JSON.parse(data.toString())).toEqual({ command: 'reader' })
      socket.end(`${JSON.stringify({ ok: true, result: { url } })}\n`)
    })
  })
  await new Promise<void>((done) => server.listen(join(run, 'control.sock'), done))
  const { out } = await holdfast(['flow', 'psql', '--print'], { env: { HOLDFAST_DATA: directory } })
  server.close()
  expect(out).toBe(url)
  expect(psqlEnvironment(url)).toMatchObject({
    PGHOST: '/run/pg',
    PGPORT: '5432',
    PGDATABASE: 'holdfast',
    PGUSER: 'holdfast_reader',
    PGPASSWORD: 'p/w',
  })
})

test('without a suite on this machine there is no psql', async () => {
  const { exitCode } = await holdfast(['flow', 'psql'], { env: { HOLDFAST_DATA: directory } })
  expect(exitCode).toBe(exitCodes.unreachable)
})
