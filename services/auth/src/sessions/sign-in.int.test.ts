import { sql } from '@holdfast/postgres'
import { parseKeySet } from '@holdfast/service'
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthProcess, type Clients, startAuth } from '../testing/auth-process.ts'
import {
  adminPassword,
  keyed,
  person,
  present,
  problemOf,
  type SignedIn,
  seeded,
  signIn,
} from '../testing/people.ts'

let auth: AuthProcess
let gateway: Clients
let admin: SignedIn & { organizationId: string }

beforeAll(async () => {
  auth = await startAuth()
  gateway = await auth.as('gateway')
  admin = await seeded(auth)
})
afterAll(() => auth.close())

const refresh = (refreshToken: string) =>
  gateway.auth.refresh({ refreshToken, clientAddress: '192.0.2.1' })
const login = (who: string, password: string, clientAddress = '192.0.2.1') =>
  gateway.auth.login({ login: who, password, clientAddress })

test('the access token is what every service expects, and verifies under the published keys', async () => {
  const { jwks } = await gateway.auth.getKeySet({})
  const header = decodeProtectedHeader(admin.accessToken)
  expect(header).toMatchObject({ alg: 'EdDSA', typ: 'at+jwt' })
  const key = present(parseKeySet(jwks).get(present(header.kid)))
  const { payload } = await jwtVerify(admin.accessToken, key, {
    issuer: `holdfast:${auth.lineageId}`,
    audience: 'holdfast',
  })
  expect(payload['roles']).toEqual([['SUPER_ADMIN', '*']])
  expect(Math.round(present(payload.exp) - present(payload.iat))).toBeGreaterThanOrEqual(899)
  expect(jwks).not.toContain('"d"')
})

test('people sign in by user name or e-mail address, in any case', async () => {
  const { me } = await signIn(auth, 'ADMIN', adminPassword)
  const { user, permissions } = await gateway.auth.getMe({}, me)
  expect(user).toMatchObject({ username: 'admin', email: 'admin@example.org' })
  expect(permissions['*']?.codes).toContain('auth.organizations.create')
  await signIn(auth, 'Admin@Example.org', adminPassword)
})

test('a wrong password and an unknown name are one answer', async () => {
  const answers = [
    await problemOf(login('admin', 'not the password')),
    await problemOf(login('nobody-here', adminPassword)),
    await problemOf(login('nobody@example.org', adminPassword)),
  ]
  expect(new Set(answers)).toEqual(new Set(['auth.invalid_credentials']))
})

test('login, refresh, a used token, and the whole family is gone', async () => {
  const first = await signIn(auth, 'admin', adminPassword)
  const second = present((await refresh(first.refreshToken)).tokens)
  // Twice within five seconds is a lost answer; the successor being used ends that.
  expect(present((await refresh(first.refreshToken)).tokens).refreshToken).toBe(second.refreshToken)
  const third = present((await refresh(present(second.refreshToken))).tokens)

  expect(await problemOf(refresh(first.refreshToken))).toBe('auth.refresh_reused')
  expect(await problemOf(refresh(present(third.refreshToken)))).toBe('auth.refresh_invalid')
  const accessToken = present(third.accessToken)
  expect(await problemOf(gateway.auth.getMe({}, { accessToken }))).toBe('access.session_revoked')
  const { sessions } = await gateway.auth.listRevokedSessions({})
  expect(sessions.map(({ sessionId }) => sessionId)).toContain(decodeJwt(accessToken)['sid'])
})

test('logout ends the session, its tokens and nobody else’s, and the others are told', async () => {
  const told: string[] = []
  const network = await auth.nats.open('network')
  network.onSignal(
    'ctl.auth.session-revoked',
    (data) => void told.push(Buffer.from(data).toString()),
  )
  const [leaving, staying] = [
    await signIn(auth, 'admin', adminPassword),
    await signIn(auth, 'admin', adminPassword),
  ]
  const { sid } = decodeJwt(leaving.accessToken)
  await gateway.auth.logout({}, leaving.me)
  await expect.poll(() => told.some((text) => text.includes(String(sid)))).toBe(true)
  expect(await problemOf(gateway.auth.getMe({}, leaving.me))).toBe('access.session_revoked')
  expect(await problemOf(refresh(leaving.refreshToken))).toBe('auth.refresh_invalid')
  await gateway.auth.getMe({}, staying.me)
  await refresh(staying.refreshToken)
})

test('a new password ends the other sessions and works at once', async () => {
  const ada = await person(auth, admin.me, [{ role: 5, organizationId: admin.organizationId }])
  const other = await signIn(auth, ada.username, ada.password)
  const change = (currentPassword: string, newPassword: string, options = ada.me) =>
    gateway.auth.changePassword({ currentPassword, newPassword }, options)

  expect(await problemOf(change('not the password', 'a fine new password'))).toBe(
    'auth.wrong_password',
  )
  for (const bad of ['short', `${ada.username}@example.org`, ada.password]) {
    expect(await problemOf(change(ada.password, bad))).toBe('invalid')
  }
  const command = keyed(ada.me)
  await change(ada.password, 'a fine new password', command)
  await change(ada.password, 'a fine new password', command) // whose answer got lost

  await gateway.auth.getMe({}, ada.me)
  expect(await problemOf(gateway.auth.getMe({}, other.me))).toBe('access.session_revoked')
  expect(await problemOf(refresh(other.refreshToken))).toBe('auth.refresh_invalid')
  expect(await problemOf(login(ada.username, ada.password))).toBe('auth.invalid_credentials')
  await signIn(auth, ada.username, 'a fine new password')
})

