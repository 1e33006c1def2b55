import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exitCodes } from './exit.ts'
import { answers, directory, holdfast, seen, signIn, tokens } from './testing/harness.ts'

const peer = {
  id: '01920000-0000-7000-8000-000000000001',
  name: 'alice-laptop',
  interface_name: 'wg0',
  addresses: ['10.10.0.2'],
  allowed_ips: [],
  status: 'new',
  enforcement: 'pending',
  latest_handshake_at: null,
  rx_bytes: '0',
  tx_bytes: '2048',
}

test('signing in keeps the session in a file only its owner can read', async () => {
  await signIn()
  expect(seen[0]?.body).toEqual({ username: 'admin', password: 'correct horse battery' })
  expect(statSync(join(directory, 'credentials.json')).mode & 0o777).toBe(0o600)
})

test('NU-27: peer create takes an interface by name', async () => {
  await signIn()
  answers.set('POST /interfaces/wg0/peers', () => ({ status: 201, body: peer }))
  const result = await holdfast(['peer', 'create', '--name', 'alice-laptop', '--interface', 'wg0'])
  expect(result.exitCode).toBe(0)
  expect(seen.at(-1)?.body).toEqual({ name: 'alice-laptop' })
  expect(seen.at(-1)?.headers.authorization).toBe('Bearer a1')
  expect(result.out).toContain('Created peer alice-laptop (10.10.0.2)')
})

test('NU-28, NU-29: peer list is a table with status, and JSON on request', async () => {
  await signIn()
  answers.set('GET /peers', () => ({ status: 200, body: { items: [peer], next_cursor: null } }))
  const shown = await holdfast(['peer', 'list'])
  expect(shown.out.split('\n')[0]).toMatch(/NAME +INTERFACE +ADDRESSES +STATUS/)
  expect(shown.out).toMatch(/alice-laptop +wg0 +10\.10\.0\.2 +new/)
  const json = await holdfast(['peer', 'list', '--json'])
  expect(JSON.parse(json.out)).toEqual({ items: [peer], next_cursor: null })
})

test('lists follow the cursor to the end', async () => {
  await signIn()
  answers.set('GET /peers', ({ path }) => {
    const isSecond = path.includes('cursor=c1')
    return {
      status: 200,
      body: {
        items: [{ ...peer, name: isSecond ? 'second' : 'first' }],
        next_cursor: isSecond ? null : 'c1',
      },
    }
  })
  const { out } = await holdfast(['peer', 'list', '--json'])
  expect((JSON.parse(out) as { items: { name: string }[] }).items.map((p) => p.name)).toEqual([
    'first',
    'second',
  ])
})

test('an empty list says what to do next', async () => {
  await signIn()
  answers.set('GET /peers', () => ({ status: 200, body: { items: [], next_cursor: null } }))
  expect((await holdfast(['peer', 'list'])).notes).toContain('holdfast peer create')
})

test('an expired session refreshes once and goes on', async () => {
  await signIn()
  answers.set('GET /peers', ({ headers }) =>
    headers.authorization === 'Bearer a2'
      ? { status: 200, body: { items: [peer], next_cursor: null } }
      : { status: 401, body: { detail: 'The access token has expired.', code: 'unauthenticated' } },
  )
  answers.set('POST /auth/refresh', () => ({ status: 200, body: tokens(2) }))
  expect((await holdfast(['peer', 'list'])).exitCode).toBe(0)
  expect((await holdfast(['peer', 'list'])).exitCode).toBe(0)
  expect(seen.filter((s) => s.path.endsWith('/auth/refresh'))).toHaveLength(1)
})

test('an API key wins over the session', async () => {
  await signIn()
  answers.set('GET /peers', () => ({ status: 200, body: { items: [], next_cursor: null } }))
  await holdfast(['peer', 'list'], { env: { HOLDFAST_API_KEY: 'hfp_x' } })
  expect(seen.at(-1)?.headers['x-api-key']).toBe('hfp_x')
  expect(seen.at(-1)?.headers.authorization).toBeUndefined()
})

test.each([
  [401, exitCodes.signedOut],
  [403, exitCodes.failed],
  [404, exitCodes.notFound],
  [409, exitCodes.conflict],
  [412, exitCodes.conflict],
  [422, exitCodes.conflict],
  [429, exitCodes.failed],
  [503, exitCodes.unreachable],
])('HTTP %i ends with exit code %i and the detail in one line', async (status, exitCode) => {
  await signIn()
  answers.set('GET /peers/x', () => ({ status, body: { detail: 'Because.', code: 'some.code' } }))
  const result = await holdfast(['peer', 'get', 'x'])
  expect(result.exitCode).toBe(exitCode)
  expect(result.error?.message).toMatch(/^Because\./)
})

test('every bad field is named', async () => {
  await signIn()
  const errors = [
    { field: 'name', code: 'required', detail: 'is needed' },
    { field: 'addresses[0]', code: 'cidr_invalid', detail: 'is no network' },
  ]
  answers.set('POST /interfaces', () => ({
    status: 400,
    body: { detail: '2 fields are invalid', errors },
  }))
  const result = await holdfast(['interface', 'create', '--name', 'wg0', '--address', 'x'])
  expect(result.error?.hints).toEqual(['name: is needed', 'addresses[0]: is no network'])
})

test('wrong usage ends with 2, no session with 3, no server with 6', async () => {
  expect((await holdfast(['peer', 'create'])).exitCode).toBe(exitCodes.usage)
  expect((await holdfast(['pear'])).exitCode).toBe(exitCodes.usage)
  expect(
    (await holdfast(['peer', 'create', '--name', 'a', '-i', 'wg0', '--keepalive', '70000']))
      .exitCode,
  ).toBe(exitCodes.usage)
  expect((await holdfast(['peer', 'list'])).exitCode).toBe(exitCodes.signedOut)
  const gone = { env: { HOLDFAST_URL: 'http://127.0.0.1:1', HOLDFAST_API_KEY: 'k' } }
  expect((await holdfast(['peer', 'list'], gone)).exitCode).toBe(exitCodes.unreachable)
})

test('names from the server cannot move the cursor', async () => {
  await signIn()
  const evil = { ...peer, name: 'a\u001b[2J\u0007b\nc' }
  answers.set('GET /peers', () => ({ status: 200, body: { items: [evil], next_cursor: null } }))
  const { out } = await holdfast(['peer', 'list'])
  expect(out.split('\n')).toHaveLength(2)
  expect(out).not.toContain('\u0007')
  expect(out).not.toContain('\u001b[2J')
})
