import type { Body, StoredBody } from '../../types.ts'

export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const one of source) found.push(one)
  return found
}

export const read = async ({ body }: StoredBody): Promise<Buffer> => Buffer.concat(await all(body))

/** In parts of no round size. */
export const bodyFrom = (bytes: Uint8Array): Body =>
  async function* () {
    for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000)
  }

/** Also counts how often it was begun. */
export function countedBody(bytes: Uint8Array): Body & { readings: number } {
  const body = Object.assign(
    () => {
      body.readings += 1
      return bodyFrom(bytes)()
    },
    { readings: 0 },
  )
  return body
}