test('five failures lock a name, known or not; the right password does not help', async () => {
  const eve = await person(auth, admin.me, [{ role: 5, organizationId: admin.organizationId }])
  for (const [name, source] of [
    [eve.username, '203.0.113.9'],
    ['nobody-at-all', '203.0.113.10'],
  ] as const) {
    for (let i = 0; i < 5; i++) {
      expect(await problemOf(login(name, 'wrong password', source))).toBe(
        'auth.invalid_credentials',
      )
    }
    expect(await problemOf(login(name, eve.password, source))).toBe('auth.locked')
  }
  // Where she has signed in before, she still can.
  await signIn(auth, eve.username, eve.password)
})

test('a disabled user is out at once and cannot come back', async () => {
  const dan = await person(auth, admin.me, [{ role: 5, organizationId: admin.organizationId }])
  await gateway.users.setUserDisabled({ userId: dan.id, isDisabled: true }, admin.me)
  expect(await problemOf(gateway.auth.getMe({}, dan.me))).toBe('access.session_revoked')
  expect(await problemOf(refresh(dan.refreshToken))).toBe('auth.refresh_invalid')
  expect(await problemOf(login(dan.username, dan.password))).toBe('auth.user_disabled')
  expect(await problemOf(login(dan.username, 'a wrong password'))).toBe('auth.invalid_credentials')
  await gateway.users.setUserDisabled({ userId: dan.id, isDisabled: false }, admin.me)
  await signIn(auth, dan.username, dan.password)
})

test('a role taken away is gone with the next call, and the session stays', async () => {
  const { organizationId } = admin
  const op = await person(auth, admin.me, [{ role: 2, organizationId }])
  await gateway.users.listUsers({}, op.me)
  await gateway.users.revokeRole({ userId: op.id, binding: { role: 2, organizationId } }, admin.me)
  expect(await problemOf(gateway.users.listUsers({}, op.me))).toBe('access.session_revoked')
  const { tokens } = await refresh(op.refreshToken)
  const accessToken = present(present(tokens).accessToken)
  expect(await problemOf(gateway.users.listUsers({}, { accessToken }))).toBe('access.denied')
  await gateway.auth.getMe({}, { accessToken })
})

test('keys rotate: old tokens verify, new ones carry the new key', async () => {
  const supervisor = await auth.as('supervisor')
  const before = await signIn(auth, 'admin', adminPassword)
  const { keyId } = await supervisor.auth.rotateSigningKey({})
  await gateway.auth.getMe({}, before.me)
  const after = await signIn(auth, 'admin', adminPassword)
  expect(decodeProtectedHeader(after.accessToken).kid).toBe(keyId)
  const keys = parseKeySet((await gateway.auth.getKeySet({})).jwks)
  expect(keys.size).toBeGreaterThanOrEqual(2)
  expect([...keys.keys()][0]).toBe(keyId)
})

test('sessions, keys and locks outlive a killed process', async () => {
  const { refreshToken, me } = await signIn(auth, 'admin', adminPassword)
  const ended = await signIn(auth, 'admin', adminPassword)
  await gateway.auth.logout({}, ended.me)
  await auth.restart({ isKilled: true })
  gateway = await auth.as('gateway')
  await gateway.auth.getMe({}, me)
  expect(await problemOf(gateway.auth.getMe({}, ended.me))).toBe('access.session_revoked')
  await refresh(refreshToken)
  expect(await problemOf(login('nobody-at-all', 'whatever it is', '203.0.113.10'))).toBe(
    'auth.locked',
  )
})

test('the login limit holds by source, and says when to come again', async () => {
  await auth.restart({
    env: { HOLDFAST_AUTH_LOGINS_PER_MINUTE: '10', HOLDFAST_AUTH_LOGIN_BURST: '5' },
  })
  gateway = await auth.as('gateway')
  const answers: (string | undefined)[] = []
  for (let i = 0; i < 8; i++) answers.push(await problemOf(login(`name-${i}`, 'x', '203.0.113.77')))
  expect(answers.slice(0, 5)).toEqual(Array(5).fill('auth.invalid_credentials'))
  expect(answers.slice(5)).toEqual(Array(3).fill('auth.too_many_attempts'))
  await signIn(auth, 'admin', adminPassword)
})

test('no password, hash, token, key or name of a person is in the log, the lines or the sessions', async () => {
  const log = await auth.nats.open('network')
  let text = ''
  for (let sequence = 1n; sequence <= (await log.head()); sequence++) {
    const commit = present(await log.read(sequence))
    text += commit.subject + Buffer.from(commit.bytes).toString('latin1')
  }
  const rows = await auth.postgres.open('auth').query(sql`
    select row_to_json(s)::text as row from auth.sessions s
    union all select row_to_json(f)::text from auth.login_failures f`)
  text += auth.output() + JSON.stringify(rows)
  for (const secret of [
    adminPassword,
    'a fine new password',
    '$argon2',
    'admin@example.org',
    'hfr_',
    'eyJ',
  ]) {
    expect(text).not.toContain(secret)
  }
  expect(auth.output()).toContain('"event":"access"')
})
