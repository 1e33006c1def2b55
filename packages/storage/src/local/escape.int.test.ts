import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { StorageNotFound, StorageRefused, StorageUnreachable } from '../errors.ts'
import { openStorage } from '../open.ts'
import { surroundingsOf } from '../surroundings.ts'
import { bodyOf, gate, keysIn, readAll } from '../testing/content.ts'
import type { Storage } from '../types.ts'

let root: string
let outside: string
beforeEach(async () => {
  const made = await mkdtemp(join(tmpdir(), 'holdfast-escape-'))
  root = join(made, 'root')
  outside = join(made, 'outside')
  await mkdir(join(root, 'place'), { recursive: true })
  await mkdir(outside)
  await writeFile(join(outside, 'secret'), 'not yours')
})
afterEach(() => rm(join(root, '..'), { recursive: true, force: true }))

const opened = (kind: string, config: object): Promise<Storage> =>
  openStorage(
    kind,
    { ...config },
    {},
    surroundingsOf({ egressAllow: [], localBase: join(root, 'base'), localRoots: [root] }),
  )
const x = bodyOf(Buffer.from('x'))

test('a link in the place of a folder is not followed', async () => {
  const storage = await opened('local', { path: join(root, 'place') })
  await symlink(outside, join(root, 'place', 'link'))
  await expect(storage.put('link/object', x)).rejects.toSatisfy(StorageRefused.is)
  await expect(storage.get('link/secret')).rejects.toSatisfy(StorageRefused.is)
  await expect(storage.delete('link/secret')).rejects.toSatisfy(StorageRefused.is)
  expect(await keysIn(storage, '')).toEqual([])
  expect(await storage.sweep()).toBe(0)
  expect(await readdir(outside)).toEqual(['secret'])
})

test('a link in the place of an object is not read, and replaced without being followed', async () => {
  const storage = await opened('local', { path: join(root, 'place') })
  await symlink(join(outside, 'secret'), join(root, 'place', 'object'))
  await expect(storage.get('object')).rejects.toSatisfy(StorageRefused.is)
  expect(await storage.stat('object')).toBeUndefined()
  await storage.put('object', x)
  expect((await readAll(storage, 'object')).toString()).toBe('x')
  expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('not yours')
})

test('neither is one on the way from the allowed folder to the location', async () => {
  await symlink(outside, join(root, 'way'))
  const storage = await opened('local', { path: join(root, 'way', 'in') })
  await expect(storage.put('object', x)).rejects.toSatisfy(StorageRefused.is)
  expect(await readdir(outside)).toEqual(['secret'])
})

test('a folder that becomes a link while something is put leads nowhere else', async () => {
  const storage = await opened('local', { path: join(root, 'place') })
  await storage.put('folder/first', x)
  const [begun, rest] = [gate(), gate()]
  const putting = storage.put('folder/object', async function* () {
    yield Buffer.from('part one, ')
    begun.open()
    await rest.passed
    yield Buffer.from('part two')
  })
  await begun.passed
  await rename(join(root, 'place', 'folder'), join(root, 'place', 'moved'))
  await symlink(outside, join(root, 'place', 'folder'))
  rest.open()
  await putting
  expect(await readdir(outside)).toEqual(['secret'])
  expect(await readFile(join(root, 'place', 'moved', 'object'), 'utf8')).toBe('part one, part two')
})

test('a pipe or a folder in the place of an object is none', async () => {
  const storage = await opened('local', { path: join(root, 'place') })
  await mkdir(join(root, 'place', 'folder'))
  execFileSync('mkfifo', [join(root, 'place', 'pipe')])
  await expect(storage.get('pipe')).rejects.toSatisfy(StorageNotFound.is)
  expect(await storage.stat('pipe')).toBeUndefined()
  await expect(storage.get('folder')).rejects.toSatisfy(StorageNotFound.is)
  await expect(storage.put('folder', x)).rejects.toSatisfy(StorageRefused.is)
  expect(await readdir(join(root, 'place', 'folder'))).toEqual([])
})

test('a share that is not mounted is unreachable, and nothing is put on the disk below', async () => {
  const storage = await opened('nfs', { path: join(root, 'place') })
  for (const doing of [
    () => storage.put('object', x),
    () => storage.stat('object'),
    () => keysIn(storage, ''),
  ])
    await expect(doing()).rejects.toSatisfy(StorageUnreachable.is)
  expect(await readdir(join(root, 'place'))).toEqual([])
  const gone = await opened('nfs', { path: join(root, 'none') })
  await expect(gone.put('object', x)).rejects.toSatisfy(StorageUnreachable.is)
  const trusting = await opened('nfs', { path: join(root, 'none'), must_be_mounted: false })
  await expect(trusting.put('object', x)).rejects.toSatisfy(StorageRefused.is)
  expect(await readdir(root)).toEqual(['place'])
})
