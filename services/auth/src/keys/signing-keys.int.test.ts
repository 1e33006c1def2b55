import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateRootKey, loadRootKey } from '@holdfast/crypto'
import { type CommandId, newId, type OrganizationId, type UserId } from '@holdfast/domain'
import type { CommandContext, EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import { openProjections, type Projections } from '@holdfast/projections'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestNats, type TestPostgres, testNats, testPostgres } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { organizations, users } from '../commands/aggregates.ts'
import { enrolmentCommands } from '../commands/enrolments.ts'
import { oneAtATime } from '../commands/one-at-a-time.ts'
import { organizationCommands } from '../commands/organizations.ts'
import { KeyStoreLost } from '../domain/errors.ts'
import { enrolmentRows } from '../projections/enrolments.ts'
import { organizationRows } from '../projections/organizations.ts'
import { signingKeyRows } from '../projections/signing-keys.ts'
import { siteRows } from '../projections/sites.ts'
import { userRows } from '../projections/users.ts'
import { listOutlivedKeys } from '../queries/signing-keys.ts'
import { findUser } from '../queries/users.ts'
import { type KeyStore, openKeyStore } from './key-store.ts'
import { openPersonFields } from './person-fields.ts'
import { openSigningKeys } from './signing-keys.ts'

let nats: TestNats
let database: TestPostgres
let postgres: Postgres
let log: EventLog
let projections: Projections
let store: KeyStore
let directory: string
const rootKeyText = generateRootKey()
const rootKey = loadRootKey({ reveal: () => rootKeyText })

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-test-keys-'))
  ;[nats, database] = await Promise.all([testNats(), testPostgres({ services: ['auth'] })])
  log = await nats.open('auth')
  postgres = database.open('auth')
  store = await openKeyStore(join(directory, 'keys'), rootKey)
  projections = await openProjections({
    log,
    postgres,
    telemetry: createTelemetry('auth', { level: 'silent' }),
    service: 'auth',
    projections: [
      organizationRows,
      siteRows,
      userRows(openPersonFields(store)),
      enrolmentRows,
      signingKeyRows,
    ],
  })
})
afterAll(async () => {
  await projections?.stop()
  await Promise.all([nats?.close(), database?.close()])
  await rm(directory, { recursive: true, force: true })
})

const context = (): CommandContext => {
  const commandId = newId<CommandId>()
  return {
    commandId,
    isKeyed: false,
    actor: { kind: 'service', id: 'auth', method: 'certificate' },
    correlationId: commandId,
  }
}
const noRows = async () => []
const keyIds = (jwks: string): string[] =>
  JSON.parse(jwks).keys.map(({ kid }: { kid: string }) => kid)

test('a replaced key verifies until its last token has expired, and is then forgotten', async () => {
  const keys = await openSigningKeys(log, store, noRows)
  const first = keys.active().keyId
  const command = context()
  const { keyId: second, sequence } = await keys.rotate(command)
  expect((await keys.rotate(command)).keyId).toBe(second)
  expect(keys.active().keyId).toBe(second)
  expect(keyIds(await keys.keySet())).toEqual([second, first])

  await projections.reached(sequence)
  expect(await listOutlivedKeys(postgres, new Date(Date.now() - 60_000))).toEqual([])
  expect(await listOutlivedKeys(postgres, new Date(Date.now() + 60_000))).toEqual([first])

  await keys.retire(first)
  expect(keyIds(await keys.keySet())).toEqual([second])
  expect(await keys.key(first)).toBeUndefined()
  expect(await keys.key(second)).toBeDefined()
  expect(store.signingKey(first)).toBeUndefined()
  await projections.reached(await log.head())
  expect(await listOutlivedKeys(postgres, new Date(Date.now() + 60_000))).toEqual([])
})

test('the next process signs with the same key, and another one learns of a new key', async () => {
  const here = await openSigningKeys(log, store, noRows)
  const there = await openSigningKeys(await nats.open('auth'), store, noRows)
  expect(there.active().keyId).toBe(here.active().keyId)
  const { keyId } = await here.rotate(context())
  expect(await there.key(keyId)).toBeDefined()
  expect(there.active().keyId).toBe(keyId)
})

test('a store that lost its keys is not filled with new ones', async () => {
  const head = await log.head()
  const empty = await openKeyStore(join(directory, 'elsewhere'), rootKey)
  await expect(openSigningKeys(log, empty, noRows)).rejects.toSatisfy(KeyStoreLost.is)
  expect(await log.head()).toBe(head)
})

test('rebuilt read models hold what the live ones held; without a key, a placeholder', async () => {
  const commands = organizationCommands({
    log,
    locks: oneAtATime(),
    countContents: async () => ({ sites: 0, nodes: 0 }),
  })
  const described = { name: 'Acme', description: '' }
  const { id: organizationId } = await commands.createOrganization(described, context())
  await commands.createSite({ ...described, organizationId }, context())
  const token = { organizationId, siteId: undefined, nodeName: 'n', expiresAtUnixMs: Date.now() }
  await enrolmentCommands(log, oneAtATime(), Date.now).createToken(token, context())
  const gone = newId<OrganizationId>()
  const doomed = { type: 'CreateOrganization', id: gone, ...described } as const
  await log.execute(organizations, gone, doomed, context())
  const remove = { type: 'DeleteOrganization', id: gone, sites: 0, nodes: 0 } as const
  await log.execute(organizations, gone, remove, context())

  const persons = openPersonFields(store)
  const id = newId<UserId>()
  const profile = { username: 'ada', email: 'ada@example.org', displayName: 'Ada' }
  const sealed = await persons.seal(id, { ...profile, passwordHash: 'x' })
  const bindings = [{ role: 'VIEWER', organizationId }] as const
  await log.execute(users, id, { type: 'CreateUser', id, ...sealed, bindings }, context())
  const grant = { type: 'GrantRole', id, binding: { role: 'SUPER_ADMIN' } } as const
  await log.execute(users, id, grant, context())
  const { sequence } = await log.execute(
    users,
    id,
    { type: 'DisableUser', id, otherSuperAdmins: 1 },
    context(),
  )
  await projections.reached(sequence)

  for (const name of ['organizations', 'sites', 'users', 'enrolments', 'signing_keys']) {
    const before = await projections.hash(`auth.${name}`)
    await projections.rebuild(`auth.${name}`)
    expect(await projections.hash(`auth.${name}`)).toBe(before)
  }
  const everything = { organizations: '*' } as const
  const row = await findUser(postgres, everything, 'ADA')
  expect(row).toMatchObject({ email: 'ada@example.org', is_disabled: true, revision: sequence })
  expect(row.bindings).toEqual([
    ['SUPER_ADMIN', '*'],
    ['VIEWER', organizationId],
  ])
  const keyless = openPersonFields(await openKeyStore(join(directory, 'elsewhere'), rootKey))
  expect(keyless.open(id, 'username', sealed.username)).toBe('[erased]')
})

test('behind a restore every key is new, whatever the key store still has', async () => {
  const before = await openSigningKeys(log, store, noRows)
  const old = keyIds(await before.keySet())
  expect(old.length).toBeGreaterThan(0)
  const restored = { ...log, generation: log.generation + 1 }
  const keys = await openSigningKeys(restored, store, noRows)
  expect(keyIds(await keys.keySet())).toEqual([keys.active().keyId])
  expect(old).not.toContain(keys.active().keyId)
  for (const keyId of old) {
    expect(await keys.key(keyId)).toBeUndefined()
    expect(store.signingKey(keyId)).toBeUndefined()
  }
})
