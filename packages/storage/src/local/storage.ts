import { constants } from 'node:fs'
import { type FileHandle, lstat, open, opendir, rename, unlink } from 'node:fs/promises'
import { StorageFull, StorageNotFound, StorageRefused, storageErrorOf } from '../errors.ts'
import { isTemporary, leftoverAgeMs, temporaryFor } from '../keys.ts'
import type { KindStorage } from '../kind.ts'
import type { Body, StoredObject } from '../types.ts'
import { type Folder, inFolder, isCode, syncFolder } from './folder.ts'

export interface LocalPlace {
  readonly kind: string
  /** The operator's; it must be there. */
  readonly root: string
  /** From the root to the folder of the objects. */
  readonly below: readonly string[]
  /** False: the folder must be there, since something should be mounted at it. */
  readonly isMade: boolean
  /** Asked before anything is done; rejects when nothing must be. */
  ready(): Promise<void>
}

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

/** Objects as files. Whole by a temporary file that is renamed, lasting by fsync of the file and of its folder. */
export function localStorage(place: LocalPlace): KindStorage {
  const { root, below } = place

  async function within<T>(
    key: string,
    options: { readonly isMade: boolean },
    act: (folder: Folder | undefined, name: string) => Promise<T>,
  ): Promise<T> {
    await place.ready()
    const parts = key.split('/')
    const name = parts.pop() ?? ''
    return await base(parts, options, (folder) => act(folder, name))
  }

  /** The folder of the objects is only made where it may be; those in it always. */
  async function base<T>(
    parts: readonly string[],
    { isMade }: { readonly isMade: boolean },
    act: (folder: Folder | undefined) => Promise<T>,
  ): Promise<T> {
    if (!place.isMade) {
      await inFolder(root, below, { isMade: false }, async (folder) => {
        if (!folder)
          throw StorageRefused({ why: `there is no folder ${[root, ...below].join('/')}` })
      })
    }
    return await inFolder(root, [...below, ...parts], { isMade }, act)
  }

  return {
    kind: place.kind,

    async put(key, body, { signal } = {}) {
      await within(key, { isMade: true }, async (folder, name) => {
        if (!folder) throw StorageNotFound({ key })
        const temporary = temporaryFor(name)
        try {
          await write(folder.at(temporary), body, signal)
          await rename(folder.at(temporary), folder.at(name))
        } catch (error) {
          await unlink(folder.at(temporary)).catch(() => undefined)
          throw isCode(error, 'EISDIR')
            ? StorageRefused({ why: `${key} is a folder` }, error)
            : error
        }
        await syncFolder(folder)
      })
    },

    async get(key, { offset = 0, signal } = {}) {
      const file = await within(key, { isMade: false }, async (folder, name) =>
        folder ? await opened(folder.at(name), key) : undefined,
      )
      if (!file) throw StorageNotFound({ key })
      const { size, mtimeNs, ino } = await file.stat({ bigint: true })
      // Closed by whoever reads it, or when nobody does.
      const close = () => void file.close().catch(() => undefined)
      if (signal?.aborted) close()
      signal?.addEventListener('abort', close, { once: true })
      // Read by position and never past what its size was: nobody appends to an object.
      return {
        size: Number(size),
        version: `${ino}-${mtimeNs}-${size}`,
        body: read(file, offset, Number(size), signal, () => {
          signal?.removeEventListener('abort', close)
        }),
      }
    },

    async stat(key) {
      return await within(key, { isMade: false }, async (folder, name) => {
        const found = folder && (await lstat(folder.at(name)).catch(absent))
        if (!found?.isFile()) return undefined
        return { key, size: found.size, modifiedAtUnixMs: Math.floor(found.mtimeMs) }
      })
    },

    async *list(prefix, signal) {
      await place.ready()
      const parts = prefix.split('/').slice(0, -1)
      // Names first: a folder stays open no longer than it is read.
      for await (const entry of walk(parts, signal)) {
        if (!isTemporary(entry.key.split('/').at(-1) ?? '')) yield entry
      }
    },

    async delete(key) {
      await within(key, { isMade: false }, async (folder, name) => {
        if (!folder) return
        try {
          await unlink(folder.at(name))
        } catch (error) {
          if (isCode(error, 'ENOENT')) return
          throw isCode(error, 'EISDIR')
            ? StorageRefused({ why: `${key} is a folder` }, error)
            : error
        }
        await syncFolder(folder)
      })
    },

    async sweep(signal) {
      await place.ready()
      let removed = 0
      for await (const { key, modifiedAtUnixMs } of walk([], signal)) {
        if (!isTemporary(key.split('/').at(-1) ?? '')) continue
        if (Date.now() - modifiedAtUnixMs < leftoverAgeMs) continue
        await within(key, { isMade: false }, async (folder, name) => {
          if (folder) await unlink(folder.at(name))
        })
        removed++
      }
      return removed
    },

    async close() {},
  }

  /** Every file below, temporary ones too; links are not looked at. */
  async function* walk(
    parts: readonly string[],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<StoredObject> {
    const { files, folders } = await base(parts, { isMade: false }, (folder) =>
      folder ? entries(folder) : Promise.resolve({ files: [], folders: [] }),
    )
    const path = (name: string): string => [...parts, name].join('/')
    for (const { name, size, modifiedAtUnixMs } of files) {
      signal?.throwIfAborted()
      yield { key: path(name), size, modifiedAtUnixMs }
    }
    for (const name of folders) {
      signal?.throwIfAborted()
      yield* walk([...parts, name], signal)
    }
  }
}

async function entries(folder: Folder) {
  const files: { name: string; size: number; modifiedAtUnixMs: number }[] = []
  const folders: string[] = []
  for await (const entry of await opendir(folder.path)) {
    if (entry.name.startsWith('.') && !isTemporary(entry.name)) continue
    const found = await lstat(folder.at(entry.name)).catch(absent)
    if (found?.isDirectory()) folders.push(entry.name)
    if (found?.isFile()) {
      const modifiedAtUnixMs = Math.floor(found.mtimeMs)
      files.push({ name: entry.name, size: found.size, modifiedAtUnixMs })
    }
  }
  return { files, folders }
}

async function write(path: string, body: Body, signal: AbortSignal | undefined): Promise<void> {
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    for await (const chunk of body()) {
      signal?.throwIfAborted()
      for (let at = 0; at < chunk.length; ) {
        const { bytesWritten } = await file.write(chunk, at, chunk.length - at)
        // POSIX: room for none of it.
        if (bytesWritten === 0) throw StorageFull({ why: 'nothing more could be written' })
        at += bytesWritten
      }
    }
    signal?.throwIfAborted()
    await file.sync()
  } finally {
    await file.close()
  }
}

async function opened(path: string, key: string): Promise<FileHandle> {
  let file: FileHandle
  try {
    // Of a pipe, opening would wait for somebody to write into it.
    file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    if (isCode(error, 'ELOOP')) throw StorageRefused({ why: `${key} is a link` }, error)
    throw storageErrorOf(error, key)
  }
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw StorageNotFound({ key })
}

async function* read(
  file: FileHandle,
  offset: number,
  size: number,
  signal: AbortSignal | undefined,
  onEnd: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    for (let at = offset; at < size; ) {
      signal?.throwIfAborted()
      const { buffer, bytesRead } = await file.read({
        buffer: Buffer.allocUnsafe(Math.min(256 * 1024, size - at)),
        position: at,
      })
      if (bytesRead === 0) return
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    onEnd()
    await file.close()
  }
}

function absent(error: unknown): undefined {
  if (!isCode(error, 'ENOENT') && !isCode(error, 'ENOTDIR')) throw error
}
