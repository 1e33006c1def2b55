import { expect, test } from 'vitest'
import { StorageBroken, StorageDenied, StorageFull, StorageNotFound } from './errors.ts'
import { guarded } from './guard.ts'
import type { KindStorage } from './kind.ts'
import type { Body, GetOptions, PutOptions, StoredObject } from './types.ts'

const content = Buffer.from('0123456789')
/** As a client whose connection was destroyed. */
const untilAborted = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('the connection was destroyed')))
  })

interface Overrides {
  readonly put?: (body: Body, options: PutOptions) => Promise<void>
  readonly get?: (options: GetOptions) => AsyncIterable<Uint8Array>
  readonly stat?: () => Promise<StoredObject | undefined>
  readonly list?: () => AsyncIterable<StoredObject>
}

/** A kind that keeps none of the rules by itself. */
function storage(overrides: Overrides = {}, idleMs = 60) {
  const asked: string[] = []
  const inner: KindStorage = {
    kind: 'careless',
    async put(key, body, options = {}) {
      asked.push(`put ${key}`)
      if (overrides.put) return await overrides.put(body, options)
      for await (const _chunk of body());
      asked.push(`stored ${key}`)
    },
    async get(key, options = {}) {
      asked.push(`get ${key}`)
      const all = async function* () {
        yield content.subarray(options.offset ?? 0)
      }
      return { size: content.length, body: overrides.get?.(options) ?? all() }
    },
    stat: overrides.stat ?? (async () => undefined),
    list: overrides.list ?? async function* () {},
    async delete() {},
    async sweep() {
      return 0
    },
    async close() {},
  }
  return { guard: guarded(inner, { idleMs }), asked }
}
const bodyOf = (...chunks: string[]): Body =>
  async function* () {
    for (const chunk of chunks) yield Buffer.from(chunk)
  }
const drained = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
const code = (error: unknown): unknown => (error as { readonly code?: unknown }).code

test('keys are judged before anything is asked', async () => {
  const { guard, asked } = storage()
  for (const key of ['', '../x', '/x', 'a//b', '.x', 'a b'])
    for (const doing of [guard.put(key, bodyOf('x')), guard.get(key), guard.stat(key)])
      expect(code(await doing.catch((error: unknown) => error))).toBe('storage.refused')
  expect(asked).toEqual([])
})

test('a body of another size than announced fails before its end', async () => {
  const { guard, asked } = storage()
  for (const size of [3, 5])
    await expect(guard.put('a', bodyOf('12', '34'), { size })).rejects.toSatisfy(StorageBroken.is)
  await guard.put('b', bodyOf('12', '34'), { size: 4 })
  expect(asked.filter((one) => one.startsWith('stored'))).toEqual(['stored b'])
})

test('a body that fails is told as it is, whatever the kind makes of it', async () => {
  const mine = new Error('the disk of the sender')
  const careless = storage({
    async put(body) {
      await drained(body()).catch(() => {
        throw StorageDenied({ why: 'something else' })
      })
    },
  })
  const failing: Body = async function* () {
    yield content
    throw mine
  }
  await expect(careless.guard.put('a', failing)).rejects.toBe(mine)
})

test('a sender who takes their time is no stall; a kind that takes none of it is', async () => {
  const late: Body = async function* () {
    yield content
    const begun = performance.now()
    while (performance.now() - begun < 150) await new Promise((next) => setImmediate(next))
    yield content
  }
  await storage().guard.put('a', late)
  const stuck = storage({ put: (_body, { signal }) => untilAborted(signal) })
  await expect(stuck.guard.put('a', late)).rejects.toThrow('nothing moved for')
})

test('what does not answer is given up', async () => {
  const { guard } = storage({
    async *get({ signal }) {
      yield content.subarray(0, 2)
      await untilAborted(signal)
    },
    put: (_body, { signal }) => untilAborted(signal),
  })
  await expect(guard.put('a', bodyOf('x'))).rejects.toThrow('nothing moved for')
  await expect(drained((await guard.get('a')).body)).rejects.toThrow('nothing moved for')
})

test('a body nobody begins to read ends its connection', async () => {
  let ended: (() => void) | undefined
  const over = new Promise<void>((resolve) => {
    ended = resolve
  })
  const { guard } = storage({
    get({ signal }) {
      signal?.addEventListener('abort', () => ended?.())
      return bodyOf('0123456789')()
    },
  })
  await guard.get('a')
  await over
})

test('less or more than the size of an object is no object', async () => {
  for (const body of ['012345678', '0123456789x']) {
    const { guard } = storage({ get: () => bodyOf(body)() })
    await expect(drained((await guard.get('a')).body)).rejects.toSatisfy(StorageBroken.is)
  }
  const { guard } = storage()
  expect(await drained((await guard.get('a', { offset: 4 })).body)).toBe('456789')
})

test('what others put there is not listed', async () => {
  const { guard } = storage({
    async *list() {
      for (const key of ['a/ok', 'a/.holdfast-0123456789abcdef.part', 'a/not ok', 'b/other'])
        yield { key, size: 1, modifiedAtUnixMs: 0 }
    },
  })
  const keys: string[] = []
  for await (const { key } of guard.list('a')) keys.push(key)
  expect(keys).toEqual(['a/ok'])
})

test.for([
  ['ENOSPC', StorageFull.is],
  ['EACCES', StorageDenied.is],
  ['ENOENT', StorageNotFound.is],
  ['ECONNRESET', StorageBroken.is],
] as const)('%s of a system call is a storage error', async ([name, is]) => {
  const { guard } = storage({
    stat: () => Promise.reject(Object.assign(new Error('of node'), { code: name })),
  })
  await expect(guard.stat('a')).rejects.toSatisfy(is)
})
