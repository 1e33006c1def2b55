import { open, readdir, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { Random } from './random.ts'

/** What can happen to a copy's files. */
export const damages = ['flip', 'truncate', 'delete_file', 'delete_index', 'delete_all'] as const
export type DamageKind = (typeof damages)[number]

/** Files below a directory whose name matches. */
async function filesBelow(directory: string, name: RegExp): Promise<readonly string[]> {
  const found = await readdir(directory, { recursive: true }).catch(() => [])
  return found
    .filter((path) => name.test(path))
    .sort()
    .map((path) => join(directory, path))
}

async function flip(path: string, random: Random): Promise<string> {
  const { size } = await stat(path)
  if (size === 0) return `${path} is empty`
  const at = random.below(size)
  const file = await open(path, 'r+')
  try {
    const byte = Buffer.alloc(1)
    await file.read(byte, 0, 1, at)
    byte.writeUInt8(byte.readUInt8(0) ^ (1 << random.below(8)))
    await file.write(byte, 0, 1, at)
  } finally {
    await file.close()
  }
  return `flipped a bit at ${at} of ${size} in ${path}`
}

async function cut(path: string, random: Random): Promise<string> {
  const { size } = await stat(path)
  // A few bytes, a few commits, anything, everything.
  const off = random.pick([1 + random.below(20), random.below(2_000), random.below(size + 1), size])
  const left = Math.max(0, size - off)
  await truncate(path, left)
  return `cut ${path} from ${size} to ${left}`
}

async function damageOne(
  files: readonly string[],
  kind: 'flip' | 'truncate' | 'delete_file',
  random: Random,
): Promise<string> {
  if (files.length === 0) return 'there was nothing to damage'
  const path = random.pick(files)
  if (kind === 'flip') return await flip(path, random)
  if (kind === 'truncate') return await cut(path, random)
  await rm(path)
  return `deleted ${path}`
}

/** Damages the store of a server that is down. Says what it did. */
export async function damageStore(
  storeDirectory: string,
  stream: string,
  kind: DamageKind,
  random: Random,
): Promise<string> {
  if (kind === 'delete_all') {
    await rm(join(storeDirectory, 'jetstream'), { recursive: true, force: true })
    return 'emptied the store'
  }
  const of = new RegExp(`/streams/${stream}/msgs/`)
  if (kind === 'delete_index') {
    const indexes = await filesBelow(join(storeDirectory, 'jetstream'), /\/msgs\/index\.db$/)
    for (const path of indexes) await rm(path)
    return `deleted ${indexes.length} indexes`
  }
  const blocks = (await filesBelow(join(storeDirectory, 'jetstream'), /\.blk$/)).filter((path) =>
    of.test(path),
  )
  return await damageOne(blocks, kind, random)
}

/** Damages an archive nobody writes to. */
export async function damageArchive(
  directory: string,
  kind: DamageKind,
  random: Random,
): Promise<string> {
  if (kind === 'delete_all' || kind === 'delete_index') {
    for (const name of await readdir(directory).catch(() => []))
      await rm(join(directory, name), { recursive: true })
    return 'deleted the archive'
  }
  return await damageOne(await filesBelow(directory, /\.hfs$/), kind, random)
}

/** Cuts commits off the end of the newest block, as a server does that could not read them. */
export async function cutTail(
  storeDirectory: string,
  stream: string,
  random: Random,
): Promise<string> {
  const of = new RegExp(`/streams/${stream}/msgs/`)
  const blocks = (await filesBelow(join(storeDirectory, 'jetstream'), /\.blk$/)).filter((path) =>
    of.test(path),
  )
  const newest = blocks.at(-1)
  if (!newest) return 'there was no block'
  const { size } = await stat(newest)
  const left = Math.max(0, size - (100 + random.below(1_500)))
  await truncate(newest, left)
  return `cut the tail of ${newest} from ${size} to ${left}`
}
