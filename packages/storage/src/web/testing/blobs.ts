import { createReadStream } from 'node:fs'
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** What a pretend service stores: in files, since the memory of the tests is measured. */
export interface Blobs {
  empty(): Promise<Blob>
  remove(): Promise<void>
}

export interface Blob {
  readonly size: number
  append(parts: readonly Uint8Array[]): Promise<void>
  /** From an offset on, as the body of an answer whose head was written. */
  sendTo(response: ServerResponse, from: number): Promise<void>
}

export async function openBlobs(): Promise<Blobs> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-blobs-'))
  let count = 0
  return {
    async empty() {
      const path = join(directory, String(++count))
      await writeFile(path, '')
      let size = 0
      return {
        get size() {
          return size
        },
        async append(parts) {
          for (const part of parts) {
            await appendFile(path, part)
            size += part.length
          }
        },
        async sendTo(response, from) {
          await pipeline(createReadStream(path, { start: from }), response)
        },
      }
    },
    remove: async () => await rm(directory, { recursive: true, force: true }),
  }
}
