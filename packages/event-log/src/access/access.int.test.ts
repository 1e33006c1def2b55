import { randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { uuidFromBytes } from '@holdfast/domain'
import { holdfast } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestNats, testNats } from '@holdfast/testkit'
import { connect, credsAuthenticator } from 'nats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { provisionAccess } from '../admin/index.ts'
import { ingestSubject, tokenIn } from '../ingest.ts'
import { accessRecorder } from './access-recorder.ts'
import { accessSourceKeyId, accessSources, openAccessSource } from './access-sources.ts'
import { accessStore } from './access-store.ts'
import { accessStream } from './access-subjects.ts'

let nats: TestNats
beforeAll(async () => {
  nats = await testNats()
})
afterAll(() => nats.close())

const { AccessRecord, AccessResult } = holdfast.access.v1
const key = { id: 'key 1', key: new Uint8Array(randomBytes(32)), isActive: true }

/** Of whoever is recognized. */
const ownKey = { id: 'key of a person', key: new Uint8Array(randomBytes(32)), isActive: true }
let isForgotten = false

function recorderOf(service: 'auth' | 'gateway', keys = [key]) {
  const sources = accessSources(nats.lineageId, () =>
    isForgotten ? Promise.reject(new Error('the key was destroyed')) : Promise.resolve([ownKey]),
  )
  sources.useKeys(keys)
  const { log, registry } = createTelemetry(service, { level: 'silent' })
  const connectAs = {
    url: nats.url,
    credentialsFile: nats.identities.credentialsFile(service),
    name: service,
  }
  return accessRecorder({ store: accessStore(connectAs), sources, log, registry, now: Date.now })
}

async function records() {
  const { state } = await nats.admin.link.api.streamInfo(accessStream)
  const found = []
  for (let sequence = state.first_seq; sequence <= state.last_seq; sequence++) {
    const message = await nats.admin.link.api.message(accessStream, BigInt(sequence))
    if (!message) throw new Error(`no record ${sequence}`)
    found.push({ subject: message.subject, record: AccessRecord.decode(message.bytes) })
  }
  return found
}

const stored = async () => (await nats.admin.link.api.streamInfo(accessStream)).state.messages

test('what happens at the door is kept, the source under seal', async () => {
  const userId = randomUUID()
  const auth = recorderOf('auth')
  const came = { action: 'login', result: 'success', userId, source: '192.0.2.7' } as const
  auth.record(came)
  auth.record({ action: 'login', result: 'failure', code: 'auth.invalid_credentials' })
  await auth.close()
  const gateway = recorderOf('gateway')
  gateway.record({
    action: 'denied',
    result: 'failure',
    code: 'access.denied',
    target: 'GET /api/v1/nodes',
    source: '192.0.2.7',
    userId: 'not a UUID',
  })
  await gateway.close()

  const [first, second, third, ...rest] = await records()
  if (!first || !second || !third) throw new Error('three records are missing')
  expect(rest).toEqual([])
  expect([first.subject, second.subject, third.subject]).toEqual([
    'access.auth',
    'access.auth',
    'access.gateway',
  ])
  expect(first.record).toMatchObject({
    action: 'login',
    result: AccessResult.ACCESS_RESULT_SUCCESS,
    count: 1,
    windowMs: 0,
  })
  expect(uuidFromBytes(first.record.userId)).toBe(userId)
  expect(third.record.userId).toHaveLength(0)
  expect(second.record.sourceTag).toHaveLength(0)
  expect(first.record.sourceTag).toHaveLength(16)
  expect(third.record.sourceTag).toEqual(first.record.sourceTag)
  const id = uuidFromBytes(first.record.id)
  // Under the person's own key, to be forgotten with them.
  expect(accessSourceKeyId(first.record.sourceSealed)).toBe(ownKey.id)
  expect(openAccessSource([ownKey], userId, id, first.record.sourceSealed)).toBe('192.0.2.7')
  const strangers = uuidFromBytes(third.record.id)
  expect(openAccessSource([key], nats.lineageId, strangers, third.record.sourceSealed)).toBe(
    '192.0.2.7',
  )
  expect(() =>
    openAccessSource([ownKey], userId, randomUUID(), first.record.sourceSealed),
  ).toThrow()
})

