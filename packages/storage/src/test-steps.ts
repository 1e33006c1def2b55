import { randomBytes } from 'node:crypto'
import { DomainError } from '@holdfast/errors'
import { StorageBroken } from './errors.ts'
import type { Storage } from './types.ts'

export const testStepNames = ['connect', 'write', 'read', 'list', 'delete'] as const
export type TestStepName = (typeof testStepNames)[number]

/** What came of one step. The steps after a failed one are not taken. */
export interface TestStep {
  readonly step: TestStepName
  readonly durationMs: number
  /** A storage error's; absent when it went well. */
  readonly code?: string
  readonly failure?: string
}

/** Does with a location what backups do: a small object is put, read back, listed and deleted, and is gone in any case. */
export async function testSteps(
  open: () => Promise<Storage>,
  signal: AbortSignal,
): Promise<readonly TestStep[]> {
  const name = randomBytes(8).toString('hex')
  const folder = 'holdfast-test'
  const key = `${folder}/${name}`
  const content = randomBytes(1_024)
  const taken: TestStep[] = []
  let storage: Storage | undefined
  let isWritten = false
  const opened = (): Storage => {
    if (!storage) throw new Error('not opened')
    return storage
  }
  const steps: Readonly<Record<TestStepName, () => Promise<void>>> = {
    async connect() {
      storage = await open()
      await storage.stat(key, signal)
    },
    async write() {
      isWritten = true
      const body = async function* () {
        yield content
      }
      await opened().put(key, body, { size: content.length, signal })
    },
    async read() {
      const { body } = await opened().get(key, { signal })
      const chunks: Uint8Array[] = []
      for await (const chunk of body) chunks.push(chunk)
      if (!Buffer.concat(chunks).equals(content))
        throw StorageBroken({ why: 'what was read back is not what was written' })
    },
    async list() {
      for await (const object of opened().list(folder, signal))
        if (object.key === key && object.size === content.length) return
      throw StorageBroken({ why: 'the object just written is not in the list' })
    },
    async delete() {
      await opened().delete(key, signal)
      if (await opened().stat(key, signal))
        throw StorageBroken({ why: 'the object is still there after it was deleted' })
      isWritten = false
    },
  }
  try {
    for (const step of testStepNames) {
      const begun = performance.now()
      const took = (): number => Math.round(performance.now() - begun)
      try {
        await steps[step]()
        taken.push({ step, durationMs: took() })
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof DomainError)) throw error
        taken.push({ step, durationMs: took(), code: error.code, failure: error.message })
        break
      }
    }
    return taken
  } finally {
    // The signal may be what ended it; the object goes all the same.
    if (isWritten) await storage?.delete(key, AbortSignal.timeout(5_000)).catch(() => undefined)
    await storage?.close().catch(() => undefined)
  }
}
