import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Body } from '../../types.ts'
import { bodyOf, gate, heldDuring, keysIn, largeBody, readAll } from '../content.ts'
import type { Contract } from './target.ts'

const mebibyte = 1024 * 1024

export function concurrencyRules(contract: Contract): void {
  test('nobody sees a part of what is being put', async () => {
    const [writer, reader] = [await contract.open(), await contract.open()]
    const folder = contract.prefix()
    const half = randomBytes(700_000)
    await writer.put(`${folder}/old`, bodyOf(Buffer.from('before')))
    const there = [`${folder}/old`]
    for (const key of [`${folder}/new`, `${folder}/old`]) {
      const [sent, rest] = [gate(), gate()]
      const body: Body = async function* () {
        yield half
        sent.open()
        await rest.passed
        yield half
      }
      const putting = writer.put(key, body, { size: half.length * 2 })
      await sent.passed
      expect((await readAll(reader, `${folder}/old`)).toString()).toBe('before')
      expect(await keysIn(reader, folder)).toEqual(there)
      if (!there.includes(key)) expect(await reader.stat(key)).toBeUndefined()
      rest.open()
      await putting
      expect((await readAll(reader, key)).equals(Buffer.concat([half, half]))).toBe(true)
      if (!there.includes(key)) there.unshift(key)
    }
  })

  test('of puts of one key at once one is there in the end, whole; those of others do not mind', async () => {
    const storage = await contract.open()
    const folder = contract.prefix()
    const contents = Array.from({ length: contract.amounts.atOnce }, () => randomBytes(250_000))
    await Promise.all(
      contents.flatMap((content, index) => [
        storage.put(`${folder}/same`, bodyOf(content), { size: content.length }),
        storage.put(`${folder}/own/${index}`, bodyOf(content), { size: content.length }),
      ]),
    )
    const last = await readAll(storage, `${folder}/same`)
    expect(contents.some((content) => content.equals(last))).toBe(true)
    for (const [index, content] of contents.entries())
      expect((await readAll(storage, `${folder}/own/${index}`)).equals(content)).toBe(true)
    expect(await keysIn(storage, folder)).toHaveLength(contents.length + 1)
  })

  test('an object larger than what is held of it', async () => {
    const storage = await contract.open()
    const key = `${contract.prefix()}/large`
    const { mebibytes, held } = contract.amounts.large
    const size = mebibytes * mebibyte
    const { body, sha256 } = largeBody(size)
    const putting = await heldDuring(async (moved) => {
      await storage.put(key, body, { size, onProgress: moved })
    })
    const hash = createHash('sha256')
    const getting = await heldDuring(async (moved) => {
      let received = 0
      for await (const chunk of (await storage.get(key)).body) {
        hash.update(chunk)
        received += chunk.length
        moved(received)
      }
    })
    expect(hash.digest('hex')).toBe(sha256)
    expect(putting / mebibyte).toBeLessThan(held)
    expect(getting / mebibyte).toBeLessThan(held)
    await storage.delete(key)
  })

  test('whoever gives up is told their own reason, and nothing is stored', async () => {
    const storage = await contract.open()
    const folder = contract.prefix()
    const key = `${folder}/object`
    const content = randomBytes(6 * mebibyte)
    await storage.put(key, bodyOf(content), { size: content.length })
    const mine = new Error('no longer wanted')
    for (const at of [key, `${folder}/new`]) {
      const over = new AbortController()
      const body: Body = async function* () {
        yield content
        over.abort(mine)
        await new Promise(() => undefined)
        yield content
      }
      const { signal } = over
      await expect(storage.put(at, body, { size: 2 * content.length, signal })).rejects.toBe(mine)
    }
    const over = new AbortController()
    const { body } = await storage.get(key, { signal: over.signal })
    const reading = async (): Promise<void> => {
      for await (const _chunk of body) over.abort(mine)
    }
    await expect(reading()).rejects.toBe(mine)
    const before = AbortSignal.abort(mine)
    await expect(storage.put(key, bodyOf(content), { signal: before })).rejects.toBe(mine)
    await expect(storage.get(key, { signal: before })).rejects.toBe(mine)
    await expect(storage.stat(key, before)).rejects.toBe(mine)
    expect((await readAll(storage, key)).equals(content)).toBe(true)
    expect(await keysIn(storage, folder)).toEqual([key])
  })
}