test('of somebody forgotten the source is not kept, not even under another key', async () => {
  isForgotten = true
  const auth = recorderOf('auth')
  const userId = randomUUID()
  auth.record({ action: 'login', result: 'failure', userId, source: '192.0.2.99' })
  await auth.close()
  isForgotten = false
  const last = (await records()).at(-1)
  expect(uuidFromBytes(last?.record.userId ?? new Uint8Array(16))).toBe(userId)
  expect(last?.record.sourceSealed).toHaveLength(0)
  expect(last?.record.sourceTag).toHaveLength(16)
})

test('a record that is sent twice is stored once', async () => {
  const credentialsFile = nats.identities.credentialsFile('auth')
  const store = accessStore({ url: nats.url, credentialsFile, name: 'auth' })
  const before = await stored()
  const id = randomUUID()
  await store.store(id, Buffer.from('one'))
  await store.store(id, Buffer.from('one'))
  await store.close()
  expect(await stored()).toBe(before + 1)
})

test('nobody else writes it, and nobody removes a record or touches the stream', async () => {
  const before = await stored()
  const tokenOf = async (service: string) =>
    tokenIn(await readFile(nats.identities.credentialsFile(service), 'utf8'), 'access')
  const [auth, gateway] = [await tokenOf('auth'), await tokenOf('gateway')]
  expect(auth).toHaveLength(32)
  expect(gateway).not.toBe(auth)
  expect(await tokenOf('network')).toBeUndefined()

  for (const service of ['network', 'gateway', 'auth']) {
    const connection = await connect({
      servers: nats.url,
      authenticator: credsAuthenticator(await readFile(nats.identities.credentialsFile(service))),
      inboxPrefix: `_INBOX_${service}`,
    })
    const others = service === 'gateway' ? 'auth' : 'gateway'
    for (const subject of [
      `access.${service}`,
      ingestSubject((service === 'gateway' ? auth : gateway) ?? '', `access.${others}`),
      ingestSubject((service === 'gateway' ? gateway : auth) ?? '', `access.${others}`),
      `$JS.API.STREAM.DELETE.${accessStream}`,
      `$JS.API.STREAM.PURGE.${accessStream}`,
      `$JS.API.STREAM.UPDATE.${accessStream}`,
      `$JS.API.STREAM.MSG.DELETE.${accessStream}`,
      `$JS.API.STREAM.INFO.${accessStream}`,
    ]) {
      const asked = connection.request(subject, 'x', { timeout: 2_000 })
      await expect(asked, `${service} ${subject}`).rejects.toThrow(/permission/i)
    }
    // An answer cannot be sent there either: the subject is nobody's to guess (docs/adr/0009).
    connection.publish(`$JS.API.DIRECT.GET.${nats.stream}`, '{"seq":1}', { reply: 'access.auth' })
    await connection.flush()
    await connection.close()
  }
  expect(await stored()).toBe(before)
})

test('other limits are taken over, and nothing is lost by it', async () => {
  const info = () => nats.admin.link.api.streamInfo(accessStream)
  const { state } = await info()
  await provisionAccess(nats.admin, {
    ...nats.spec,
    accessMaxBytes: 4 * 1024 * 1024,
    accessMaxAgeMs: 86_400_000,
  })
  const changed = await info()
  expect(changed.config['max_bytes']).toBe(4 * 1024 * 1024)
  expect(changed.config['max_age']).toBe(86_400_000_000_000)
  expect(changed.config['deny_purge']).toBe(true)
  expect(changed.state.last_seq).toBe(state.last_seq)
})

test('records wait for a server that is away, and are stored when it is back', async () => {
  const before = await stored()
  const auth = recorderOf('auth')
  auth.record({ action: 'login', result: 'success' })
  await expect.poll(stored).toBe(before + 1)
  await nats.server.stop()
  auth.record({ action: 'login', result: 'success' })
  auth.record({ action: 'logout', result: 'success' })
  await nats.restart()
  await expect.poll(stored, { timeout: 30_000 }).toBe(before + 3)
  await auth.close()
})
