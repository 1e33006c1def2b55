import { mkdir, open, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** For our eyes only. Durable when the whole tree is synced. */
export async function writePrivate(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(path, content, { mode: 0o600, flag: 'wx' })
}

export async function syncDirectory(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
