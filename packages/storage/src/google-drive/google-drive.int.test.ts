import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { StorageDenied, StorageFull, StorageNotFound } from '../errors.ts'
import { guarded } from '../guard.ts'
import { settingsOf } from '../settings.ts'
import { surroundingsOf } from '../surroundings.ts'
import type { Storage } from '../types.ts'
import { all, bodyFrom, countedBody, read } from '../web/testing/bodies.ts'
import { googleDriveAt } from './kind.ts'
import { type DriveServer, driveServer } from './testing/drive-server.ts'

const mib = 1024 * 1024
let server: DriveServer
let storage: Storage

async function open(
  credentials: Record<string, string> = { service_account_json: server.serviceAccountJson },
): Promise<Storage> {
  const api = server.originAt('127.0.0.1')
  const kind = googleDriveAt({ api, token: `${api}/token`, ca: server.ca })
  const surroundings = surroundingsOf({
    egressAllow: ['127.0.0.0/8'],
    localBase: '/nonexistent',
    localRoots: [],
  })
  const config = { folder_id: server.folderId, client_id: server.clientId }
  expect(kind.check?.(settingsOf(kind.fields, config, credentials), surroundings)).toEqual([])
  const settings = settingsOf(kind.fields, config, credentials)
  return guarded(await kind.open(settings, surroundings), surroundings.timeouts)
}

beforeAll(async () => {
  server = await driveServer()
})
afterAll(async () => await server?.close())
beforeEach(async () => {
  server.limit(Number.POSITIVE_INFINITY)
  storage = await open()
  for await (const { key } of storage.list('')) await storage.delete(key)
})

test('small and large objects come back, from any offset', async () => {
  for (const size of [0, 1, 8 * mib, 8 * mib + 1, 20 * mib]) {
    const bytes = randomBytes(size)
    await storage.put('a/object.bin', bodyFrom(bytes), { size })
    expect((await read(await storage.get('a/object.bin'))).equals(bytes)).toBe(true)
    const from = Math.floor(size / 2)
    const rest = await read(await storage.get('a/object.bin', { offset: from }))
    expect(rest.equals(bytes.subarray(from))).toBe(true)
    expect(await read(await storage.get('a/object.bin', { offset: size }))).toHaveLength(0)
    expect(await storage.stat('a/object.bin')).toMatchObject({ key: 'a/object.bin', size })
  }
  expect(server.sessions()).toBe(0)
})

test('lists page by page, below whole segments, and no folders', async () => {
  const keys = ['a/1', 'a/2', 'a/b/3', 'ab/4', 'top', 'z/5', 'z/6']
  for (const key of keys) await storage.put(key, bodyFrom(Buffer.from(key)))
  server.putFolder('a/folder')
  const list = async (prefix: string) =>
    (await all(storage.list(prefix))).map(({ key }) => key).sort()
  expect(await list('')).toEqual(keys)
  expect(await list('a')).toEqual(['a/1', 'a/2', 'a/b/3'])
  expect(await list('nothing')).toEqual([])
})

test('a token that ran out is renewed', async () => {
  await storage.put('one', bodyFrom(Buffer.from('1')))
  server.expireTokens()
  expect((await read(await storage.get('one'))).toString()).toBe('1')
})

test('signs in by a refresh token as well', async () => {
  const other = await open({
    refresh_token: server.refreshToken,
    client_secret: server.clientSecret,
  })
  expect(await other.stat('nothing')).toBeUndefined()
})

test('lost answers, cuts and a busy service cost a piece of an upload, not the whole', async () => {
  const bytes = randomBytes(20 * mib)
  const counted = countedBody(bytes)
  const limited = { error: { code: 403, errors: [{ reason: 'userRateLimitExceeded' }] } }
  // Looking for the name, the begin, the first piece and the question how far it came.
  server.disturb({ status: 429, retryAfter: 0 }, 'cut', { status: 403, body: limited })
  await storage.put('large', counted)
  server.disturb({ status: 500 }, { status: 503 }, 'cut')
  await storage.put('larger', counted)
  expect(counted.readings).toBe(2)
  for (const key of ['large', 'larger'])
    expect((await read(await storage.get(key))).equals(bytes)).toBe(true)
})

test('a piece that arrived is not sent again, and the end is not done twice', async () => {
  const bytes = randomBytes(10 * mib)
  const counted = countedBody(bytes)
  await storage.put('object', bodyFrom(Buffer.from('before')))
  // Search, begin, then both pieces and their answers lost.
  server.disturb('pass', 'pass', 'lost answer', 'pass', 'lost answer')
  await storage.put('object', counted)
  expect(counted.readings).toBe(1)
  expect((await read(await storage.get('object'))).equals(bytes)).toBe(true)
  expect(server.files()).toEqual(['object'])
})

test('of several files of one name the newest counts, and goes with the others', async () => {
  await server.putFile('object', Buffer.from('older'))
  await server.putFile('object', Buffer.from('newer'))
  await server.putFile('OBJECT', Buffer.from('another'))
  expect((await read(await storage.get('object'))).toString()).toBe('newer')
  expect((await all(storage.list(''))).map(({ key, size }) => `${key} ${size}`).sort()).toEqual([
    'OBJECT 7',
    'object 5',
  ])
  await storage.put('object', bodyFrom(Buffer.from('newest')))
  expect([...server.files()].sort()).toEqual(['OBJECT', 'object'])
  await server.putFile('object', Buffer.from('again'))
  await storage.delete('object')
  expect(server.files()).toEqual(['OBJECT'])
})

test('an upload that is given up leaves nothing', async () => {
  await storage.put('object', bodyFrom(Buffer.from('before')))
  const controller = new AbortController()
  const giveUp = new Error('enough')
  async function* body() {
    yield randomBytes(9 * mib)
    controller.abort(giveUp)
    yield randomBytes(9 * mib)
  }
  await expect(storage.put('object', body, { signal: controller.signal })).rejects.toBe(giveUp)
  await expect.poll(() => server.sessions()).toBe(0)
  expect((await read(await storage.get('object'))).toString()).toBe('before')
})

test('a full account, wrong credentials and an account without the folder say so', async () => {
  await storage.put('object', bodyFrom(Buffer.from('before')))
  server.limit(1000)
  const large = storage.put('object', bodyFrom(randomBytes(2000)))
  await expect(large).rejects.toSatisfy(StorageFull.is)
  expect((await read(await storage.get('object'))).toString()).toBe('before')
  const other = await open({ refresh_token: 'wrong', client_secret: server.clientSecret })
  await expect(other.stat('object')).rejects.toSatisfy(StorageDenied.is)
  await expect(storage.get('missing')).rejects.toSatisfy(StorageNotFound.is)
  await storage.delete('missing')
})
