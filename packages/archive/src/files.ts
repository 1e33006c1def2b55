import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rmdir, unlink } from 'node:fs/promises'
import type { Files, OpenFile, ReadFiles } from './types.ts'

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants
const flags = {
  // A pipe by a segment's name must not be waited for.
  read: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
  write: O_RDWR | O_NOFOLLOW,
  create: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW,
}

/** The disk. */
export const disk: Files = {
  async open(path, mode): Promise<OpenFile> {
    const handle = await open(path, flags[mode], 0o600)
    return {
      size: async () => (await handle.stat()).size,
      async read(into, position) {
        let done = 0
        while (done < into.length) {
          const { bytesRead } = await handle.read(into, done, into.length - done, position + done)
          if (bytesRead === 0) break
          done += bytesRead
        }
        return done
      },
      async write(bytes, position) {
        let done = 0
        // A disk that is filling up writes a part first and refuses the next call.
        while (done < bytes.length) {
          const { bytesWritten } = await handle.write(
            bytes,
            done,
            bytes.length - done,
            position + done,
          )
          done += bytesWritten
        }
      },
      truncate: (size) => handle.truncate(size),
      dataSync: () => handle.datasync(),
      close: () => handle.close(),
    }
  },
  async list(directory) {
    try {
      return await readdir(directory)
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return []
      throw error
    }
  },
  async makeDirectory(path) {
    return (await mkdir(path, { recursive: true, mode: 0o700 })) !== undefined
  },
  rename,
  remove: unlink,
  removeDirectory: rmdir,
  async syncDirectory(path) {
    const handle = await open(path, O_RDONLY)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
}

/** `ENOSPC` and the like; empty for what is no system error. */
export const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** Runs with the file open. */
export async function withFile<T>(
  files: ReadFiles,
  path: string,
  work: (file: OpenFile, size: number) => Promise<T>,
): Promise<T> {
  const file = await files.open(path, 'read')
  try {
    return await work(file, await file.size())
  } finally {
    await file.close()
  }
}

/** Bytes `from`..`to` of a file, fewer where it ends. The caller has bounded them. */
export async function readRange(file: OpenFile, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(Math.max(0, to - from))
  return bytes.subarray(0, await file.read(bytes, from))
}
