import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect, credsAuthenticator, type NatsConnection, StringCodec } from 'nats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Api } from './api.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'

// The program of docs/subscribers.md, as it is written there, and what its credentials do not allow.

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

interface Made {
  readonly subscriber: { readonly id: string; readonly consumer: string }
  readonly credentials: string
  readonly ca_certificate: string
  readonly servers: readonly string[]
}

let suite: Suite
let api: Api
let desk: string
let organizationId: string
const open: NatsConnection[] = []
const children: ChildProcess[] = []

beforeAll(async () => {
  suite = await startSuite()
  api = await suite.admin()
  desk = mkdtempSync(join(tmpdir(), 'holdfast-subscriber-'))
  symlinkSync(join(root, 'node_modules'), join(desk, 'node_modules'))
  organizationId = (await api.post<{ id: string }>('/organizations', { name: 'Acme' })).id
})
afterAll(async () => {
  for (const child of children) child.kill()
  await Promise.all(open.map((connection) => connection.close()))
  await suite?.remove()
  if (desk) rmSync(desk, { recursive: true })
})

/** By loopback: the address in front is one of this machine's own. */
const server = () => `tls://127.0.0.1:${suite.run().ports['agent_edge']}`

const make = (wish: object): Promise<Made> => api.post<Made>('/subscribers', wish)

async function connected({
  credentials,
  ca_certificate,
  subscriber,
}: Made): Promise<NatsConnection> {
  const connection = await connect({
    servers: server(),
    authenticator: credsAuthenticator(Buffer.from(credentials)),
    tls: { ca: ca_certificate },
    inboxPrefix: `_INBOX_${subscriber.consumer}`,
    timeout: 3_000,
    reconnect: false,
  })
  open.push(connection)
  return connection
}

