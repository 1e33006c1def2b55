import { chmod, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateRootKey, KeyDestroyed, loadRootKey, open, seal } from '@holdfast/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { KeyStoreDamaged, RootKeyMismatch } from '../domain/errors.ts'
import { openKeyStore } from './key-store.ts'

const newRootKey = () => {
  const text = generateRootKey()
  return loadRootKey({ reveal: () => text })
}

const owner = '01900000-0000-7000-8000-000000000001'
const here = { ownerId: owner, objectId: owner, field: 'username' }
const rootKey = newRootKey()
let directory: string

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'holdfast-keys-')), 'keys')
})
afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }))

const everything = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all(
      (await readdir(directory, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map(async (entry) => {
          const path = join(entry.parentPath, entry.name)
          return [path, await readFile(path, 'utf8')] as const
        }),
    ),
  )

test('a key is made once and found again by the next process', async () => {
  const store = await openKeyStore(directory, rootKey)
  const sealed = seal(await store.ring(owner, 'person'), here, Buffer.from('alice'))
  const [first, ...others] = await store.dataKeys(owner, 'person')
  expect(others).toEqual([])
  expect(first?.isActive).toBe(true)

  const next = await openKeyStore(directory, rootKey)
  const ring = next.ringIfAny(owner, 'person')
  expect(ring && Buffer.from(open(ring, here, sealed)).toString()).toBe('alice')
})

test('owners and kinds have keys of their own', async () => {
  const store = await openKeyStore(directory, rootKey)
  const ids = new Set<string>()
  for (const [who, kind] of [
    [owner, 'person'],
    [owner, 'network'],
    ['another', 'person'],
  ] as const) {
    ids.add((await store.ring(who, kind)).active.id)
  }
  expect(ids.size).toBe(3)
})

test('many ask at once, in two processes, and one key is made', async () => {
  const stores = [await openKeyStore(directory, rootKey), await openKeyStore(directory, rootKey)]
  const asked = stores.flatMap((store) =>
    Array.from({ length: 10 }, () => store.ring(owner, 'network')),
  )
  const ids = new Set((await Promise.all(asked)).map((ring) => ring.active.id))
  expect(ids.size).toBe(1)
  expect(await readdir(join(directory, 'data'))).toHaveLength(1)
})

test('another root key is refused and nothing is written', async () => {
  const store = await openKeyStore(directory, rootKey)
  await store.ring(owner, 'person')
  const before = await everything()
  await expect(openKeyStore(directory, newRootKey())).rejects.toSatisfy(RootKeyMismatch.is)
  expect(await everything()).toEqual(before)
})

test('keys without the file that says whose they are are refused', async () => {
  const store = await openKeyStore(directory, rootKey)
  await store.ring(owner, 'person')
  await unlink(join(directory, 'root-key.json'))
  await expect(openKeyStore(directory, rootKey)).rejects.toSatisfy(KeyStoreDamaged.is)
})

test('what a crash left half-written is not taken for a key', async () => {
  await openKeyStore(directory, rootKey)
  await writeFile(join(directory, 'data', '.tmp-1-abc'), '{"format":1,"id":"x"')
  const store = await openKeyStore(directory, rootKey)
  expect(store.ringIfAny(owner, 'person')).toBeUndefined()
  expect((await store.ring(owner, 'person')).active.key).toHaveLength(32)
})

test('a damaged or renamed key file is said to be damaged', async () => {
  const store = await openKeyStore(directory, rootKey)
  await store.ring(owner, 'person')
  const [name = ''] = await readdir(join(directory, 'data'))
  const path = join(directory, 'data', name)
  const contents = await readFile(path, 'utf8')
  await chmod(path, 0o600)

  await writeFile(join(directory, 'data', name.replace('person', 'network')), contents)
  const fresh = await openKeyStore(directory, rootKey)
  expect(() => fresh.ringIfAny(owner, 'network')).toThrow(/cannot be read or does not open/)

  await writeFile(path, contents.slice(0, contents.length - 9))
  expect(() => fresh.ringIfAny(owner, 'person')).toThrow(/cannot be read or does not open/)
})

test('destroyed keys are gone for good, whatever a crash leaves', async () => {
  const store = await openKeyStore(directory, rootKey)
  await store.ring(owner, 'person')
  const [name = ''] = await readdir(join(directory, 'data'))
  const contents = await readFile(join(directory, 'data', name), 'utf8')
  await store.destroy(owner, 'person')
  await store.destroy(owner, 'person')
  expect(store.ringIfAny(owner, 'person')).toBeUndefined()
  await expect(store.ring(owner, 'person')).rejects.toSatisfy(KeyDestroyed.is)
  expect((await readdir(join(directory, 'data'))).filter((file) => file === name)).toEqual([])

  // The file came back, as a crash between the two steps would leave it.
  await writeFile(join(directory, 'data', name), contents, { mode: 0o600 })
  const next = await openKeyStore(directory, rootKey)
  expect(next.isDestroyed(owner, 'person')).toBe(true)
  expect(next.ringIfAny(owner, 'person')).toBeUndefined()
  await expect(next.dataKeys(owner, 'person')).rejects.toSatisfy(KeyDestroyed.is)
  expect(next.isDestroyed(owner, 'access')).toBe(false)
})

test('keys another instance has destroyed are gone from memory too, told or not', async () => {
  const [one, other] = [
    await openKeyStore(directory, rootKey),
    await openKeyStore(directory, rootKey),
  ]
  await one.ring(owner, 'person')
  await other.ring(owner, 'person')
  await one.destroy(owner, 'person')
  expect(other.ringIfAny(owner, 'person')).toBeUndefined()
  await expect(other.ring(owner, 'person')).rejects.toSatisfy(KeyDestroyed.is)
})

test('signing keys come and go', async () => {
  const store = await openKeyStore(directory, rootKey)
  expect(await store.hasSigningKeys()).toBe(false)
  await store.addSigningKey('kid_1', Buffer.from('private'))
  expect(Buffer.from(store.signingKey('kid_1') ?? []).toString()).toBe('private')
  expect(store.signingKey('kid_2')).toBeUndefined()
  expect(await store.hasSigningKeys()).toBe(true)
  await store.removeSigningKey('kid_1')
  await store.removeSigningKey('kid_1')
  expect(store.signingKey('kid_1')).toBeUndefined()
})

test('nobody but the owner can read them, and no file shows a key', async () => {
  const store = await openKeyStore(directory, rootKey)
  const [dataKey] = await store.dataKeys(owner, 'person')
  await store.addSigningKey('kid', Buffer.from('private'))
  expect((await stat(directory)).mode & 0o777).toBe(0o700)
  const secret = Buffer.from(dataKey?.key ?? []).toString('base64')
  for (const [path, contents] of Object.entries(await everything())) {
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(contents).not.toContain(secret)
    expect(contents).not.toContain(Buffer.from('private').toString('base64'))
  }
})

test('names that could leave the directory are refused', async () => {
  const store = await openKeyStore(directory, rootKey)
  await expect(store.ring('../x', 'person')).rejects.toThrow(RangeError)
  await expect(store.ring(owner, 'a/b')).rejects.toThrow(RangeError)
  expect(() => store.signingKey('../root-key')).toThrow(RangeError)
})
