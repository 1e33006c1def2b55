import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const prefix = 'holdfast-storage-'

/** A directory only we can enter, for secrets a program reads from files and for what it reads and writes. */
export interface PrivateDirectory {
  readonly path: string
  /** Mode 0600. Answers the path. */
  write(name: string, content: string, mode?: number): Promise<string>
  remove(): Promise<void>
}

/** Removes what processes that were killed have left, too: no secret stays on the disk for long. */
export async function privateDirectory(below: string): Promise<PrivateDirectory> {
  await mkdir(below, { recursive: true, mode: 0o700 })
  for (const name of await readdir(below)) {
    const pid = new RegExp(`^${prefix}([0-9]+)-`).exec(name)?.[1]
    if (pid !== undefined && (await isLeft(join(below, name), Number(pid)))) {
      await rm(join(below, name), { recursive: true, force: true })
    }
  }
  const path = await mkdtemp(join(below, `${prefix}${process.pid}-`))
  return {
    path,
    async write(name, content, mode = 0o600) {
      const file = join(path, name)
      await writeFile(file, content, { mode, flag: 'wx' })
      return file
    },
    remove: () => rm(path, { recursive: true, force: true }),
  }
}

/** In a container a process has the number of the one before it; then its directory is older than it. */
async function isLeft(path: string, pid: number): Promise<boolean> {
  if (pid !== process.pid) return !isAlive(pid)
  const made = await stat(path).catch(() => undefined)
  return made !== undefined && made.mtimeMs < Date.now() - process.uptime() * 1_000 - 1_000
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is alive as well.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
