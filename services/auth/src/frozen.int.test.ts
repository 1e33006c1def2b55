import { type Approval, publishApproval } from '@holdfast/event-log/admin'
import { holdfast } from '@holdfast/proto'
import { parseKeySet } from '@holdfast/service'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuthProcess, type Clients, startAuth } from './testing/auth-process.ts'
import {
  adminPassword,
  keyed,
  type Person,
  person,
  present,
  problemOf,
  type SignedIn,
  seeded,
  signIn,
} from './testing/people.ts'

const reason = 'commit 3 differs between the log and its archive: holdfast operator log repair'

let auth: AuthProcess
let gateway: Clients
let admin: SignedIn & { organizationId: string }
let ada: Person

beforeAll(async () => {
  auth = await startAuth({}, { isGuarded: false })
  gateway = await auth.as('gateway')
  admin = await seeded(auth)
  ada = await person(auth, admin.me, [
    { role: holdfast.auth.v1.Role.ROLE_VIEWER, organizationId: admin.organizationId },
  ])
})
afterAll(() => auth.close())

/** As the guard closes a log for a person to look at, or as it is before the guard has looked at a server. */
async function freeze(how: 'refused' | 'unapproved'): Promise<void> {
  const { nats } = auth
  const { config, state } = await nats.admin.link.api.streamInfo(nats.stream)
  const approval: Approval = {
    stream: nats.stream,
    lineageId: nats.lineageId,
    generation: nats.spec.generation,
    serverIds: [],
    allowsBatches: config['allow_atomic'] === true,
    durability: 'log',
    sequence: BigInt(state.last_seq),
    approvedAtUnixMs: Date.now(),
    ...(how === 'refused' ? { refusal: { code: 'log.frozen', reason, firstBadSequence: 3n } } : {}),
  }
  await publishApproval(nats.admin, nats.spec, approval)
  await expect.poll(() => createSite('frozen')).toBe('log.unavailable')
}

const head = async () =>
  (await auth.nats.admin.link.api.streamInfo(auth.nats.stream)).state.last_seq
const createSite = (name: string) =>
  problemOf(
    gateway.organizations.createSite({ organizationId: admin.organizationId, name }, admin.me),
  )
const disable = (isDisabled: boolean) =>
  gateway.users.setUserDisabled({ userId: ada.id, isDisabled }, admin.me)
const refresh = (refreshToken: string) =>
  gateway.auth.refresh({ refreshToken, clientAddress: '192.0.2.1' })

/** All that has to work for people who come to repair something. */
async function peopleComeIn(): Promise<void> {
  const before = await head()
  const me = await signIn(auth, 'admin', adminPassword)
  const byMail = await signIn(auth, 'admin@example.org', adminPassword)
  expect(await problemOf(signIn(auth, 'admin', 'a guess'))).toBe('auth.invalid_credentials')
  expect(await problemOf(signIn(auth, 'nobody', 'a guess'))).toBe('auth.invalid_credentials')
  expect((await gateway.auth.getMe({}, me.me)).user?.username).toBe('admin')
  expect((await gateway.auth.getMe({}, me.me)).permissions['*']?.codes).toContain('auth.users.read')

  // Roles come along, and no more of them.
  const viewer = await signIn(auth, ada.username, ada.password)
  const { permissions } = await gateway.auth.getMe({}, viewer.me)
  expect(Object.keys(permissions)).toEqual([admin.organizationId])
  expect(permissions[admin.organizationId]?.codes).not.toContain('auth.users.write')

  const { tokens } = await refresh(me.refreshToken)
  const next = present(tokens)
  expect((await gateway.auth.getMe({}, { accessToken: present(next.accessToken) })).sessionId).toBe(
    (await gateway.auth.getMe({}, me.me)).sessionId,
  )
  // The first token again, after its successor was used: somebody has stolen it.
  await refresh(present(next.refreshToken))
  expect(await problemOf(refresh(me.refreshToken))).toBe('auth.refresh_reused')
  expect(await problemOf(gateway.auth.getMe({}, me.me))).toBe('access.session_revoked')

  await gateway.auth.logout({ refreshToken: byMail.refreshToken }, byMail.me)
  expect(await problemOf(gateway.auth.getMe({}, byMail.me))).toBe('access.session_revoked')
  expect(await problemOf(refresh(byMail.refreshToken))).toBe('auth.refresh_invalid')

  const { users } = await gateway.users.listUsers({}, admin.me)
  expect(users.map(({ username }) => username)).toContain(ada.username)
  expect((await gateway.organizations.listOrganizations({}, admin.me)).organizations).toHaveLength(
    1,
  )
  expect(parseKeySet((await gateway.auth.getKeySet({})).jwks).size).toBe(1)
  expect((await gateway.auth.listRevokedSessions({})).sessions.length).toBeGreaterThan(1)
  expect(await head()).toBe(before)
}

