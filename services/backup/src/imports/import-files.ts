import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isUuid } from '@holdfast/domain'

/** Files that are being sent, or wait to be run: one an import, nobody else's to read. */
export interface ImportFiles {
  path(id: string): string
  /** Writes a piece in its place; the first one begins the file. */
  put(id: string, offset: number, data: Uint8Array): Promise<void>
  remove(id: string): Promise<void>
  /** Removes what nobody needs. `kept` is asked after a look at what is there: a file begins with its row. */
  sweep(kept: () => Promise<ReadonlySet<string>>): Promise<void>
}

const suffix = '.hfsnap'

export function importFiles(directory: string): ImportFiles {
  const path = (id: string): string => {
    if (!isUuid(id)) throw new Error('an import has an id')
    return join(directory, id + suffix)
  }
  return {
    path,
    async put(id, offset, data) {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const file = await open(path(id), offset === 0 ? 'w' : 'r+', 0o600)
      try {
        let done = 0
        while (done < data.length) {
          const wrote = await file.write(data, done, data.length - done, offset + done)
          done += wrote.bytesWritten
        }
      } finally {
        await file.close()
      }
    },
    remove: (id) => rm(path(id), { force: true }),
    async sweep(asked) {
      const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return []
        throw error
      })
      const kept = await asked()
      for (const name of names) {
        const id = name.slice(0, -suffix.length)
        if (isUuid(id) && !kept.has(id)) await rm(path(id), { force: true })
      }
    },
  }
}
