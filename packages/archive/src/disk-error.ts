import { basename } from 'node:path'
import { ArchiveFull, ArchiveUnavailable } from './errors.ts'
import { errorCode } from './files.ts'

const noRoom = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Runs a step on the disk; what the system refuses becomes archive.full or archive.unavailable. */
export async function onDisk<T>(step: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = errorCode(error)
    // Domain errors have codes with a dot.
    if (!/^E[A-Z0-9]+$/.test(code)) throw error
    const file = basename(path)
    throw noRoom.has(code)
      ? ArchiveFull({ file }, error)
      : ArchiveUnavailable({ file, step, code }, error)
  }
}
