import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, Refused, signIn } from './api.ts'
import { enrolmentRequest } from './enroll.ts'
import { readLog } from './read-log.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'

/** What nobody may find again, by what it is. */
const secrets = new Map<string, string>()
/** Problem documents the session met. */
const problems: string[] = []
let suite: Suite
let api: Api
let events = ''

const importedKey = '2Kcc2kh3chuJNaE3JE14+BQSDW+TN2sQylGPXHHCe3s='
const brought = 'cGVybWFuZW50IHNlY3JldCBvZiBhIHRlc3QgcGVlciE='

/** Every key of a wg-quick(8) text that is secret. */
function keep(config: string, whose: string): void {
  for (const [, name = '', key = ''] of config.matchAll(/^(PrivateKey|PresharedKey) = (\S+)$/gm)) {
    secrets.set(`${name} of ${whose}`, key)
  }
}

async function refused(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    problems.push(JSON.stringify(error.problem))
    return
  }
  throw new Error('it was not refused')
}

/** One of everything that has to do with a secret. */
async function session(): Promise<string> {
  const tokens = async (username: string, password: string) => {
    const answer = await api.post<{ access_token: string; refresh_token: string }>('/auth/login', {
      username,
      password,
    })
    secrets.set(`access token of ${username}`, answer.access_token)
    secrets.set(`refresh token of ${username}`, answer.refresh_token)
    return answer
  }
  secrets.set('password of the administrator', suite.password)
  const { refresh_token } = await tokens('admin', suite.password)
  const refreshed = await api.post<{ refresh_token: string }>('/auth/refresh', { refresh_token })
  secrets.set('rotated refresh token', refreshed.refresh_token)
  // Only when its successor was used, too, is the first one no retry of a client that lost the answer.
  await api.post('/auth/refresh', { refresh_token: refreshed.refresh_token })
  await refused(api.post('/auth/refresh', { refresh_token }))

  const generated = await api.post<{ generated_password: string }>('/users', {
    username: 'grace',
    email: 'grace@example.org',
    bindings: [{ role: 'super_admin' }],
  })
  secrets.set('generated password', generated.generated_password)
  const grace = await signIn(suite.url, 'grace', generated.generated_password)
  secrets.set('new password', 'a brand new password 77')
  await refused(
    grace.post('/auth/password', {
      current_password: 'not the present one 88',
      new_password: 'a brand new password 77',
    }),
  )
  secrets.set('wrong password', 'not the present one 88')
  await grace.post('/auth/password', {
    current_password: generated.generated_password,
    new_password: 'a brand new password 77',
  })
  await refused(api.post('/auth/login', { username: 'grace', password: 'not the present one 88' }))

  const { token } = await api.post<{ token: string }>('/nodes/enroll-tokens', { node_name: 'gw' })
  secrets.set('enrolment token', token)
  const { nats_user_jwt } = await api.post<{ nats_user_jwt: string }>(
    '/nodes/enroll',
    enrolmentRequest(token, 'gw'),
  )
  secrets.set('credentials of a node', nats_user_jwt)
  await refused(api.post('/nodes/enroll', enrolmentRequest(token, 'again')))

  const wg = await api.post<{ id: string }>('/interfaces', {
    name: 'wg0',
    addresses: ['10.80.0.1/24'],
    endpoint: 'vpn.example.org',
  })
  keep(await api.text(`/interfaces/${wg.id}/export`), 'the interface')
  const peer = await api.post<{ id: string }>(`/interfaces/${wg.id}/peers`, { name: 'phone' })
  keep(await api.text(`/peers/${peer.id}/config`), 'the peer')
  await api.post(`/peers/${peer.id}/rotate-key`)
  await api.post(`/peers/${peer.id}/rotate-psk`)
  keep(await api.text(`/peers/${peer.id}/config`), 'the peer, rotated')
  secrets.set('preshared key brought along', brought)
  await api.post(`/interfaces/${wg.id}/peers`, { name: 'tablet', preshared_key: brought })
  await refused(
    api.post(`/interfaces/${wg.id}/peers`, { name: 'tablet', preshared_key: `${brought}x` }),
  )
  const file = `[Interface]\nPrivateKey = ${importedKey}\nAddress = 10.81.0.1/24\n`
  secrets.set('imported private key', importedKey)
  await refused(api.call('POST', '/interfaces/import?name=wg0', file))
  await api.call('POST', '/interfaces/import?name=wg1', file)
  await refused(
    api.call('POST', '/interfaces/import?name=wg2', `${file}PrivateKey = ${importedKey}x\n`),
  )
  await api.post(`/interfaces/${wg.id}/rotate-key`)
  keep(await api.text(`/interfaces/${wg.id}/export`), 'the interface, rotated')
  const last = await api.call('PATCH', `/interfaces/${wg.id}`, { mtu: 1300 })
  return last.headers.get('holdfast-sequence') ?? ''
}

