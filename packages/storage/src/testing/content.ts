import { createHash, randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Body, Storage, StoredObject } from '../types.ts'

const chunkBytes = 64 * 1024

/** A body of these bytes, in pieces. */
export const bodyOf = (content: Uint8Array): Body =>
  async function* () {
    for (let at = 0; at < content.length; at += chunkBytes)
      yield content.subarray(at, at + chunkBytes)
  }

export async function readAll(
  storage: Storage,
  key: string,
  options: { readonly offset?: number; readonly signal?: AbortSignal } = {},
): Promise<Buffer> {
  const { body } = await storage.get(key, options)
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export async function listed(storage: Storage, prefix: string): Promise<readonly StoredObject[]> {
  const objects: StoredObject[] = []
  for await (const object of storage.list(prefix)) objects.push(object)
  return objects.toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

export const keysIn = async (storage: Storage, prefix: string): Promise<readonly string[]> =>
  (await listed(storage, prefix)).map(({ key }) => key)

/** A body too large for memory: its hash, and how much memory was held at most while something was done with it. */
export function largeBody(bytes: number): { readonly body: Body; readonly sha256: string } {
  const chunk = randomBytes(256 * 1024)
  const hash = createHash('sha256')
  for (let at = 0; at < bytes; at += chunk.length) hash.update(chunk)
  return {
    sha256: hash.digest('hex'),
    async *body() {
      // Copies: nobody can hold all of them and look as if they held one.
      for (let at = 0; at < bytes; at += chunk.length) yield Buffer.from(chunk)
    },
  }
}

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')
const sampleEveryBytes = 12 * 1024 * 1024

/** The most bytes that were held outside the heap at one time and could not be freed, above what there were before. */
export async function heldDuring(
  act: (moved: (bytesSoFar: number) => void) => Promise<void>,
): Promise<number> {
  const held = (): number => {
    collectGarbage()
    return process.memoryUsage().arrayBuffers
  }
  const before = held()
  let most = before
  let next = 0
  await act((bytesSoFar) => {
    if (bytesSoFar < next) return
    next = bytesSoFar + sampleEveryBytes
    most = Math.max(most, held())
  })
  return most - before
}

/** Resolves when it was called. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => undefined
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open }
}
