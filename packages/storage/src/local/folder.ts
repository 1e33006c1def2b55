import { constants } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { StorageRefused } from '../errors.ts'

/**
 * Folders that were opened, and what lies in them by way of that: `/proc/self/fd/<n>/<name>` is looked up in the folder
 * that is open, whatever its path has become since. So nobody can put a symbolic link in the way between a check and its
 * use; a link that is there already is not followed.
 */
export interface Folder {
  readonly handle: FileHandle
  /** Of something in it. */
  at(name: string): string
  /** Of itself. */
  readonly path: string
}

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants

const folder = (handle: FileHandle): Folder => {
  const path = `/proc/self/fd/${handle.fd}`
  return { handle, path, at: (name) => `${path}/${name}` }
}

/** The operator named this one, so it may be a link. */
export const openRoot = async (path: string): Promise<Folder> =>
  folder(await open(path, O_RDONLY | O_DIRECTORY))

/** A folder in an open one; undefined when it is not there and not to be made. */
export async function openFolder(
  parent: Folder,
  name: string,
  { isMade }: { readonly isMade: boolean },
): Promise<Folder | undefined> {
  const path = parent.at(name)
  if (isMade && (await made(path))) await syncFolder(parent)
  try {
    return folder(await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
  } catch (error) {
    if (!isMade && isCode(error, 'ENOENT')) return undefined
    // Of a link, whatever it points to, Linux says ENOTDIR when a directory is asked for.
    if (isCode(error, 'ELOOP') || isCode(error, 'ENOTDIR'))
      throw StorageRefused({ why: `${name} is a link or a file, and no folder` }, error)
    throw error
  }
}

async function made(path: string): Promise<boolean> {
  try {
    await mkdir(path, 0o700)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
}

/** What was renamed or made in it survives a power cut from here on. */
export async function syncFolder({ handle }: Folder): Promise<void> {
  try {
    await handle.sync()
  } catch (error) {
    // Some network file systems cannot, and do not need to.
    if (!isCode(error, 'EINVAL') && !isCode(error, 'ENOTSUP')) throw error
  }
}

/** Does something in the folder of that path below the root; every folder on the way is closed again. */
export async function inFolder<T>(
  root: string,
  names: readonly string[],
  options: { readonly isMade: boolean },
  act: (folder: Folder | undefined) => Promise<T>,
): Promise<T> {
  let current: Folder | undefined = await openRoot(root)
  try {
    for (const name of names) {
      const parent: Folder = current
      const next = await openFolder(parent, name, options).finally(() => parent.handle.close())
      current = next
      if (!current) break
    }
    return await act(current)
  } finally {
    await current?.handle.close().catch(() => undefined)
  }
}

export const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
