import { createHash } from 'node:crypto'
import { mkdir, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ObjectChanged } from '../domain/backup-errors.ts'
import type { Task } from '../work/task.ts'
import { type HashedFile, type ObjectPlace, withStorage } from './object-tasks.ts'

export interface FetchWish extends ObjectPlace, HashedFile {
  /** For words. */
  readonly location: string
  /** Made anew, mode 0600. */
  readonly path: string
}

/** Copies an object into a file, and leaves none that is not what was put there. */
export const fetchObject: Task<FetchWish, null> = async (wish, { signal }) => {
  const { key, bytes, sha256, location, path } = wish
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(path, 'w', 0o600)
  try {
    await withStorage(wish, async (storage) => {
      const found = await storage.get(key, { signal })
      if (found.size !== bytes) throw ObjectChanged({ location })
      const hash = createHash('sha256')
      let at = 0
      for await (const piece of found.body) {
        hash.update(piece)
        if (at + piece.length > bytes) throw ObjectChanged({ location })
        for (let done = 0; done < piece.length; ) {
          done += (await file.write(piece, done, piece.length - done, at + done)).bytesWritten
        }
        at += piece.length
      }
      if (at !== bytes || hash.digest('hex') !== sha256) throw ObjectChanged({ location })
    })
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
  return null
}
