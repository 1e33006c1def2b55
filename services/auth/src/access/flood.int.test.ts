import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateRootKey, loadRootKey } from '@holdfast/crypto'
import {
  accessLimits,
  accessStream,
  type EventLog,
  maxFailureRecords,
  openAccessSource,
} from '@holdfast/event-log'
import { migrate } from '@holdfast/postgres'
import { AuthService, type AuthService as AuthTable, holdfast } from '@holdfast/proto'
import type { App, Handlers, ServiceSpec } from '@holdfast/service'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestNats, type TestPostgres, testNats, testPostgres } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { composeAuth } from '../compose.ts'
import { openKeyStore } from '../keys/key-store.ts'

const attempts = 100_000
const sources = 60
const names = 400
const atOnce = 64

let directory: string
let nats: TestNats
let postgres: TestPostgres

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-test-flood-'))
  ;[nats, postgres] = await Promise.all([testNats(), testPostgres({ services: ['auth'] })])
})
afterAll(async () => {
  await Promise.all([nats.close(), postgres.close()])
  await rm(directory, { recursive: true, force: true })
})

/** The service as it is put together, without the process around it: its handlers, and how it ends. */
async function composed(log: EventLog) {
  const database = postgres.open('auth', { max: 16 })
  const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))
  await migrate(database, migrations, { schema: 'auth' })
  const generated = generateRootKey()
  const rootKey = loadRootKey({ reveal: () => generated })
  const keyStore = await openKeyStore(join(directory, 'keys'), rootKey)
  const drains: (() => Promise<void> | void)[] = []
  let handlers: Handlers<typeof AuthTable> | undefined
  const app = {
    settings: {
      natsUrl: [nats.url],
      natsCredentialsFile: nats.identities.credentialsFile('auth'),
    },
    telemetry: createTelemetry('auth', { level: 'silent' }),
    log,
    postgres: database,
    verifyWith: () => undefined,
    revokeSession: () => undefined,
    project: () => undefined,
    serve(table: unknown, served: unknown) {
      if (table === AuthService) handlers = served as Handlers<typeof AuthTable> // they come in pairs
    },
    onStart: () => undefined,
    onDrain: (work: () => Promise<void> | void) => void drains.push(work),
  } as unknown as App<ServiceSpec> // what signing in needs of it
  await composeAuth(app, {
    keyStore,
    rootKeySource: { keptAs: 'given', next: () => rootKey },
    issueSubscriber: () => Promise.reject(new Error('nobody asks')),
    subscriberDoor: { servers: [], caCertificate: '' },
    issueNodeJwt: () => Promise.reject(new Error('nobody enrols here')),
    // As the settings have it.
    loginRate: { perMinute: 10, burst: 5 },
    refreshRate: { perMinute: 60, burst: 20 },
    now: Date.now,
  })
  if (!handlers) throw new Error('auth serves no sign-in')
  const { login } = handlers
  return {
    login,
    keys: await keyStore.dataKeys(log.lineageId, 'access'),
    async drain() {
      for (const work of drains) await work()
    },
  }
}

test('100,000 failed sign-ins leave the log as it was, and grow ACCESS by a bounded amount', {
  timeout: 600_000,
}, async () => {
  const log = await nats.open('auth')
  const { login, keys, drain } = await composed(log)
  const head = await log.head()
  const call = { signal: new AbortController().signal } as Parameters<typeof login>[1] // all it asks of a call
  const refusals = new Map<string, number>()

  const startedAt = Date.now()
  let next = 0
  async function guess(): Promise<void> {
    for (let i = next++; i < attempts; i = next++) {
      const wish = {
        login: `name-${i % names}`,
        password: `guess ${i}`,
        clientAddress: `198.51.100.${i % sources}`,
        userAgent: 'flood',
      }
      try {
        await login(new holdfast.auth.v1.LoginRequest(wish), call)
        throw new Error('somebody came in')
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
        refusals.set(code, (refusals.get(code) ?? 0) + 1)
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, guess))
  const spanMs = Date.now() - startedAt
  await drain()

  const { state } = await nats.admin.link.api.streamInfo(accessStream)
  const bound = maxFailureRecords(accessLimits, spanMs)
  const grown = (await log.head()) - head
  process.stdout.write(
    `${attempts} failed sign-ins in ${spanMs} ms (${JSON.stringify(Object.fromEntries(refusals))}): ` +
      `log +${grown} commits, ACCESS +${state.messages} records of at most ${bound}, ${state.bytes} bytes\n`,
  )
  expect(grown).toBe(0n)
  expect(state.messages).toBeLessThanOrEqual(bound)
  expect([...refusals.keys()].every((code) => code.startsWith('auth.'))).toBe(true)

  let told = 0
  const seen = new Set<string>()
  for (let sequence = 1; sequence <= state.last_seq; sequence++) {
    const message = await nats.admin.link.api.message(accessStream, BigInt(sequence))
    const record = holdfast.access.v1.AccessRecord.decode(message?.bytes ?? new Uint8Array())
    told += Number(record.count)
    if (record.sourceSealed.length === 0) continue
    const id = Buffer.from(record.id).toString('hex')
    const uuid = id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    seen.add(openAccessSource(keys, log.lineageId, uuid, record.sourceSealed))
  }
  // None is forgotten, and who reads the records finds who it was.
  expect(told).toBe(attempts)
  expect([...seen].every((source) => source.startsWith('198.51.100.'))).toBe(true)
})
