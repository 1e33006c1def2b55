import { dirname } from 'node:path'
import type { Files } from './types.ts'

/** Makes a directory and as many above it; existing ones are fine. */
export async function makeDurably(files: Files, path: string, levels: number): Promise<void> {
  const parent = dirname(path)
  if (levels > 0) await makeDurably(files, parent, levels - 1)
  if (await files.makeDirectory(path)) await files.syncDirectory(parent)
}

/** Makes a file that is whole or absent. Its name is durable once the directory is synced. */
export async function writeWhole(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const next = `${path}.tmp`
  await files.remove(next).catch(() => {}) // of an earlier crash
  const file = await files.open(next, 'create')
  try {
    await file.write(bytes, 0)
    await file.dataSync()
  } finally {
    await file.close()
  }
  await files.rename(next, path)
}