beforeAll(async () => {
  suite = await startSuite({
    env: { HOLDFAST_LOG_LEVEL: 'debug', HOLDFAST_AUTH_LOGIN_BURST: '100' },
  })
  api = await suite.admin()
  const end = await session()
  events = JSON.stringify(await readLog(api, end))
})
afterAll(async () => suite?.remove())

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) return filesBelow(path)
    if (entry.isSymbolicLink() && statSync(path).isDirectory()) return filesBelow(path)
    return entry.isFile() ? [path] : []
  })
}

/** The names of the secrets in a text or file: as they are, as bytes, and in other spellings. */
function foundIn(content: Buffer): string[] {
  return [...secrets].flatMap(([name, secret]) => {
    const isKey = /^[A-Za-z0-9+/]{43}=$/.test(secret)
    const bytes = Buffer.from(secret, 'base64')
    const forms: (string | Buffer)[] = isKey
      ? [
          secret,
          secret.replaceAll('/', '\\/'),
          bytes,
          bytes.toString('hex'),
          bytes.toString('base64url'),
        ]
      : [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]
    return forms.some((form) => content.includes(form)) ? [name] : []
  })
}

describe('after a whole session', () => {
  test('there were secrets to find', () => {
    expect(secrets.size).toBeGreaterThan(15)
    expect(problems.length).toBeGreaterThan(6)
    expect(events.length).toBeGreaterThan(1000)
    expect(foundIn(Buffer.from(`x${suite.password}x`))).toEqual(['password of the administrator'])
  })

  test('no event, problem document or line to the person in front shows one', () => {
    expect(foundIn(Buffer.from(events))).toEqual([])
    expect(foundIn(Buffer.from(problems.join('\n')))).toEqual([])
    expect(foundIn(Buffer.from(suite.said()))).toEqual([])
  })

  test('no file in the data directory holds one: logs, the log, read models and all', async () => {
    await until(
      'the log files are written',
      () =>
        readFileSync(join(suite.data, 'logs/network.log'), 'utf8').includes('importInterface') ||
        readFileSync(join(suite.data, 'logs/gateway.log'), 'utf8').includes('/interfaces/import'),
    )
    const found: string[] = []
    for (const path of filesBelow(suite.data)) {
      const names = foundIn(readFileSync(path))
      if (names.length > 0) found.push(`${path.slice(suite.data.length)}: ${names.join(', ')}`)
    }
    expect(found).toEqual([])
    // The search sees what is there: what is no secret it finds in the log and in the read models.
    for (const place of ['nats', 'postgres']) {
      const files = filesBelow(join(suite.data, place))
      expect([place, files.some((path) => readFileSync(path).includes('tablet'))]).toEqual([
        place,
        true,
      ])
    }
  })

  test('no process has one among its arguments, and no service one in its environment', () => {
    const { pid, processes } = suite.run()
    for (const one of [pid, ...Object.values(processes).map((process) => process.pid)]) {
      expect(foundIn(readFileSync(`/proc/${one}/cmdline`))).toEqual([])
      if (one !== pid) expect(foundIn(readFileSync(`/proc/${one}/environ`))).toEqual([])
    }
  })

  test('nobody else may read what the suite keeps', () => {
    expect(statSync(suite.data).mode & 0o077).toBe(0)
    const open: string[] = []
    for (const name of [
      'keys',
      'identities',
      'root.key',
      'agent',
      'guard',
      'logs',
      'nats',
      'run',
    ]) {
      const path = join(suite.data, name)
      if ((statSync(path).mode & 0o077) !== 0) open.push(name)
    }
    for (const name of ['keys', 'identities']) {
      for (const path of filesBelow(join(suite.data, name))) {
        if ((statSync(path).mode & 0o077) !== 0) open.push(path.slice(suite.data.length))
      }
    }
    expect(open).toEqual([])
  })
})
