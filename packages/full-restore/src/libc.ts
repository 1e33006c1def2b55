import { open, readdir, rename } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type koffiModule from 'koffi'

/** What node:fs has no word for. Undefined where there is another libc: slower ways do it then. */
interface Libc {
  /** renameat2 with RENAME_EXCHANGE: two names change places at once. */
  readonly exchange: (from: string, to: string) => boolean
  /** Everything written to the filesystem a descriptor is on. */
  readonly syncfs: (fd: number) => boolean
}

let loaded: { readonly libc: Libc | undefined } | undefined
const [atCwd, exchangeFlag] = [-100, 2]

function libc(): Libc | undefined {
  loaded ??= { libc: load() }
  return loaded.libc
}

function load(): Libc | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    // as: what its own types say of the module
    const koffi = createRequire(import.meta.url)('koffi') as typeof koffiModule
    const found = koffi.load('libc.so.6')
    const renameat2 = found.func(
      'int renameat2(int, const char *, int, const char *, unsigned int)',
    )
    const syncfs = found.func('int syncfs(int)')
    return {
      exchange: (from, to) => renameat2(atCwd, from, atCwd, to, exchangeFlag) === 0,
      syncfs: (fd) => syncfs(fd) === 0,
    }
  } catch {
    return undefined
  }
}

/**
 * Puts `next` in the place of `present`, and what was there under the name of `next`. At once where the system can;
 * otherwise there is a moment without either, and whoever is cut short in it finds both under other names.
 */
export async function swap(present: string, next: string): Promise<void> {
  if (libc()?.exchange(present, next)) return
  const between = `${next}.before`
  await rename(present, between)
  try {
    await rename(next, present)
  } catch (error) {
    await rename(between, present)
    throw error
  }
  await rename(between, next)
}

/** Everything below a directory is on the disk when it resolves. */
export async function syncTree(directory: string): Promise<void> {
  const folder = await open(directory, 'r')
  try {
    // One call for all of them: a key store may have a file for each person.
    if (libc()?.syncfs(folder.fd)) return
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) await syncTree(path)
      else if (entry.isFile()) await syncFile(path)
    }
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
