import { expect, test } from 'vitest'
import { StorageBroken, StorageDenied, StorageUnreachable } from './errors.ts'
import { retrying } from './retrying.ts'
import type { Storage, StoredObject } from './types.ts'

const quick = { minMs: 1, maxMs: 2 }
const content = Buffer.from('0123456789')

/** Fails as it is told, and notes what it was asked. */
function flaky(failures: (Error | undefined)[], version: () => string | undefined = () => 'v1') {
  const asked: string[] = []
  const next = (what: string): void => {
    asked.push(what)
    const failure = failures.shift()
    if (failure) throw failure
  }
  const storage: Storage = {
    kind: 'flaky',
    async put(key, body) {
      let size = 0
      for await (const chunk of body()) size += chunk.length
      next(`put ${key} ${size}`)
    },
    async get(key, { offset = 0 } = {}) {
      next(`get ${key} ${offset}`)
      const known = version()
      const body = async function* () {
        yield content.subarray(offset, offset + 3)
        if (offset + 3 < content.length) throw StorageBroken({ why: 'cut off' })
      }
      return { size: content.length, ...(known ? { version: known } : {}), body: body() }
    },
    async stat(key) {
      next(`stat ${key}`)
      return undefined
    },
    async *list(prefix) {
      yield object('a')
      yield object('b')
      next(`list ${prefix}`)
      yield object('c')
    },
    async delete(key) {
      next(`delete ${key}`)
    },
    async sweep() {
      next('sweep')
      return 0
    },
    async close() {},
  }
  return { storage, asked }
}
const object = (key: string): StoredObject => ({ key, size: 1, modifiedAtUnixMs: 0 })
const broken = () => StorageBroken({ why: 'x' })
const read = async (storage: Storage): Promise<string> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of (await storage.get('k')).body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

test('tries what may go well in a moment, with a body read anew', async () => {
  const { storage, asked } = flaky([broken(), StorageUnreachable({ why: 'x' }), undefined])
  const attempts: number[] = []
  const patient = retrying(storage, { ...quick, onRetry: ({ attempt }) => attempts.push(attempt) })
  await patient.put('k', async function* () {
    yield content
  })
  expect(asked).toEqual(['put k 10', 'put k 10', 'put k 10'])
  expect(attempts).toEqual([1, 2])
})

test('gives up after so many attempts, and at once what cannot go well', async () => {
  const always = flaky([broken(), broken(), broken(), broken()])
  await expect(retrying(always.storage, { ...quick, attempts: 3 }).stat('k')).rejects.toSatisfy(
    StorageBroken.is,
  )
  expect(always.asked).toHaveLength(3)
  const denied = flaky([StorageDenied({ why: 'x' })])
  await expect(retrying(denied.storage, quick).delete('k')).rejects.toSatisfy(StorageDenied.is)
  expect(denied.asked).toHaveLength(1)
})

test('a read goes on where it was cut off; one that gets further counts anew', async () => {
  const { storage, asked } = flaky([])
  expect(await read(retrying(storage, { ...quick, attempts: 2 }))).toBe('0123456789')
  expect(asked).toEqual(['get k 0', 'get k 3', 'get k 6', 'get k 9'])
})

test('a read does not go on in another object, nor in one nobody can tell apart', async () => {
  let version = 0
  const replaced = flaky([], () => `v${version++}`)
  await expect(read(retrying(replaced.storage, quick))).rejects.toThrow('was replaced')
  const unknown = flaky([], () => undefined)
  await expect(read(retrying(unknown.storage, quick))).rejects.toThrow('cut off')
})

test('a list tells of nothing twice', async () => {
  const { storage } = flaky([broken(), undefined])
  const keys: string[] = []
  for await (const { key } of retrying(storage, quick).list('')) keys.push(key)
  expect(keys).toEqual(['a', 'b', 'c'])
})

test('whoever gives up waits no longer', async () => {
  const over = new AbortController()
  const mine = new Error('no longer wanted')
  const { storage } = flaky([broken(), broken()])
  const patient = retrying(storage, { minMs: 60_000, onRetry: () => over.abort(mine) })
  await expect(patient.stat('k', over.signal)).rejects.toBe(mine)
})
