import { chmod, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isUuid } from '@holdfast/domain'

/** Files of jobs under way: one directory a job, named after the backup, nobody else's to read. */
export interface Spool {
  /** Empty, whatever was there. */
  fresh(backupId: string): Promise<string>
  remove(backupId: string): Promise<void>
  /** Removes what no job needs; `needed` is asked after the directory was read. Answers how many. */
  sweep(needed: () => Promise<ReadonlySet<string>>): Promise<number>
}

export function spoolIn(directory: string): Spool {
  const of = (backupId: string): string => {
    if (!isUuid(backupId)) throw new Error('a spool is named after a backup')
    return join(directory, backupId)
  }
  const remove = (path: string): Promise<void> => rm(path, { recursive: true, force: true })
  return {
    async fresh(backupId) {
      const own = of(backupId)
      await remove(own)
      await mkdir(own, { recursive: true, mode: 0o700 })
      // What was there before the umask.
      await chmod(directory, 0o700)
      return own
    },
    remove: (backupId) => remove(of(backupId)),
    async sweep(needed) {
      let names: readonly string[]
      try {
        names = await readdir(directory)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
        throw error
      }
      const spools = names.filter((name) => isUuid(name))
      if (spools.length === 0) return 0
      const isNeeded = await needed()
      const left = spools.filter((name) => !isNeeded.has(name))
      for (const name of left) await remove(of(name))
      return left.length
    },
  }
}
