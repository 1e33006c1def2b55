import { createHash } from 'node:crypto'
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { RunAs } from './postgres-user.ts'

/**
 * Where Postgres' files are: `<data dir>/postgres`. As root in a place the unprivileged user cannot enter
 * (a checkout below /root, a data directory of mode 0700), they are in /var/lib/holdfast/<hash of the data
 * directory> and `<data dir>/postgres` links there.
 */
export interface PostgresHome {
  /** Ours; holds everything else. */
  readonly root: string
  /** The cluster itself, owned by whom Postgres runs as. */
  readonly data: string
  /** Directory of the socket, short enough for the kernel's 107 bytes. */
  readonly socketDir: string
}

const elsewhere = '/var/lib/holdfast'

export async function preparePostgresHome(
  dataDir: string,
  runAs: RunAs | undefined,
): Promise<PostgresHome> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const root = await homeRoot(await realpath(dataDir), runAs)
  return { root, data: join(root, 'data'), socketDir: await socketDirectory(root, runAs) }
}

async function homeRoot(dataDir: string, runAs: RunAs | undefined): Promise<string> {
  const here = join(dataDir, 'postgres')
  const linked = await readlink(here).catch(() => undefined)
  if (linked !== undefined) {
    await mkdir(linked, { recursive: true, mode: 0o755 })
    return linked
  }
  const isThere = await lstat(here).then(
    () => true,
    () => false,
  )
  if (isThere || !runAs || (await canEnter(dataDir, runAs))) {
    await mkdir(here, { recursive: true, mode: 0o755 })
    return here
  }
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  const target = join(elsewhere, hash)
  await mkdir(elsewhere, { recursive: true, mode: 0o755 })
  await setAside(target)
  await mkdir(target, { mode: 0o755 })
  await writeFile(join(target, 'origin'), `${dataDir}\n`) // for whoever wonders what this is
  await symlink(target, here)
  return target
}

/** Deletes Postgres' files of a data directory, wherever they are. Not for a running server. */
export async function removePostgresHome(dataDir: string): Promise<void> {
  const here = join(dataDir, 'postgres')
  const linked = await readlink(here).catch(() => undefined)
  if (linked !== undefined && dirname(linked) === elsewhere) {
    await rm(linked, { recursive: true, force: true })
  }
  await rm(here, { recursive: true, force: true })
}

/**
 * Files whose data directory is gone belong to an instance that was deleted. A fresh instance must not take
 * them for its own; they are kept, because the directory may only have been moved.
 */
async function setAside(target: string): Promise<void> {
  const aside = `${target}.orphan-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  await rename(target, aside).catch(() => {}) // nothing there, as usual
}

async function canEnter(directory: string, { uid, gid }: RunAs): Promise<boolean> {
  for (let path = directory; ; path = dirname(path)) {
    const info = await stat(path)
    const bit = info.uid === uid ? 0o100 : info.gid === gid ? 0o010 : 0o001
    if ((info.mode & bit) === 0) return false
    if (path === dirname(path)) return true
  }
}

/** The kernel takes 107 bytes; Postgres adds `/.s.PGSQL.5432.lock`. */
const maxSocketDirBytes = 85

async function socketDirectory(root: string, runAs: RunAs | undefined): Promise<string> {
  const near = join(root, 'socket')
  const path = Buffer.byteLength(near) <= maxSocketDirBytes ? near : shortDirectory(root)
  await mkdir(path, { recursive: true, mode: 0o700 })
  const info = await lstat(path)
  const owners = [process.getuid?.(), runAs?.uid]
  // Below /tmp somebody else may have been there first.
  if (!info.isDirectory() || !owners.includes(info.uid)) {
    throw new Error(`${path} is not ours: remove it`)
  }
  await chmod(path, 0o700)
  if (runAs) await chown(path, runAs.uid, runAs.gid)
  return path
}

function shortDirectory(root: string): string {
  const hash = createHash('sha256').update(root).digest('hex').slice(0, 12)
  const name = `holdfast-pg-${hash}`
  const inTmp = join(tmpdir(), name)
  return Buffer.byteLength(inTmp) <= maxSocketDirBytes ? inTmp : join('/tmp', name)
}
