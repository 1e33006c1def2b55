import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { StorageBroken, StorageNotFound, StorageRefused } from '../../errors.ts'
import { testStepNames, testSteps } from '../../test-steps.ts'
import { bodyOf, keysIn, listed, readAll } from '../content.ts'
import type { Contract } from './target.ts'

const calm = (): AbortSignal => AbortSignal.timeout(60_000)

/** Bytes anything that escapes, quotes or translates lines would change. */
const awkward = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  Buffer.from('\r\n\n\r\n.\r\n--\0%00%2e&amp;'),
])

export function objectRules(contract: Contract): void {
  test('what is put is read back, listed and told of', async () => {
    const storage = await contract.open()
    const folder = contract.prefix()
    const content = Buffer.concat([awkward, randomBytes(300_000)])
    const began = Date.now()
    await storage.put(`${folder}/a/one.bin`, bodyOf(content), { size: content.length })
    await storage.put(`${folder}/a/unknown_size-2`, bodyOf(awkward))
    await storage.put(`${folder}/empty`, bodyOf(Buffer.alloc(0)), { size: 0 })
    expect((await readAll(storage, `${folder}/a/one.bin`)).equals(content)).toBe(true)
    expect((await readAll(storage, `${folder}/a/unknown_size-2`)).equals(awkward)).toBe(true)
    expect(await readAll(storage, `${folder}/empty`)).toHaveLength(0)
    const objects = await listed(storage, folder)
    expect(objects.map(({ key, size }) => [key, size])).toEqual([
      [`${folder}/a/one.bin`, content.length],
      [`${folder}/a/unknown_size-2`, awkward.length],
      [`${folder}/empty`, 0],
    ])
    const found = await storage.stat(`${folder}/a/one.bin`)
    expect(found).toMatchObject({ key: `${folder}/a/one.bin`, size: content.length })
    for (const { modifiedAtUnixMs } of [...objects, found ?? { modifiedAtUnixMs: 0 }]) {
      // Some tell whole seconds, some whole minutes.
      expect(modifiedAtUnixMs).toBeGreaterThan(began - 61_000)
      expect(modifiedAtUnixMs).toBeLessThan(Date.now() + 61_000)
    }
  })

  test('putting again replaces', async () => {
    const storage = await contract.open()
    const key = `${contract.prefix()}/object`
    await storage.put(key, bodyOf(Buffer.from('longer than the second')))
    await storage.put(key, bodyOf(Buffer.from('second')), { size: 6 })
    expect((await readAll(storage, key)).toString()).toBe('second')
    expect((await storage.stat(key))?.size).toBe(6)
  })

  test('progress is told up to the last byte', async () => {
    const storage = await contract.open()
    const told: number[] = []
    await storage.put(`${contract.prefix()}/object`, bodyOf(randomBytes(500_000)), {
      size: 500_000,
      onProgress: (bytes) => void told.push(bytes),
    })
    expect(told.at(-1)).toBe(500_000)
    expect(told.toSorted((a, b) => a - b)).toEqual(told)
  })

  test('lists are whole, of whole segments, however many there are', async () => {
    const storage = await contract.open()
    const folder = contract.prefix()
    const keys = Array.from({ length: contract.amounts.many }, (_, index) =>
      index % 3 === 0 ? `${folder}/many/object-${index}` : `${folder}/many/sub/object-${index}`,
    )
    const waiting = [...keys, `${folder}/many.else`, `${folder}/manyfold/object`]
    const worker = async (): Promise<void> => {
      for (let key = waiting.pop(); key !== undefined; key = waiting.pop())
        await storage.put(key, bodyOf(Buffer.from(key)), { size: key.length })
    }
    await Promise.all([worker(), worker(), worker(), worker()])
    expect(await keysIn(storage, `${folder}/many`)).toEqual(keys.toSorted())
    expect(await keysIn(storage, `${folder}/many/`)).toEqual(keys.toSorted())
    expect(await keysIn(storage, `${folder}/nothing`)).toEqual([])
    expect(await keysIn(storage, '')).toEqual(
      expect.arrayContaining([...keys, `${folder}/many.else`, `${folder}/manyfold/object`]),
    )
  })

  test('a read begins where it is told to', async () => {
    const storage = await contract.open()
    const key = `${contract.prefix()}/object`
    const content = randomBytes(200_000)
    await storage.put(key, bodyOf(content), { size: content.length })
    for (const offset of contract.amounts.offsets) {
      const over = new AbortController()
      const { size } = await storage.get(key, { offset, signal: over.signal })
      expect(size).toBe(content.length)
      // Nobody reads that one.
      over.abort()
      expect((await readAll(storage, key, { offset })).equals(content.subarray(offset))).toBe(true)
    }
    expect(await readAll(storage, key, { offset: 200_000 })).toHaveLength(0)
    expect(await readAll(storage, key, { offset: 300_000 })).toHaveLength(0)
  })

  test('whoever stops reading leaves nothing in the way', async () => {
    const storage = await contract.open()
    const key = `${contract.prefix()}/object`
    const content = randomBytes(3_000_000)
    await storage.put(key, bodyOf(content), { size: content.length })
    for (let count = 0; count < contract.amounts.givenUp; count++) {
      const { body } = await storage.get(key)
      for await (const chunk of body) {
        expect(chunk.length).toBeGreaterThan(0)
        break
      }
    }
    expect((await readAll(storage, key)).equals(content)).toBe(true)
  })

  test('what is not there is not found, and deleting it twice is fine', async () => {
    const storage = await contract.open()
    const folder = contract.prefix()
    for (const key of [`${folder}/none`, `${folder}/no/such/folder`]) {
      await expect(readAll(storage, key)).rejects.toSatisfy(StorageNotFound.is)
      expect(await storage.stat(key)).toBeUndefined()
      await storage.delete(key)
    }
    await storage.put(`${folder}/one`, bodyOf(Buffer.from('1')))
    await storage.delete(`${folder}/one`)
    await storage.delete(`${folder}/one`)
    expect(await storage.stat(`${folder}/one`)).toBeUndefined()
    expect(await keysIn(storage, folder)).toEqual([])
  })

  test('a body that is not what was announced stores nothing', async () => {
    const storage = await contract.open()
    const folder = contract.prefix()
    const key = `${folder}/object`
    const content = randomBytes(400_000)
    await storage.put(key, bodyOf(Buffer.from('before')))
    for (const size of contract.amounts.wrongSizes) {
      await expect(storage.put(key, bodyOf(content), { size })).rejects.toSatisfy(StorageBroken.is)
      await expect(storage.put(`${folder}/new`, bodyOf(content), { size })).rejects.toSatisfy(
        StorageBroken.is,
      )
    }
    const mine = new Error('the reader of the body failed')
    const failing = async function* () {
      yield content
      throw mine
    }
    await expect(storage.put(key, failing, { size: 800_000 })).rejects.toBe(mine)
    await expect(storage.put(key, failing)).rejects.toBe(mine)
    expect((await readAll(storage, key)).toString()).toBe('before')
    expect(await keysIn(storage, folder)).toEqual([key])
  })

  describe('keys', () => {
    const bad = [
      ...[
        '',
        '/',
        '/etc/passwd',
        '../outside',
        'a/../../outside',
        'a/..',
        './a',
        'a//b',
        'a/',
        'a/./b',
      ],
      ...[
        '.hidden',
        'a/.holdfast-0123456789abcdef.part',
        '-rf',
        'a\\b',
        'a%2e%2e',
        'a b',
        'ä',
        'a\0b',
      ],
      ...['a\nb', 'a?b', 'a#b', 'a;b', '$(a)', '*', 'x'.repeat(129), `${'x/'.repeat(300)}x`],
    ]
    test('that are none are refused, and nothing is asked', async () => {
      const storage = await contract.open({ host: contract.network.host })
      const { bytes } = contract.network
      for (const key of bad) {
        const refusals = [
          () => storage.put(key, bodyOf(Buffer.from('x'))),
          () => storage.get(key),
          () => storage.stat(key),
          () => storage.delete(key),
        ]
        for (const refusal of refusals)
          await expect(refusal(), JSON.stringify(key)).rejects.toSatisfy(StorageRefused.is)
      }
      for (const prefix of ['../', '/', 'a/..', '.', 'a//'])
        await expect(listed(storage, prefix), prefix).rejects.toSatisfy(StorageRefused.is)
      expect(contract.network.bytes).toBe(bytes)
    })

    test('may be as long as they may be', async () => {
      const storage = await contract.open()
      const key = `${contract.prefix()}/${'a'.repeat(128)}/${'b.-_'.repeat(32)}/${'c'.repeat(128)}`
      await storage.put(key, bodyOf(Buffer.from('long')))
      expect((await readAll(storage, key)).toString()).toBe('long')
      expect(await keysIn(storage, key.slice(0, key.indexOf('/')))).toEqual([key])
    })
  })

  test('a folder is no object', async () => {
    const storage = await contract.open()
    const folder = contract.prefix()
    await storage.put(`${folder}/inner/object`, bodyOf(Buffer.from('x')))
    expect(await storage.stat(`${folder}/inner`)).toBeUndefined()
    await storage.delete(`${folder}/inner`).catch((error: unknown) => {
      expect(error).toSatisfy(StorageRefused.is)
    })
    expect((await readAll(storage, `${folder}/inner/object`)).toString()).toBe('x')
  })

  test('the steps of a test are all taken', async () => {
    const steps = await testSteps(() => contract.open(), calm())
    expect(steps.map(({ step, code, failure }) => [step, code, failure])).toEqual(
      testStepNames.map((name) => [name, undefined, undefined]),
    )
    expect(await keysIn(await contract.open(), 'holdfast-test')).toEqual([])
  })
}
