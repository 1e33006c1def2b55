import { createReadStream, createWriteStream } from 'node:fs'
import { type FileHandle, open, rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import {
  type HeaderFacts,
  type Manifest,
  type Protection,
  readContent,
  type Sink,
  sealSnapshot,
} from '@holdfast/snapshot'
import type { Task } from '../work/task.ts'

export interface SealWish {
  /** JSON Lines as the collector wrote them; removed. */
  readonly contentPath: string
  /** Where the compressed lines go for a moment. */
  readonly storedPath: string
  readonly path: string
  readonly facts: HeaderFacts
  /** Holds the key. */
  readonly protection: Protection
}

const chunkBytes = 256 * 1024

/** Compresses, encrypts, and leaves the snapshot at `path`. The lines are read as an import would read them: what could not be brought in anywhere is not made. */
export const sealTask: Task<
  SealWish,
  { readonly bytes: number },
  never,
  { reached(step: 50 | 60): Promise<void> }
> = async ({ contentPath, storedPath, path, facts, protection }, { signal, ask }) => {
  let stored = contentPath
  if (facts.isCompressed) {
    await pipeline(
      Readable.from(proved(chunksOf(contentPath, signal), facts.manifest)),
      createGzip(),
      createWriteStream(storedPath, { flags: 'wx', mode: 0o600 }),
      { signal },
    )
    await rm(contentPath)
    stored = storedPath
  } else {
    for await (const _ of proved(chunksOf(contentPath, signal), facts.manifest)) void _
  }
  await ask('reached', 50)
  const file = await open(path, 'wx', 0o600)
  let bytes: number
  try {
    const content = { bytes: (await stat(stored)).size, chunks: () => chunksOf(stored, signal) }
    bytes = await sealSnapshot(facts, content, protection, sinkOf(file))
    await file.sync()
  } finally {
    await file.close()
  }
  await rm(stored)
  await ask('reached', 60)
  return { bytes }
}

async function* chunksOf(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  // as: no encoding is set
  yield* createReadStream(path, { highWaterMark: chunkBytes, signal }) as AsyncIterable<Uint8Array>
}

/** The same bytes, and an error instead of their end when they are not what the manifest says. */
async function* proved(
  chunks: AsyncIterable<Uint8Array>,
  manifest: Manifest,
): AsyncGenerator<Uint8Array> {
  // The reader pulls a chunk when it has read all of the one before, which then has passed.
  const passed: Uint8Array[] = []
  async function* noted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      passed.push(chunk)
      yield chunk
    }
  }
  for await (const _ of readContent(noted(), manifest)) {
    for (let chunk = passed.shift(); chunk; chunk = passed.shift()) yield chunk
  }
  yield* passed
}

const sinkOf = (file: FileHandle): Sink => ({
  async write(bytes) {
    await writeAll(file, bytes, null)
  },
  async writeAt(offset, bytes) {
    await writeAll(file, bytes, offset)
  },
})

async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number | null): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const at = offset === null ? null : offset + done
    done += (await file.write(bytes, done, bytes.length - done, at)).bytesWritten
  }
}
