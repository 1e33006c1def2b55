import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../exit.ts'
import { answers, directory, holdfast, seen, signIn } from '../testing/harness.ts'

const entry = {
  trail: 'log',
  sequence: '7',
  time: '2026-11-20T09:30:00.000Z',
  action: 'network.peer.updated',
  result: 'success',
  code: '',
  actor: { kind: 'user', id: 'u1', method: 'password', session_id: null },
  target: { kind: 'peer', id: 'p1', name: 'laptop' },
  organization_id: null,
  reason: 'new laptop',
  correlation_id: null,
  count: '3',
  window_ms: 0,
  accounts: 0,
  source: '192.0.2.7',
}

beforeEach(async () => {
  await signIn()
  const users = { items: [{ id: 'u1', username: 'alice' }], next_cursor: null }
  answers.set('GET /users', () => ({ status: 200, body: users }))
  answers.set('GET /audit', () => ({ status: 200, body: { items: [entry], next_cursor: null } }))
})

test('the list names people and objects, and sends every filter', async () => {
  const { out, exitCode } = await holdfast([
    ...['audit', 'list', '--action', 'network.peer,rules', '--actor', 'alice', '--result'],
    ...['success', '--address', '192.0.2.7', '--trail', 'log', '-q', 'lap', '--limit', '5'],
  ])
  expect(exitCode).toBe(0)
  expect(out).toMatch(/log 7\s+alice\s+network.peer.updated\s+success\s+peer laptop \(\+2\)/)
  const asked = new URL(`http://x${seen.find(({ path }) => path.includes('/audit?'))?.path}`)
  expect(Object.fromEntries(asked.searchParams)).toEqual({
    limit: '5',
    log: 'log',
    action: 'network.peer,rules',
    result: 'success',
    actor: 'alice',
    address: '192.0.2.7',
    q: 'lap',
  })
})

test('whoever may not see people sees ids, and an empty list says what to do', async () => {
  answers.set('GET /users', () => ({ status: 403, body: { code: 'access.denied' } }))
  expect((await holdfast(['audit', 'list'])).out).toContain('u1')
  answers.set('GET /audit', () => ({ status: 200, body: { items: [], next_cursor: null } }))
  expect((await holdfast(['audit', 'list'])).notes).toContain('--from')
  expect((await holdfast(['audit', 'list', '--all', '--limit', '3'])).exitCode).toBe(
    exitCodes.usage,
  )
})

test('an entry is shown with what was before and after', async () => {
  const fields = [{ field: 'settings.name', before: 'phone', after: 'laptop' }]
  const change = { event: 'PeerUpdated', action: entry.action, target: entry.target, fields }
  const body = { ...entry, changes: [change] }
  answers.set('GET /audit/log/7', () => ({ status: 200, body }))
  const { out } = await holdfast(['audit', 'show', 'log', '7'])
  expect(out).toContain('settings.name: "phone" → "laptop"')
  const json = await holdfast(['audit', 'show', 'log', '7', '--json'])
  expect(JSON.parse(json.out)).toEqual(body)
  expect((await holdfast(['audit', 'show', 'door', '7'])).exitCode).toBe(exitCodes.usage)
})

test('what somebody called a thing does not move the cursor of whoever looks', async () => {
  const target = { kind: 'peer', id: 'p1', name: 'a\rb\u0007c' }
  const fields = [{ field: 'hostname', before: 'x', after: 'y\u0085z' }]
  const changes = [{ event: 'PeerUpdated', action: entry.action, target, fields }]
  const body = { ...entry, target, changes }
  answers.set('GET /audit/log/7', () => ({ status: 200, body }))
  const { out } = await holdfast(['audit', 'show', 'log', '7'])
  expect(out).toContain('peer a?b?c')
  expect(out).toContain('"y?z"')
})

test('an export that was cut off is not kept', async () => {
  const file = join(directory, 'audit.jsonl')
  answers.set('GET /audit/export', () => ({ status: 200, text: '{"trail":"log"}\n' }))
  const cut = await holdfast(['audit', 'export', '-o', file])
  expect(cut.exitCode).toBe(exitCodes.failed)
  expect(existsSync(file)).toBe(false)
  const whole = '{"trail":"log"}\n{"end":true,"entries":"1"}\n'
  answers.set('GET /audit/export', () => ({ status: 200, text: whole }))
  expect((await holdfast(['audit', 'export', '-o', file])).exitCode).toBe(0)
  expect(readFileSync(file, 'utf8')).toBe(whole)
})
