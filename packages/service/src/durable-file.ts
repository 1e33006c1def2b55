import { randomBytes } from 'node:crypto'
import { link, mkdir, open, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Makes what a directory lists durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A directory only its owner can enter, durable before it returns. */
export async function makeDirectory(directory: string): Promise<void> {
  const made = await mkdir(directory, { recursive: true, mode: 0o700 })
  if (made !== undefined) await syncDirectory(dirname(made))
}

/** The contents on disk under a name nobody reads. */
async function writeBeside(path: string, contents: string, mode: number): Promise<string> {
  const temporary = join(dirname(path), `.tmp-${process.pid}-${randomBytes(6).toString('hex')}`)
  const handle = await open(temporary, 'wx', mode)
  try {
    await handle.writeFile(contents)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return temporary
}

/**
 * Writes a file that did not exist (mode 0600), whole or not at all: contents first, then the name, both fsynced.
 * False when the name was taken; the file that has it is durable then, too. May be repeated after a crash:
 * what is left behind is a `.tmp-` file nobody reads.
 */
export async function createDurably(path: string, contents: string): Promise<boolean> {
  const temporary = await writeBeside(path, contents, 0o600)
  try {
    // Unlike a rename, a link never replaces what another process made first.
    await link(temporary, path)
    return true
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error
    return false
  } finally {
    await unlink(temporary)
    await syncDirectory(dirname(path))
  }
}

/** Replaces a file: readers see the old contents or the new ones, whole. Readable by everybody, unless `mode` says otherwise. */
export async function replaceDurably(path: string, contents: string, mode = 0o644): Promise<void> {
  const temporary = await writeBeside(path, contents, mode)
  try {
    await rename(temporary, path)
  } catch (error) {
    await unlink(temporary)
    throw error
  }
  await syncDirectory(dirname(path))
}
