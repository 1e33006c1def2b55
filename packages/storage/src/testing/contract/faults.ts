import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  isRetriable,
  StorageBroken,
  StorageDenied,
  StorageFull,
  StorageUnreachable,
} from '../../errors.ts'
import { leftoverAgeMs } from '../../keys.ts'
import { retrying } from '../../retrying.ts'
import { testSteps } from '../../test-steps.ts'
import type { Storage } from '../../types.ts'
import { bodyOf, keysIn, readAll } from '../content.ts'
import type { Contract } from './target.ts'

const mebibyte = 1024 * 1024
const quick = { minMs: 1, maxMs: 5 }
/** Nothing is lost when a machine that is busy seems to stall a little early. */
const stallMs = 500

export function faultRules(contract: Contract): void {
  describe('a network that fails', () => {
    beforeEach(({ skip }) => {
      if (contract.target.ports.length === 0) skip('it has no network')
    })
    const content = randomBytes(8 * mebibyte)
    const { length: size } = content
    /** By way of what is about to fail. */
    const prepared = async (
      idleMs?: number,
    ): Promise<{ storage: Storage; folder: string; key: string }> => {
      const folder = contract.prefix()
      const key = `${folder}/object`
      const direct = await contract.open()
      await direct.put(key, bodyOf(Buffer.from('before')))
      await direct.put(`${folder}/large`, bodyOf(content), { size })
      const { host } = contract.network
      const storage = await contract.open({ host, ...(idleMs === undefined ? {} : { idleMs }) })
      return { storage, folder, key }
    }
    const unchanged = async (folder: string): Promise<void> => {
      const direct = await contract.open()
      expect((await readAll(direct, `${folder}/object`)).toString()).toBe('before')
      expect(await keysIn(direct, folder)).toEqual([`${folder}/large`, `${folder}/object`])
    }

    test('a put that is cut off stores nothing, and goes well when it is tried again', async () => {
      const { storage, folder, key } = await prepared()
      const { network } = contract
      network.tamper({ as: 'cut', toServer: mebibyte })
      await expect(storage.put(key, bodyOf(content), { size })).rejects.toSatisfy(isRetriable)
      await expect(storage.put(`${folder}/new`, bodyOf(content))).rejects.toSatisfy(isRetriable)
      network.heal()
      await unchanged(folder)
      network.tamper({ as: 'cut', toServer: mebibyte })
      const patient = retrying(storage, { ...quick, onRetry: () => network.heal() })
      await patient.put(key, bodyOf(content), { size })
      expect((await readAll(storage, key)).equals(content)).toBe(true)
    })

    test('a read that is cut off says so, and goes on from there when it is tried again', async () => {
      const { storage, folder } = await prepared()
      const { network } = contract
      network.tamper({ as: 'cut', toClient: 2 * mebibyte })
      await expect(readAll(storage, `${folder}/large`)).rejects.toSatisfy(isRetriable)
      if (contract.options.resumes === false) return
      const { bytes } = network
      // As often as it takes: no more than 2 MiB come through one connection.
      const patient = retrying(storage, quick)
      expect((await readAll(patient, `${folder}/large`)).equals(content)).toBe(true)
      // It did not begin anew each time; what was asked for ahead and cut off is asked for again.
      expect(network.bytes - bytes).toBeLessThan(3 * size)
    })

    test('a put that stalls is given up', async () => {
      const { storage, folder, key } = await prepared(stallMs)
      contract.network.tamper({ as: 'stall', toServer: mebibyte })
      await expect(storage.put(key, bodyOf(content), { size })).rejects.toSatisfy(isRetriable)
      contract.network.heal()
      await unchanged(folder)
    })

    test('a read that stalls is given up', async () => {
      const { storage, folder } = await prepared(stallMs)
      contract.network.tamper({ as: 'stall', toClient: mebibyte })
      await expect(readAll(storage, `${folder}/large`)).rejects.toSatisfy(StorageBroken.is)
    })

    test('a reader who takes their time is no stall', async () => {
      const { slowIdleMs } = contract.amounts
      const { storage, folder } = await prepared(slowIdleMs)
      const { body } = await storage.get(`${folder}/large`)
      let received = 0
      const begun = performance.now()
      const isLate = (): void => expect(performance.now() - begun).toBeGreaterThan(slowIdleMs + 600)
      for await (const chunk of body) {
        if (received === 0) await vi.waitFor(isLate, { timeout: 10_000, interval: 20 })
        received += chunk.length
      }
      expect(received).toBe(size)
    })

    test('a server that is not there is unreachable', async () => {
      // Nobody listens there.
      const doing = async (): Promise<void> => {
        const storage = await contract.open({ host: '127.0.0.3', idleMs: 5_000 })
        await storage.stat('a')
      }
      await expect(doing()).rejects.toSatisfy(StorageUnreachable.is)
    })

    test('one that hangs up at once is tried again', async () => {
      const { storage, key } = await prepared()
      contract.network.tamper({ as: 'cut', toClient: 0 })
      const retried: unknown[] = []
      const patient = retrying(storage, {
        ...quick,
        onRetry({ error }) {
          retried.push(error)
          contract.network.heal()
        },
      })
      expect((await patient.stat(key))?.size).toBe(6)
      expect(retried.every(isRetriable)).toBe(true)
    })
  })

  test('credentials that are not right are denied', async ({ skip }) => {
    const credentials = contract.target.wrongCredentials
    if (!credentials) return skip('it asks for none')
    const open = () => contract.open({ credentials })
    const putting = async (): Promise<void> => {
      const storage = await open()
      await storage.put(`${contract.prefix()}/object`, bodyOf(Buffer.from('x')))
    }
    await expect(putting()).rejects.toSatisfy(StorageDenied.is)
    const steps = await testSteps(open, AbortSignal.timeout(30_000))
    expect(steps.at(-1)?.code).toBe('storage.denied')
    const secrets = [...Object.values(credentials), ...Object.values(contract.target.credentials)]
    for (const secret of secrets)
      expect(JSON.stringify(steps)).not.toContain(String(secret).slice(0, 200))
  })

  test('what has no room is full, and what was there stays', async ({ skip }) => {
    const { full } = contract.target
    if (!full) return skip('no such place here')
    const storage = await contract.open({ config: (host) => full.config(host) })
    const folder = contract.prefix()
    await storage.put(`${folder}/small`, bodyOf(Buffer.from('small')))
    const content = randomBytes(8 * mebibyte)
    await expect(
      storage.put(`${folder}/small`, bodyOf(content), { size: content.length }),
    ).rejects.toSatisfy(StorageFull.is)
    await expect(storage.put(`${folder}/large`, bodyOf(content))).rejects.toSatisfy(StorageFull.is)
    expect((await readAll(storage, `${folder}/small`)).toString()).toBe('small')
    expect(await keysIn(storage, folder)).toEqual([`${folder}/small`])
    // The rest of what did not fit is not in the way.
    await storage.put(`${folder}/other`, bodyOf(randomBytes(mebibyte)))
    await storage.delete(`${folder}/other`)
  })

  describe('what an upload that was killed has left', () => {
    afterEach(() => {
      vi.useRealTimers()
    })

    test('is no object, and swept once it is old', async ({ skip }) => {
      const { leave } = contract.target
      if (!leave) return skip('it leaves nothing')
      const storage = await contract.open()
      await storage.put('left/whole', bodyOf(Buffer.from('whole')))
      await leave()
      expect(await keysIn(storage, 'left')).toEqual(['left/whole'])
      expect(await storage.sweep()).toBe(0)
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + leftoverAgeMs + 120_000 })
      expect(await storage.sweep()).toBe(1)
      expect(await storage.sweep()).toBe(0)
      expect(await keysIn(storage, 'left')).toEqual(['left/whole'])
    })
  })
}
