import { fileURLToPath } from 'node:url'
import { generateRootKey, loadRootKey } from '@holdfast/crypto'
import { newId, type UserId } from '@holdfast/domain'
import { migrate, type Postgres, sql } from '@holdfast/postgres'
import { type TestPostgres, testPostgres } from '@holdfast/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { RefreshInvalid, RefreshReused } from '../domain/errors.ts'
import { refreshTokens } from './refresh-token.ts'
import { openSessionStore, type RevokedSession, type SessionStore } from './session-store.ts'

const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))
const rootKeyText = generateRootKey()
const from = { source: '192.0.2.1', userAgent: 'test' }
const hour = 3_600_000

let database: TestPostgres
let postgres: Postgres
let sessions: SessionStore
let now: number
let announced: RevokedSession[]
let alice: UserId

beforeAll(async () => {
  database = await testPostgres({ services: ['auth'] })
  postgres = database.open('auth')
  await migrate(postgres, migrations, { schema: 'auth' })
})
afterAll(() => database.close())

beforeEach(() => {
  now = Date.parse('2030-01-01T00:00:00Z')
  announced = []
  alice = newId()
  sessions = openSessionStore({
    postgres,
    tokens: refreshTokens(loadRootKey({ reveal: () => rootKeyText })),
    now: () => now,
    accessTokenMs: 15 * 60_000,
    onRevoked: (revoked) => void announced.push(revoked),
  })
})

test('a refresh token is good once and leads to the next', async () => {
  const { session, refreshToken } = await sessions.start(alice, from)
  now += hour
  const second = await sessions.rotate(refreshToken)
  expect(second.session).toEqual(session)
  expect(second.refreshToken).not.toBe(refreshToken)
  now += hour
  await sessions.rotate(second.refreshToken)
})

test('a used token ends the session, successor and all', async () => {
  const { session, refreshToken } = await sessions.start(alice, from)
  const second = await sessions.rotate(refreshToken)
  now += 5_001
  await expect(sessions.rotate(refreshToken)).rejects.toSatisfy(RefreshReused.is)
  await expect(sessions.rotate(second.refreshToken)).rejects.toSatisfy(RefreshInvalid.is)
  expect(announced).toEqual([{ sessionId: session.id, revokedAtUnixMs: now }])
  expect(await sessions.revoked()).toEqual(announced)
})

test('a client that lost the answer gets the same token again, for a few seconds', async () => {
  const { refreshToken } = await sessions.start(alice, from)
  const second = await sessions.rotate(refreshToken)
  now += 5_000
  expect(await sessions.rotate(refreshToken)).toEqual(second)
  now += hour
  await sessions.rotate(second.refreshToken)
})

test('once the successor is used there is no second chance', async () => {
  const { refreshToken } = await sessions.start(alice, from)
  const second = await sessions.rotate(refreshToken)
  await sessions.rotate(second.refreshToken)
  await expect(sessions.rotate(refreshToken)).rejects.toSatisfy(RefreshReused.is)
})

test('twenty tabs at once: one chain', async () => {
  const { refreshToken } = await sessions.start(alice, from)
  const answers = await Promise.all(Array.from({ length: 20 }, () => sessions.rotate(refreshToken)))
  expect(new Set(answers.map((answer) => answer.refreshToken)).size).toBe(1)
  const [row] = await postgres.query<{ count: number }>(sql`
    select count(*)::integer as count from auth.refresh_tokens
    where session_id = ${answers[0]?.session.id ?? null}`)
  expect(row?.count).toBe(2)
})

test('a token expires after a week without use', async () => {
  const { refreshToken } = await sessions.start(alice, from)
  now += 168 * hour
  await expect(sessions.rotate(refreshToken)).rejects.toSatisfy(RefreshInvalid.is)
})

test('what is no token, or nobody’s, is refused', async () => {
  for (const token of ['', 'x', `hfr_${'A'.repeat(43)}`, "'; drop table auth.sessions; --"]) {
    await expect(sessions.rotate(token)).rejects.toSatisfy(RefreshInvalid.is)
    expect(await sessions.sessionOf(token)).toBeUndefined()
  }
})

test('an ended session stays ended, and ending twice is one thing', async () => {
  const { session, refreshToken } = await sessions.start(alice, from)
  expect(await sessions.end(session.id, 'logout')).toBe(true)
  expect(await sessions.end(session.id, 'logout')).toBe(false)
  expect(announced).toHaveLength(1)
  await expect(sessions.rotate(refreshToken)).rejects.toSatisfy(RefreshInvalid.is)
})

test('all sessions but this one end, and nobody else’s', async () => {
  const [here, there, elsewhere] = [
    await sessions.start(alice, from),
    await sessions.start(alice, from),
    await sessions.start(newId(), from),
  ]
  expect(await sessions.endAll(alice, 'password_changed', here.session.id)).toEqual([
    there.session.id,
  ])
  await sessions.rotate(here.refreshToken)
  await sessions.rotate(elsewhere.refreshToken)
  await expect(sessions.rotate(there.refreshToken)).rejects.toSatisfy(RefreshInvalid.is)
})

test('a family ends by its token only for its own user', async () => {
  const { refreshToken } = await sessions.start(alice, from)
  await sessions.endFamily(refreshToken, newId())
  const second = await sessions.rotate(refreshToken)
  await sessions.endFamily(refreshToken, alice)
  await expect(sessions.rotate(second.refreshToken)).rejects.toSatisfy(RefreshInvalid.is)
})

test('revoked access leaves the session, and is listed until no token can outlive it', async () => {
  const { session, refreshToken } = await sessions.start(alice, from)
  await sessions.revokeAccess(alice)
  expect(announced).toEqual([{ sessionId: session.id, revokedAtUnixMs: now }])
  await sessions.rotate(refreshToken)
  expect(await sessions.revoked()).toContainEqual(announced[0])
  now += 16 * 60_000
  expect(await sessions.revoked()).not.toContainEqual(announced[0])
})

test('what nobody can need is forgotten, the rest is kept', async () => {
  const kept = await sessions.start(alice, from)
  const { session } = await sessions.start(alice, from)
  now += 167 * hour
  const next = await sessions.rotate(kept.refreshToken)
  now += 26 * hour
  await sessions.purge()
  const rows = await postgres.query<{ id: string }>(
    sql`select id from auth.sessions where user_id = ${alice}`,
  )
  expect(rows.map(({ id }) => id)).toEqual([kept.session.id])
  expect(rows.map(({ id }) => id)).not.toContain(session.id)
  await sessions.rotate(next.refreshToken)
})

test('the database holds no token', async () => {
  const { refreshToken } = await sessions.start(alice, from)
  const rows = await postgres.query(sql`
    select row_to_json(t)::text as t from auth.refresh_tokens t
    union all select row_to_json(s)::text from auth.sessions s`)
  expect(JSON.stringify(rows)).not.toContain(refreshToken)
})