describe.each(['refused', 'unapproved'] as const)('while the log is %s', (how) => {
  test('people sign in, stay signed in and read; changes are refused', async () => {
    await freeze(how)
    await peopleComeIn()
    const before = await head()
    expect(await createSite('no')).toBe('log.unavailable')
    expect(
      await problemOf(
        gateway.auth.changePassword(
          { currentPassword: ada.password, newPassword: 'another fine password' },
          keyed(ada.me),
        ),
      ),
    ).toBe('log.unavailable')
    expect(await problemOf(disable(true))).toBe('log.unavailable')
    expect(await head()).toBe(before)
  })

  test('a service that starts then serves what it has, and says why nothing can be changed', async () => {
    await auth.restart({ isKilled: true })
    gateway = await auth.as('gateway')
    await peopleComeIn()
    const { status, checks } = await auth.readiness()
    expect(status).toBe(200)
    expect(checks['log']?.reason).toContain(
      how === 'refused' ? reason : 'the guard has not approved',
    )
    expect(await createSite('no')).toBe('log.unavailable')
  })

  test('what the guard opens takes changes again, without a restart', async () => {
    await auth.nats.approve()
    await expect.poll(() => createSite(`open after ${how}`)).toBeUndefined()
    const { sites } = await gateway.organizations.listSites(
      { organizationId: admin.organizationId },
      admin.me,
    )
    expect(sites.map(({ name }) => name)).toContain(`open after ${how}`)
    // Nobody is let in by old rows: who is disabled now is out now.
    await disable(true)
    expect(await problemOf(signIn(auth, ada.username, ada.password))).toBe('auth.user_disabled')
    await disable(false)
    ada = { ...ada, ...(await signIn(auth, ada.username, ada.password)) }
    await expect.poll(async () => (await auth.readiness()).checks['log']).toEqual({ isReady: true })
  })
})

test('who was disabled before the log closed stays out', async () => {
  await disable(true)
  await freeze('unapproved')
  expect(await problemOf(signIn(auth, ada.username, ada.password))).toBe('auth.user_disabled')
  expect(await problemOf(refresh(ada.refreshToken))).toBe('auth.refresh_invalid')
  await auth.nats.approve()
  await expect.poll(() => createSite('open again')).toBeUndefined()
})

test('with the server of the log away, people still come in, and go', async () => {
  await disable(false)
  await auth.nats.server.stop()
  const me = await signIn(auth, 'admin', adminPassword)
  expect((await gateway.auth.getMe({}, me.me)).user?.username).toBe('admin')
  const { tokens } = await refresh(me.refreshToken)
  const next = { accessToken: present(present(tokens).accessToken) }
  expect((await gateway.users.listUsers({}, next)).users.length).toBeGreaterThan(1)
  await gateway.auth.logout({}, next)
  expect(await problemOf(gateway.auth.getMe({}, next))).toBe('access.session_revoked')
  await auth.nats.restart()
  await auth.nats.approve()
  await expect.poll(() => createSite('open after all')).toBeUndefined()
})
