import { fileURLToPath } from 'node:url'
import { newId } from '@holdfast/domain'
import { migrate, type Postgres } from '@holdfast/postgres'
import { type TestPostgres, testPostgres } from '@holdfast/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Lockout, openLockout } from './lockout.ts'

const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))
const home = '192.0.2.1'
const cafe = '198.51.100.7'
const minute = 60_000

let database: TestPostgres
let postgres: Postgres
let lockout: Lockout
let now: number
let alice: string

beforeAll(async () => {
  database = await testPostgres({ services: ['auth'] })
  postgres = database.open('auth')
  await migrate(postgres, migrations, { schema: 'auth' })
})
afterAll(() => database.close())

beforeEach(() => {
  now = Date.parse('2030-01-01T00:00:00Z')
  alice = newId()
  lockout = openLockout(postgres, () => now)
})

const at = (source: string) => ({ account: alice, userId: alice, source })
const fail = async (source: string, times: number) => {
  for (let i = 0; i < times; i++) await lockout.failed(at(source))
}

test('five failures lock for fifteen minutes after the last one', async () => {
  await fail(cafe, 4)
  expect(await lockout.lockedFor(at(cafe))).toBeUndefined()
  now += minute
  await fail(cafe, 1)
  expect(await lockout.lockedFor(at(cafe))).toBe(900)
  now += 14 * minute
  expect(await lockout.lockedFor(at(cafe))).toBe(60)
  now += minute
  expect(await lockout.lockedFor(at(cafe))).toBeUndefined()
})

test('after a lock the count starts anew', async () => {
  await fail(cafe, 5)
  now += 15 * minute
  await fail(cafe, 4)
  expect(await lockout.lockedFor(at(cafe))).toBeUndefined()
})

test('guessing from many addresses locks the account for all strangers', async () => {
  for (let i = 1; i <= 5; i++) await fail(`203.0.113.${i}`, 1)
  expect(await lockout.lockedFor(at(cafe))).toBe(900)
  expect(await lockout.lockedFor({ ...at(cafe), account: newId() })).toBeUndefined()
})

test('strangers cannot shut a person out of where they have signed in before', async () => {
  await lockout.succeeded(at(home))
  for (let i = 1; i <= 50; i++) await fail(`203.0.113.${i}`, 1)
  expect(await lockout.lockedFor(at(cafe))).toBeDefined()
  expect(await lockout.lockedFor(at(home))).toBeUndefined()
  await fail(home, 5)
  expect(await lockout.lockedFor(at(home))).toBeDefined()
})

test('failures at a known place do not lock strangers', async () => {
  await lockout.succeeded(at(home))
  await fail(home, 5)
  expect(await lockout.lockedFor(at(cafe))).toBeUndefined()
})

test('a place is known for ninety days', async () => {
  await lockout.succeeded(at(home))
  now += 91 * 24 * 60 * minute
  await fail(cafe, 5)
  expect(await lockout.lockedFor(at(home))).toBeDefined()
})

test('success clears the count of its own source', async () => {
  await fail(cafe, 4)
  await lockout.succeeded(at(cafe))
  await fail(cafe, 4)
  expect(await lockout.lockedFor(at(cafe))).toBeUndefined()
})

test('a name nobody has locks like any other', async () => {
  const nobody = { account: newId(), source: cafe }
  for (let i = 0; i < 5; i++) await lockout.failed(nobody)
  expect(await lockout.lockedFor(nobody)).toBe(900)
})

test('whoever has a session answers for its own failures alone', async () => {
  await fail(cafe, 5)
  const inSession = { ...at('session 1'), hasSession: true }
  expect(await lockout.lockedFor(inSession)).toBeUndefined()
  for (let i = 0; i < 5; i++) await lockout.failed(inSession)
  expect(await lockout.lockedFor(inSession)).toBe(900)
})
