import { lstat, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StorageRefused } from '../errors.ts'

/** A directory only we can enter, for secrets a program reads from files and for what it reads and writes. */
export interface PrivateDirectory {
  readonly path: string
  /** Mode 0600. Answers the path. */
  write(name: string, content: string, mode?: number): Promise<string>
  remove(): Promise<void>
}

const prefix = 'run-'
/** Steps of the clock are no reason to take what is in use. */
const marginMs = 60_000
const startedAtUnixMs = Date.now() - process.uptime() * 1_000

/**
 * Made below a directory of this user's in `workDir`. What processes that were killed have left is removed with it: no
 * secret stays on the disk for long.
 */
export async function privateDirectory(workDir: string): Promise<PrivateDirectory> {
  const below = await ours(workDir)
  for (const name of await readdir(below)) {
    const pid = /^run-([0-9]+)-/.exec(name)?.[1]
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

/** In a place everybody may write to somebody else may have been there first. */
async function ours(workDir: string): Promise<string> {
  const uid = process.getuid?.() ?? 0
  const path = join(workDir, `holdfast-storage-${uid}`)
  await mkdir(path, { recursive: true, mode: 0o700 })
  const found = await lstat(path)
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw StorageRefused({ why: `${path} is not a directory of this user's alone` })
  }
  return path
}

/** In a container a process has the number of the one before it; then its directory is older than it. */
async function isLeft(path: string, pid: number): Promise<boolean> {
  if (pid !== process.pid) return !isAlive(pid)
  const made = await stat(path).catch(() => undefined)
  return made !== undefined && made.mtimeMs < startedAtUnixMs - marginMs
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
