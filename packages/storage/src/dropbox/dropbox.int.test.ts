import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { StorageDenied, StorageFull, StorageNotFound } from '../errors.ts'
import { guarded } from '../guard.ts'
import { retrying } from '../retrying.ts'
import { settingsOf } from '../settings.ts'
import { surroundingsOf } from '../surroundings.ts'
import type { Storage } from '../types.ts'
import { all, bodyFrom, countedBody, read } from '../web/testing/bodies.ts'
import { dropboxAt } from './kind.ts'
import { type DropboxServer, dropboxServer } from './testing/dropbox-server.ts'

const mib = 1024 * 1024
let server: DropboxServer
let storage: Storage

async function open(credentials: Record<string, string> = {}): Promise<Storage> {
  const api = server.originAt('127.0.0.1')
  const kind = dropboxAt({ api, content: api, ca: server.ca })
  const surroundings = surroundingsOf({
    egressAllow: ['127.0.0.0/8'],
    localBase: '/nonexistent',
    localRoots: [],
  })
  const settings = settingsOf(
    kind.fields,
    { path: '/Bäckups', app_key: server.appKey },
    { refresh_token: server.refreshToken, app_secret: server.appSecret, ...credentials },
  )
  return guarded(await kind.open(settings, surroundings), surroundings.timeouts)
}

beforeAll(async () => {
  server = await dropboxServer()
})
afterAll(async () => await server?.close())
beforeEach(async () => {
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
  server.putFolder('/Bäckups/a/folder')
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

test('lost answers, cuts and a busy service cost a piece of an upload, not the whole', async () => {
  const bytes = randomBytes(20 * mib)
  const counted = countedBody(bytes)
  // Begin, first piece, and again; what was taken is not sent twice.
  server.disturb({ status: 429, retryAfter: 0 }, 'lost answer')
  await storage.put('large', counted)
  server.disturb('lost answer', 'pass', 'cut', 'lost answer')
  await storage.put('larger', counted)
  expect(counted.readings).toBe(2)
  for (const key of ['large', 'larger'])
    expect((await read(await storage.get(key))).equals(bytes)).toBe(true)
})

test('when the answer to the end of an upload is lost, it is made anew', async () => {
  const bytes = randomBytes(9 * mib)
  const again = retrying(storage, { attempts: 2, minMs: 1 })
  const fine = { status: 503 }
  // start, two pieces; then the end.
  server.disturb(fine, fine, fine, 'lost answer')
  await again.put('object', bodyFrom(bytes))
  expect((await read(await storage.get('object'))).equals(bytes)).toBe(true)
})

test('a full account and wrong credentials say so', async () => {
  await storage.put('object', bodyFrom(Buffer.from('before')))
  server.limit('/Bäckups', 1000)
  await expect(storage.put('object', bodyFrom(randomBytes(2000)))).rejects.toSatisfy(StorageFull.is)
  expect((await read(await storage.get('object'))).toString()).toBe('before')
  const other = await open({ refresh_token: 'wrong' })
  await expect(other.stat('object')).rejects.toSatisfy(StorageDenied.is)
  await expect(storage.get('missing')).rejects.toSatisfy(StorageNotFound.is)
  await storage.delete('missing')
})
