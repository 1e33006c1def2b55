import { generateRootKey } from '@holdfast/crypto'
import { type CommandId, newId, type UserId } from '@holdfast/domain'
import type { CommandContext, EventLog } from '@holdfast/event-log'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { organizations, users } from './commands/aggregates.ts'
import { claimName } from './commands/claim-name.ts'
import { NameTakenMeanwhile } from './domain/errors.ts'
import { sealed } from './domain/fixtures.ts'
import { reservationIds } from './keys/reservation-id.ts'
import { type AuthProcess, startAuth } from './testing/auth-process.ts'
import { adminPassword, keyed, problemOf, signIn } from './testing/people.ts'

let auth: AuthProcess
/** Another instance of the service, as far as the log can tell. */
let other: EventLog

beforeAll(async () => {
  auth = await startAuth()
  other = await auth.nats.open('auth')
})
afterAll(() => auth.close())

const context = (): CommandContext => {
  const commandId = newId<CommandId>()
  return {
    commandId,
    isKeyed: false,
    actor: { kind: 'service', id: 'auth', method: 'certificate' },
    correlationId: commandId,
  }
}
const claim = (kind: 'username' | 'email', name: string, userId: UserId) =>
  claimName(
    other,
    { kind, reservationId: reservationIds(auth.rootKey)(kind, name), userId },
    context(),
  )
const create = (id: UserId) =>
  other.execute(
    users,
    id,
    {
      type: 'CreateUser',
      id,
      username: sealed('u'),
      email: sealed('e'),
      displayName: sealed('d'),
      passwordHash: sealed('h'),
      bindings: [],
    },
    context(),
  )

const seed = { username: 'admin', email: 'admin@example.org', organizationName: 'Acme' }

test('a seed that was cut off is completed by the next one, and leaves nothing twice', async () => {
  // What a crash may have left: the organization, and names of somebody who was never created.
  const organizationId = newId<never>()
  await other.execute(
    organizations,
    organizationId,
    { type: 'CreateOrganization', id: organizationId, name: 'Acme', description: '' },
    { ...context(), organizationId },
  )
  const cutOff = newId<UserId>()
  await claim('username', 'admin', cutOff)
  await claim('email', 'admin@example.org', cutOff)

  const supervisor = await auth.as('supervisor')
  const once = keyed()
  const seeded = await supervisor.auth.seedAdmin(seed, once)
  expect(seeded).toMatchObject({ created: true, username: 'admin', organizationId })
  await signIn(auth, 'admin', seeded.generatedPassword)
  expect(await problemOf(create(cutOff))).toBe(NameTakenMeanwhile.code)

  // The supervisor did not get the answer: the same command has the same one.
  expect(await supervisor.auth.seedAdmin(seed, once)).toEqual(seeded)
  await auth.restart({ isKilled: true })
  expect(await (await auth.as('supervisor')).auth.seedAdmin(seed, once)).toEqual(seeded)
})

test('where there is a super-admin, seeding does nothing and says who it is', async () => {
  const supervisor = await auth.as('supervisor')
  const head = await other.head()
  const answers = await Promise.all(
    ['admin', 'another'].map((username) =>
      supervisor.auth.seedAdmin({
        username,
        email: `${username}@example.org`,
        password: adminPassword,
        organizationName: 'Another',
      }),
    ),
  )
  for (const answer of answers) {
    expect(answer).toMatchObject({ created: false, username: 'admin', generatedPassword: '' })
    expect(answer.organizationId).not.toBe('')
  }
  expect(await other.head()).toBe(head)
})

test('a name is taken from somebody never created, not from somebody who is being slow', async () => {
  const [slow, quick] = [newId<UserId>(), newId<UserId>()]
  await claim('username', 'contested', slow)
  await claim('username', 'contested', quick)
  // However late the slow one comes, two of them cannot have the name.
  expect(await problemOf(create(slow))).toBe(NameTakenMeanwhile.code)
  await create(quick)
  expect(await problemOf(claim('username', 'Contested', newId()))).toBe('auth.username_taken')
})

test('another root key ends the start, names both, and writes nothing', async () => {
  const head = await other.head()
  const { code, output } = await auth.runToEnd({
    HOLDFAST_ROOT_KEY_FILE: '',
    HOLDFAST_ROOT_KEY: generateRootKey(),
    // Neither is reached: a start that got that far would say so.
    HOLDFAST_AUTH_POSTGRES_URL: 'postgres://nobody@127.0.0.1:1/none',
    HOLDFAST_NATS_URL: 'nats://127.0.0.1:1',
  })
  expect(code).toBe(1)
  expect(output).toMatch(
    /The key store belongs to root key [0-9a-f]{32}, HOLDFAST_ROOT_KEY is [0-9a-f]{32}/,
  )
  expect(output).not.toContain('waiting')
  expect(await other.head()).toBe(head)
})

test('a log with a past and a key store without one ends the start', async () => {
  const { code, output } = await auth.runToEnd({ HOLDFAST_KEYS_DIR: `${auth.keysDir}.elsewhere` })
  expect(code).toBe(1)
  expect(output).toContain('restore the directory')
})