/** Starts the documented program; what it has printed so far. */
function start(made: Made): {
  readonly printed: () => readonly string[]
  readonly child: ChildProcess
} {
  const page = readFileSync(join(root, 'docs/subscribers.md'), 'utf8')
  const [, program = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? []
  expect(program).toContain('subscriber.mjs')
  writeFileSync(join(desk, 'subscriber.mjs'), program)
  writeFileSync(join(desk, 'siem.creds'), made.credentials)
  writeFileSync(join(desk, 'siem-ca.pem'), made.ca_certificate)
  const child = spawn(process.execPath, ['subscriber.mjs', server(), made.subscriber.consumer], {
    cwd: desk,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  return { child, printed: () => text.split('\n').filter((line) => line !== '') }
}

test('the documented program prints what happens, of its organization and actions alone', async () => {
  const made = await make({ name: 'siem', organization_id: organizationId, actions: ['auth.site'] })
  const { printed, child } = start(made)
  await until('the program reads', async () => {
    await api.post('/sites', { name: `here-${Date.now()}`, organization_id: organizationId })
    return printed().length > 0
  })
  // Another organization's, and another action of this one.
  const other = (await api.post<{ id: string }>('/organizations', { name: 'Initech' })).id
  await api.post('/sites', { name: 'elsewhere', organization_id: other })
  const { id } = await api.post<{ id: string }>('/sites', {
    name: 'last of all',
    organization_id: organizationId,
  })
  await until('the last one came', () => printed().some((line) => line.includes(id)))
  for (const line of printed()) {
    expect(line).toMatch(/^20\d\d-\S+Z io\.holdfast\.auth\.site\.created [0-9a-f-]{36} \{/)
    expect(line).toContain(`"organization_id":"${organizationId}"`)
  }
  const sequences = printed().map((line) => Number(/"sequence":"(\d+)"/.exec(line)?.[1]))
  expect(sequences).toEqual([...sequences].sort((a, b) => a - b))

  // Revoked: its open connection ends, and no other opens.
  const since = performance.now()
  await api.remove(`/subscribers/${made.subscriber.id}`)
  const ended = new Promise((done) => child.once('exit', done))
  await Promise.race([
    ended,
    until('it is cut off', () =>
      printed().some((line) => /revoked|AUTHORIZATION|authentication/i.test(line)),
    ),
  ])
  console.log(`a revoked subscriber is cut off after ${(performance.now() - since).toFixed(0)} ms`)
  await expect(connected(made)).rejects.toThrow(/AUTHORIZATION|AUTHENTICATION|authentic/i)
})

test('the credentials allow that one consumer and nothing else', async () => {
  const mine = await make({
    name: 'narrow',
    organization_id: organizationId,
    actions: ['network.peer'],
  })
  const others = await make({ name: 'wide' })
  const connection = await connected(mine)
  await until('its consumer is there', async () => {
    const answer = await connection
      .request(`$JS.API.CONSUMER.INFO.EVENTS.${mine.subscriber.consumer}`)
      .catch(() => undefined)
    return answer?.json<{ name?: string }>().name === mine.subscriber.consumer
  })
  const text = StringCodec()
  const stream = `EVT_1`
  const create = {
    stream_name: 'EVENTS',
    config: { name: 'mine', deliver_policy: 'all', ack_policy: 'none', filter_subject: 'events.>' },
  }
  const forbidden: readonly (readonly [string, unknown])[] = [
    ['$JS.API.STREAM.INFO.EVENTS', {}],
    ['$JS.API.STREAM.NAMES', {}],
    ['$JS.API.STREAM.MSG.GET.EVENTS', { seq: 1 }],
    ['$JS.API.DIRECT.GET.EVENTS', { seq: 1 }],
    ['$JS.API.CONSUMER.CREATE.EVENTS.mine.events.>', create],
    [`$JS.API.CONSUMER.CREATE.EVENTS.${mine.subscriber.consumer}`, create],
    [`$JS.API.CONSUMER.DELETE.EVENTS.${mine.subscriber.consumer}`, {}],
    [`$JS.API.CONSUMER.MSG.NEXT.EVENTS.${others.subscriber.consumer}`, { batch: 1, no_wait: true }],
    [`$JS.API.CONSUMER.INFO.EVENTS.${others.subscriber.consumer}`, {}],
    [`$JS.API.DIRECT.GET.${stream}`, { seq: 1 }],
    [`$JS.API.CONSUMER.CREATE.${stream}.mine.evt.>`, { ...create, stream_name: stream }],
    [`events.${organizationId}.network.peer.created`, {}],
    ['ctl.auth.session-revoked', {}],
  ]
  for (const [subject, body] of forbidden) {
    await expect(
      connection.request(subject, text.encode(JSON.stringify(body)), { timeout: 700 }),
      subject,
    ).rejects.toThrow(/permissions.violation|timeout|503/i)
  }
  for (const subject of ['evt.>', 'events.>', 'ctl.>', '_INBOX.>', 'tlm.>', '>']) {
    const subscription = connection.subscribe(subject)
    await expect(
      (async () => {
        for await (const _ of subscription) throw new Error('something came')
      })(),
      subject,
    ).rejects.toThrow(/permissions.violation/i)
  }
})

test('rotated credentials take over, and what they read holds no secret', async () => {
  const made = await make({ name: 'rotating' })
  const renewed = await api.post<Made>(`/subscribers/${made.subscriber.id}/rotate`)
  const connection = await connected({ ...made, credentials: renewed.credentials })
  const events = await until('the consumer', () =>
    connection
      .jetstream()
      .consumers.get('EVENTS', made.subscriber.consumer)
      .catch(() => undefined),
  )
  if (!events) throw new Error('no consumer')
  const password = 'a password nobody may see 42'
  await api.post('/users', { username: 'mallory', email: 'mallory@example.org', password })
  const seen: string[] = []
  const messages = await events.fetch({ max_messages: 50, expires: 3_000 })
  for await (const message of messages) {
    seen.push(`${message.subject} ${message.string()}`)
    message.ack()
  }
  expect(seen.some((line) => line.includes('auth.user.created'))).toBe(true)
  for (const secret of ['mallory', 'example.org', password, 'ciphertext', 'nonce']) {
    expect(seen.join('\n')).not.toContain(secret)
  }
  await until('the old credentials are refused', async () => {
    const still = await connected(made).catch(() => undefined)
    await still?.close()
    return still === undefined
  })
})
